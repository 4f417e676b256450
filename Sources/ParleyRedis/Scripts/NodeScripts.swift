/// Leases of nodes, and which logs there are.
enum NodeScripts {
    /// By the server's own clock, so that no node's clock matters. `KEYS`: when each node was last heard of (sorted),
    /// what it has said, the name of this life of the data. `ARGV`: the node, what it says, after how many milliseconds
    /// a node is forgotten, a name for a life that has none.
    ///
    /// Returns the time, the life, and of each node its name, its age and what it has said.
    static let heartbeat = RedisScript(
        Self.life + """
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            redis.call('ZADD', KEYS[1], now, ARGV[1])
            redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
            for _, node in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])) do
                redis.call('ZREM', KEYS[1], node)
                redis.call('HDEL', KEYS[2], node)
            end
            local all = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
            local view = { string.format('%.0f', now), life }
            for index = 1, #all, 2 do
                local age = now - all[index + 1]
                -- The server's clock was set back: the age begins now.
                if age < 0 then
                    redis.call('ZADD', KEYS[1], now, all[index])
                    age = 0
                end
                view[#view + 1] = all[index]
                view[#view + 1] = string.format('%.0f', age)
                view[#view + 1] = redis.call('HGET', KEYS[2], all[index])
            end
            return view
            """
    )

    /// Whoever finds that the data has no name gives it one: after a wipe it is another life. `KEYS` and `ARGV` as for
    /// the heartbeat.
    private static let life = """
        redis.call('SET', KEYS[3], ARGV[4], 'NX')
        local life = redis.call('GET', KEYS[3])

        """

    static let readLife = RedisScript(Self.life + "return life")

    /// `KEYS` as for the heartbeat. `ARGV`: the node.
    static let release = RedisScript(
        """
        redis.call('ZREM', KEYS[1], ARGV[1])
        redis.call('HDEL', KEYS[2], ARGV[1])
        return 1
        """
    )

    /// `KEYS`: the ids of one kind of log, and when those that end by themselves do. `ARGV`: the id, milliseconds to
    /// live (0: until retired), how many of those that have ended are forgotten: some each time, so that they cannot
    /// pile up.
    static let note = RedisScript(
        """
        redis.call('ZADD', KEYS[1], 0, ARGV[1])
        if ARGV[2] == '0' then
            redis.call('ZREM', KEYS[2], ARGV[1])
            return 1
        end
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[1])
        for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, ARGV[3])) do
            redis.call('ZREM', KEYS[1], id)
            redis.call('ZREM', KEYS[2], id)
        end
        return 1
        """
    )

    /// `KEYS` as for ``note``. `ARGV`: ids.
    static let forget = RedisScript(
        """
        for _, id in ipairs(ARGV) do
            redis.call('ZREM', KEYS[1], id)
            redis.call('ZREM', KEYS[2], id)
        end
        return 1
        """
    )
}
