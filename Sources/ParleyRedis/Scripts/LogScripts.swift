/// What happens to a log, whole or not at all. `KEYS`: its entries (a list, oldest first), its snapshot (a text), and
/// with some of them the name of the life of the data there.
///
/// A position is 20 bytes: generation, sequence and uid, big-endian; before the first entry all are zero. An entry is
/// a byte 1, its position, the uid of what it follows, its author, its payload; a snapshot a byte 1, its position, its
/// payload. See ``StoredForms``.
enum LogScripts {
    /// The top is the newest entry, or the snapshot where there is none. Nothing else says where a log stands, so that
    /// nothing can disagree.
    private static let words = """
        local entries, snapshot = KEYS[1], KEYS[2]

        local function bad(key)
            error({ err = 'PARLEYDATA ' .. key })
        end

        local function sequence(position)
            local high, low = struct.unpack('>I4I4', position, 5)
            return high * 4294967296 + low
        end

        local function entry(index)
            local bytes = redis.call('LINDEX', entries, index)
            if bytes and (#bytes < 45 or string.byte(bytes) ~= 1) then bad(entries) end
            return bytes
        end

        local function held()
            local bytes = redis.call('GETRANGE', snapshot, 0, 20)
            if bytes == '' then return nil end
            if #bytes < 21 or string.byte(bytes) ~= 1 then bad(snapshot) end
            return string.sub(bytes, 2)
        end

        local start = string.rep('\\0', 20)

        local function top()
            local newest = entry(-1)
            if newest then return string.sub(newest, 2, 21) end
            return held() or start
        end

        -- Data without a name is of a new life, which gets the name that is given.
        local function life(name)
            local found = redis.call('GET', KEYS[3])
            if found then return found end
            redis.call('SET', KEYS[3], name)
            return name
        end

        """

    /// How many entries follow a position of this history; `nil` if it is none, or was trimmed away.
    private static let ancestors = """
        local function behind(position, top)
            if position == top then return 0 end
            local distance, count = sequence(top) - sequence(position), redis.call('LLEN', entries)
            if distance < 1 or distance > count then return nil end
            if distance < count then
                if string.sub(entry(-distance - 1), 2, 21) == position then return distance end
                return nil
            end
            local oldest = entry(0)
            local generation = string.sub(oldest, 2, 5)
            if sequence(position) == 0 then generation = string.rep('\\0', 4) end
            if string.sub(position, 1, 4) ~= generation then return nil end
            if string.sub(position, 13, 20) ~= string.sub(oldest, 22, 29) then return nil end
            return distance
        end

        """

    /// `ARGV`: what it follows, the entry, the channel, milliseconds to live (0: until retired), the longest tail, a
    /// name for a new life. A conflict with a log that is not there tells the life: in another one that is no news.
    static let append = RedisScript(
        Self.words + Self.ancestors + """
            local top = top()
            if top ~= ARGV[1] then
                if top == start then return { top, false, life(ARGV[6]) } end
                local missing = behind(ARGV[1], top)
                if not missing then return { top, false, false } end
                local last = math.min(ARGV[5] - missing, 0) - 1
                return { top, redis.call('LRANGE', entries, -missing, last), false }
            end
            local count = redis.call('RPUSH', entries, ARGV[2])
            if ARGV[4] ~= '0' then
                redis.call('PEXPIRE', entries, ARGV[4])
                redis.call('PEXPIRE', snapshot, ARGV[4])
            elseif redis.call('PERSIST', entries) == 1 or count == 1 then
                redis.call('PERSIST', snapshot)
            end
            redis.call('SPUBLISH', ARGV[3], 'L' .. ARGV[2])
            return 1
            """
    )

    /// `ARGV`: a position, or nothing for all; a name for a new life.
    static let read = RedisScript(
        Self.words + Self.ancestors + """
            local top, life = top(), life(ARGV[2])
            local missing = ARGV[1] ~= '' and behind(ARGV[1], top)
            if missing == 0 then return { 1, top, false, {}, life } end
            if missing then return { 1, top, false, redis.call('LRANGE', entries, -missing, -1), life } end
            local base = held()
            if not base then return { 0, top, false, redis.call('LRANGE', entries, 0, -1), life } end
            local whole = redis.call('GET', snapshot)
            missing = behind(base, top)
            if not missing then bad(snapshot) end
            if missing == 0 then return { 0, top, whole, {}, life } end
            return { 0, top, whole, redis.call('LRANGE', entries, -missing, -1), life }
            """
    )

    /// `ARGV`: a name for a new life.
    static let head = RedisScript(
        Self.words + """
            local top = top()
            if top ~= start then return { top, false } end
            return { top, life(ARGV[1]) }
            """
    )

    /// `ARGV`: the snapshot's position, the snapshot, the lowest sequence to be kept (8 bytes, as in a position).
    static let writeSnapshot = RedisScript(
        Self.words + Self.ancestors + """
            local top, held = top(), held()
            local missing = behind(ARGV[1], top)
            if not missing then return 0 end
            if held and sequence(held) >= sequence(ARGV[1]) then return 0 end
            redis.call('SET', snapshot, ARGV[2])
            local ends = redis.call('PEXPIRETIME', entries)
            if ends > 0 then redis.call('PEXPIREAT', snapshot, ends) end
            local count = redis.call('LLEN', entries)
            local unwanted = sequence('0000' .. ARGV[3]) - (sequence(top) - count + 1)
            local gone = math.max(0, math.min(count - missing, unwanted, count - 1))
            if gone > 0 then redis.call('LTRIM', entries, gone, -1) end
            return 1
            """
    )

    /// `ARGV`: what was observed, the snapshot's position, the snapshot, the channel.
    static let reseed = RedisScript(
        Self.words + """
            local top = top()
            if top ~= ARGV[1] then return top end
            local ends = math.max(redis.call('PEXPIRETIME', entries), redis.call('PEXPIRETIME', snapshot))
            redis.call('DEL', entries)
            redis.call('SET', snapshot, ARGV[3])
            if ends > 0 then redis.call('PEXPIREAT', snapshot, ends) end
            redis.call('SPUBLISH', ARGV[4], 'R' .. ARGV[2])
            return 1
            """
    )

    /// `KEYS`: also the room's list of mailboxes. `ARGV`: what is expected, the channel, what the names of the room's
    /// mailboxes and of their queues begin with; all are in the slot of the log.
    static let retire = RedisScript(
        Self.words + """
            local top = top()
            if top ~= ARGV[1] then return top end
            for _, recipient in ipairs(redis.call('HKEYS', KEYS[3])) do
                redis.call('UNLINK', ARGV[3] .. recipient, ARGV[4] .. recipient)
            end
            redis.call('UNLINK', entries, snapshot, KEYS[3])
            if top ~= start then redis.call('SPUBLISH', ARGV[2], 'D' .. top) end
            return 1
            """
    )
}
