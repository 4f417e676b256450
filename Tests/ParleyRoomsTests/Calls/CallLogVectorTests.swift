import Foundation
import ParleyProtocol
import ParleyRooms
import Testing

/// The life of one call, and of the line that it rings on, as a file that every client library reads as well: what the
/// log holds, what is said of it, and the hash after each entry.
@Suite struct CallLogVectorTests {
    private static var file: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/call-log.json")
    }

    @Test func `the file is what happens, and replaying it gives the rooms again`() throws {
        let rooms = try Self.rooms()
        let text =
            "[\n" + rooms.map { String(decoding: $0.json.encoded, as: UTF8.self) }.joined(separator: ",\n") + "\n]\n"
        if ProcessInfo.processInfo.environment["PARLEY_WRITE_VECTORS"] != nil {
            try Data(text.utf8).write(to: Self.file)
        }
        #expect(String(decoding: try Data(contentsOf: Self.file), as: UTF8.self) == text)
        for (vector, made) in zip(try #require(JSONParser.parse(Array(text.utf8)).array), rooms) {
            var room = Room(id: made.meeting.room.id)
            for entry in try #require(vector["entries"]?.array) {
                let events = try #require(entry["log"]?.array).map { try RoomEvent(json: $0) }
                let said = events.map { $0.wire(patch: room.evolve($0).patch(for: .moderator)) }
                #expect(entry["events"] == .array(said))
                #expect(entry["hash"]?.string == room.hash(for: .moderator).description)
            }
            #expect(room == made.meeting.room)
            #expect(vector["state"] == room.state(for: .moderator))
            #expect(try Room(snapshot: try #require(vector["snapshot"])) == room)
        }
    }

    private struct Made {
        var meeting: Meeting
        var entries: [JSONValue] = []
        private var replica: Room
        private var said = 0

        init(_ room: RoomID) {
            self.meeting = Meeting(room: room)
            self.replica = Room(id: room)
        }

        /// What has happened since is one entry.
        mutating func entry(_ line: String) {
            let events = Array(self.meeting.log[self.said...])
            self.said = self.meeting.log.count
            guard !events.isEmpty else { return #expect(Bool(false), "nothing has happened: \(line)") }
            let said = events.map { $0.wire(patch: self.replica.evolve($0).patch(for: .moderator)) }
            self.entries.append([
                "log": .array(events.map(\.json)), "events": .array(said),
                "hash": .string(self.replica.hash(for: .moderator).description),
            ])
        }

        var json: JSONValue {
            [
                "room": .string(self.replica.id.description), "entries": .array(self.entries),
                "state": self.replica.state(for: .moderator), "snapshot": self.replica.snapshot,
            ]
        }
    }

    private static func rooms() throws -> [Made] {
        var call = Made(RoomID(high: 5, low: 1))
        var line = Made(RoomID(high: 5, low: 2))
        let offer = AttributeValue(["type": "offer", "sdp": "v=0\r\n"])
        let request = RingRequest([callee("Bob"), callee("Cleo")], intent: .video, offer: offer)
        line.entry(line.meeting.online("Bob", status: LineStatus(note: "at my desk", showLastSeen: true)))
        line.entry(line.meeting.online("Bob's phone"))
        call.entry(call.meeting.call("Ada", request))
        line.entry(try line.meeting.deliver(call.meeting, for: "Bob"))
        call.entry(call.meeting.report("Bob", .ringing))
        line.entry(line.meeting.ask("Bob's phone", .line(.decline(CallDecline(call.meeting.room.id, scope: .device)))))
        call.entry(call.meeting.report("Cleo", .declined, message: "later"))
        call.entry(call.meeting.accept("Bob", answer: AttributeValue(["type": "answer", "sdp": "v=0\r\n"])))
        line.entry(line.meeting.step(.conclude(call.meeting.room.id, ring: 1, .answered)))
        line.entry(line.meeting.step(.occupy(line.meeting.id("Bob"), call.meeting.room.id, true)))
        call.entry(call.meeting.ask("Bob", .ring(.hold(true))))
        call.entry(call.meeting.ask("Bob", .ring(.transfer(rings("Cleo")))))
        line.entry(line.meeting.step(.occupy(line.meeting.id("Bob"), call.meeting.room.id, false)))
        call.entry(call.meeting.report("Cleo", .busy, 2))
        line.entry(try line.meeting.deliver(call.meeting, 3, for: "Bob"))
        call.entry(call.meeting.accept("Bob", 3))
        line.entry(line.meeting.step(.conclude(call.meeting.room.id, ring: 3, .answered)))
        call.entry(call.meeting.ask("Ada", .ring(.ring(rings("Cleo", "Dan", mode: .each)))))
        call.entry(call.meeting.accept("Cleo", 4))
        line.entry(line.meeting.ask("Bob", .line(.block(callee("Eve"), true))))
        line.entry(line.meeting.ask("Bob", .line(.availability(LineStatus(.doNotDisturb)))))
        line.entry(try line.meeting.deliver(Self.other(), for: "Bob"))
        return [call, line]
    }

    private static func other() -> Meeting {
        var other = Meeting(room: RoomID(high: 5, low: 3))
        _ = other.call("Dan", rings("Bob"))
        return other
    }
}
