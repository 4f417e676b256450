/// Which server is the master, if Sentinels are believed: the word of the highest epoch counts, as it does among them,
/// so that one that was cut off does not lead us back; of the same epoch what most say, and then what was said last.
package struct RedisSentinelsStateMachine {
    package struct Word: Hashable, Sendable {
        package let epoch: Int64
        package let master: RedisAddress

        package init(epoch: Int64, master: RedisAddress) {
            self.epoch = epoch
            self.master = master
        }

        /// The answer to `SENTINEL MASTER`.
        package init?(_ answer: RESPValue) {
            guard let values = answer.elements else { return nil }
            var members: [String: String] = [:]
            for index in stride(from: 0, to: values.count - 1, by: 2) {
                if let name = values[index].text, let value = values[index + 1].text { members[name] = value }
            }
            guard let host = members["ip"], !host.isEmpty, let port = members["port"].flatMap({ Int($0) }),
                (1...65_535).contains(port)
            else { return nil }
            self.epoch = members["config-epoch"].flatMap { Int64($0) } ?? 0
            self.master = RedisAddress(host: host, port: port)
        }
    }

    private var words: [RedisAddress: Word] = [:]
    package private(set) var master: RedisAddress?

    package init() {}

    /// - Returns: the master, if it is another one now.
    package mutating func said(_ word: Word, by sentinel: RedisAddress) -> RedisAddress? {
        self.words[sentinel] = word
        guard let highest = self.words.values.map(\.epoch).max() else { return nil }
        let believed = self.words.values.filter { $0.epoch == highest }.map(\.master)
        func count(_ address: RedisAddress) -> Int { believed.count { $0 == address } }
        guard let most = believed.map(count).max() else { return nil }
        let candidates = Set(believed.filter { count($0) == most })
        let next: RedisAddress?
        if let master = self.master, candidates.contains(master) {
            next = word.epoch == highest && candidates.contains(word.master) ? word.master : master
        } else {
            next = candidates.contains(word.master) ? word.master : candidates.min()
        }
        guard let next, next != self.master else { return nil }
        self.master = next
        return next
    }

    /// What one that cannot be heard has said does not count.
    package mutating func lost(_ sentinel: RedisAddress) { self.words[sentinel] = nil }
}
