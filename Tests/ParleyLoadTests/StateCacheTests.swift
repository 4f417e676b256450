import ParleyLoad
import ParleyProtocol
import Testing

@Suite("States that many are told")
struct StateCacheTests {
    private var cache = StateCache()

    private static func snapshot(of person: UInt64, _ state: JSONValue) -> Snapshot {
        Snapshot(
            room: RoomID(high: 1, low: 1),
            participant: ParticipantID(high: 2, low: person),
            at: Position(generation: 1, sequence: person, uid: person),
            me: ["name": .string(#"Ada ,"state":{} "# + "\(person)")],
            state: state,
            hash: StateHash(of: state),
            lastCommand: person,
            events: [["type": "joined", "id": .integer(Int64(person))]]
        )
    }

    private static func text(_ snapshot: Snapshot) -> [UInt8] {
        var bytes: [UInt8] = []
        ServerMessage.snapshot(snapshot).encode(into: &bytes)
        return bytes
    }

    private mutating func read(_ text: [UInt8]) -> (Snapshot, StateHash)? {
        var cache = self.cache
        let read = text.withUnsafeBytes { cache.snapshot($0) }
        self.cache = cache
        return read
    }

    @Test("what is read is what was said, for the first time and again, whatever stands in the state")
    mutating func same() throws {
        let states: [JSONValue] = [
            ["people": ["p_a": ["name": #"a "quoted} one\"#]], "room": [:]],
            ["people": ["p_a": ["name": "another"]]], [:],
        ]
        for person: UInt64 in 1...30 {
            let said = Self.snapshot(of: person, states[Int(person) % states.count])
            let read = self.read(Self.text(said))
            let (snapshot, hash) = try #require(read)
            #expect(snapshot == said && hash == said.hash)
        }
        // More of them than are kept.
        for number: UInt64 in 1...20 {
            let said = Self.snapshot(of: number, ["number": .integer(Int64(number % 10))])
            let read = self.read(Self.text(said))
            let (snapshot, hash) = try #require(read)
            #expect(snapshot == said && hash == said.hash)
        }
    }

    @Test("what cannot be read is not read, also behind a state that is known")
    mutating func broken() throws {
        let text = Self.text(Self.snapshot(of: 1, ["room": ["capacity": 2]]))
        let whole = self.read(text)
        #expect(whole?.1 == StateHash(of: ["room": ["capacity": 2]]))
        for length in 0..<text.count {
            let isRead = self.read(Array(text[..<length])) != nil
            #expect(!isRead, "\(length) bytes of it")
        }
        let isRead = self.read(Array(#"{"type":"snapshot","state":{}}"#.utf8)) != nil
        #expect(!isRead)
    }
}
