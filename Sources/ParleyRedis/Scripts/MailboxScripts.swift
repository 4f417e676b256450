/// What happens to a mailbox. `KEYS`: the room's list of mailboxes (recipient: "appends bytes"), the mailbox's pairs
/// (sender: "stored delivered used"), its queue (oldest first; nothing acknowledged is in it).
///
/// A signal is its sender (16 bytes), its number (8 bytes, big-endian) and its bytes. Numbers are exact up to 2^53.
enum MailboxScripts {
    private static let words = """
        local mailboxes, pairs, queue = KEYS[1], KEYS[2], KEYS[3]
        local recipient = ARGV[1]
        local known = {}

        local function bad(key)
            error({ err = 'PARLEYDATA ' .. key })
        end

        local function parse(text, key)
            local stored, delivered, used = string.match(text, '^(%d+) (%d+) (%d+)$')
            if not stored then bad(key) end
            return { stored = tonumber(stored), delivered = tonumber(delivered), used = tonumber(used) }
        end

        local function pair(sender)
            local found = known[sender]
            if found == nil then
                local text = redis.call('HGET', pairs, sender)
                found = text and parse(text, pairs)
                known[sender] = found
            end
            return found
        end

        local function keep(sender)
            local pair = known[sender]
            local text = string.format('%.0f %.0f %.0f', pair.stored, pair.delivered, pair.used)
            redis.call('HSET', pairs, sender, text)
        end

        local function origin(signal)
            if #signal < 24 then bad(queue) end
            local high, low = struct.unpack('>I4I4', signal, 17)
            return string.sub(signal, 1, 16), high * 4294967296 + low
        end

        local count, appends, bytes = redis.call('LLEN', queue), 0, 0
        local totals = redis.call('HGET', mailboxes, recipient)
        if totals then
            local first, second = string.match(totals, '^(%d+) (%d+)$')
            if not first then bad(mailboxes) end
            appends = tonumber(first)
            if count > 0 then bytes = tonumber(second) end
        end

        local function keepTotals()
            redis.call('HSET', mailboxes, recipient, string.format('%.0f %.0f', appends, bytes))
        end

        """

    /// `ARGV`: the recipient, the channel, what is told there, milliseconds to live, the most signals, bytes and pairs;
    /// then floor and signal in turn. Verdicts: 0 and more is a gap behind that, -1 stored, -2 a duplicate, -3 full.
    static let append = RedisScript(
        Self.words + """
            local countMax, bytesMax, pairsMax = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])

            -- Forgets the pair that was idle for longest and has nothing waiting.
            local function makePlace()
                if redis.call('HLEN', pairs) < pairsMax then return end
                local waits, idle, oldest = {}, nil, nil
                for _, signal in ipairs(redis.call('LRANGE', queue, 0, -1)) do
                    waits[(origin(signal))] = true
                end
                local all = redis.call('HGETALL', pairs)
                for index = 1, #all, 2 do
                    local used = parse(all[index + 1], pairs).used
                    if not waits[all[index]] and (not oldest or used < oldest) then
                        idle, oldest = all[index], used
                    end
                end
                if idle then
                    redis.call('HDEL', pairs, idle)
                    known[idle] = nil
                end
            end

            local verdicts, changed, isChanged = {}, {}, {}
            for index = 8, #ARGV, 2 do
                local signal = ARGV[index + 1]
                local sender, n = origin(signal)
                local pair = pair(sender)
                local last = math.max(pair and pair.stored or 0, math.max(tonumber(ARGV[index]), 1) - 1)
                local verdict = -1
                if n <= last then
                    verdict = -2
                elseif n > last + 1 then
                    verdict = last
                elseif count >= countMax or bytes + #signal - 24 > bytesMax then
                    verdict = -3
                else
                    appends, count, bytes = appends + 1, count + 1, bytes + #signal - 24
                    redis.call('RPUSH', queue, signal)
                    if pair then
                        pair.stored, pair.used = n, appends
                        if not isChanged[sender] then
                            isChanged[sender] = true
                            changed[#changed + 1] = sender
                        end
                    else
                        makePlace()
                        known[sender] = { stored = n, delivered = 0, used = appends }
                        keep(sender)
                    end
                end
                verdicts[#verdicts + 1] = verdict
            end
            for _, sender in ipairs(changed) do keep(sender) end
            for _, verdict in ipairs(verdicts) do
                if verdict == -1 then
                    keepTotals()
                    for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, ARGV[4]) end
                    redis.call('SPUBLISH', ARGV[2], ARGV[3])
                    break
                end
            end
            return verdicts
            """
    )

    /// `ARGV`: the recipient; then sender and number in turn. Returns the delivered watermarks.
    ///
    /// What was acknowledged mostly lies in front; only what lies behind something else is searched for.
    static let acknowledge = RedisScript(
        Self.words + """
            local newest, open, touched = {}, 0, {}
            for index = 2, #ARGV, 2 do
                local sender = ARGV[index]
                local pair = pair(sender)
                local n = pair and math.min(tonumber(ARGV[index + 1]), pair.stored) or 0
                if pair and n > pair.delivered then
                    pair.delivered = n
                    if not newest[sender] then
                        open = open + 1
                        touched[#touched + 1] = sender
                    end
                    newest[sender] = n
                end
            end

            local function isDead(signal)
                local sender, n = origin(signal)
                local pair = pair(sender)
                if not pair or n > pair.delivered then return false end
                bytes = math.max(0, bytes - #signal + 24)
                if newest[sender] == n then open = open - 1 end
                return true
            end

            if #touched > 0 then
                while open > 0 do
                    local oldest = redis.call('LINDEX', queue, 0)
                    if not oldest or not isDead(oldest) then break end
                    redis.call('LPOP', queue)
                end
                if open > 0 then
                    local found = false
                    for index, signal in ipairs(redis.call('LRANGE', queue, 0, -1)) do
                        if isDead(signal) then
                            redis.call('LSET', queue, index - 1, '')
                            found = true
                        end
                    end
                    if found then redis.call('LREM', queue, 0, '') end
                end
                for _, sender in ipairs(touched) do keep(sender) end
                if redis.call('LLEN', queue) == 0 then bytes = 0 end
                keepTotals()
            end
            local delivered = {}
            for index = 2, #ARGV, 2 do
                local pair = pair(ARGV[index])
                delivered[#delivered + 1] = pair and pair.delivered or 0
            end
            return delivered
            """
    )

    /// `ARGV`: the recipient.
    static let drop = RedisScript(
        """
        redis.call('HDEL', KEYS[1], ARGV[1])
        redis.call('UNLINK', KEYS[2], KEYS[3])
        return 1
        """
    )
}
