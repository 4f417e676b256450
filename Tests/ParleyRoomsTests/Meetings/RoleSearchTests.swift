import ParleyProtocol
import ParleyRooms
import Testing

/// Every state that a few people can bring a room into by roles and moderation, breadth first: there is never a state
/// without a way out, and what each view has folded is what the room is.
private struct MeetingSearch {
    typealias Step = (inout Meeting) -> String

    /// Each by name, so that a fault says how it came about.
    let steps: [(name: String, step: Step)]
    let statesMax: Int
    var states = 0
    var faults: [String] = []

    mutating func run(from start: Meeting) {
        var seen: Set<String> = [Self.key(start.room)]
        var queue: [(meeting: Meeting, path: String)] = [(start, "")]
        var next = 0
        while next < queue.count, self.faults.isEmpty {
            let (meeting, path) = queue[next]
            next += 1
            self.check(meeting, path)
            for (name, step) in self.steps {
                var reached = meeting
                let line = step(&reached)
                guard !line.hasPrefix("rejected"), !line.hasPrefix("duplicate") else { continue }
                guard seen.insert(Self.key(reached.room)).inserted else { continue }
                queue.append((reached, path + " / " + name))
            }
            guard queue.count <= self.statesMax else {
                self.faults.append("more than \(self.statesMax) states")
                return
            }
        }
        self.states = queue.count
    }

    /// What tells two states apart: without numbers and instants that grow for ever.
    private static func key(_ room: Room) -> String {
        let people = room.participants.map { person in
            let conduct = person.conduct
            let devices = "\(person.media.audio)\(conduct.audioMutedBy != nil)\(conduct.mayUnmute)"
            return "\(person.identity) \(person.role) \(person.isListed) \(devices) \(conduct.hand != nil)"
        }
        let standing = room.snapshot["standing"]
        var kept = JSONObject()
        for name in ["owner", "host", "interim", "before", "bereft", "given"] { kept[name] = standing?[name] }
        let isVacant = room.nextDeadline != nil
        let count = room.state(for: .participant)["audience"]?["count"]?.integer ?? 0
        return "\(people) \(kept) \(isVacant) \(room.lifecycle) \(room.rules.mayUnmute) \(count)"
    }

    private mutating func check(_ meeting: Meeting, _ path: String) {
        let room = meeting.room
        for view in View.allCases {
            let state = room.state(for: view)
            self.expect(meeting.folded[view] == state, "the view \(view) is folded", path)
            self.expect(StateHash(of: state) == room.hash(for: view), "the view \(view) is hashed", path)
        }
        self.expect((try? Room(snapshot: room.snapshot)) == room, "a snapshot is the room", path)
        guard room.lifecycle == .open else { return }
        let people = room.participants
        let hosts = Set(people.filter { $0.role == .host }.map(\.identity))
        self.expect(hosts.count <= 1, "one host", path)
        self.checkWayOut(meeting, hosts.isEmpty, path)
        for person in people {
            let mayPublish = room.roles.permits(person.role, .publish) || person.conduct.mayUnmute
            self.expect(!person.media.audio || mayPublish, "nobody is heard who may not be", path)
            guard person.conduct.hand != nil else { continue }
            var other = meeting
            let name = Meeting.name(person.id)
            let line = other.ask(name, .moderation(.lowerHand(nil)))
            self.expect(line.hasPrefix("hand-lowered"), "a hand can be lowered: \(line)", path)
        }
    }

    /// Whoever could be host is there, so there is a host, or will be when the place is not kept any more.
    private mutating func checkWayOut(_ meeting: Meeting, _ isHostless: Bool, _ path: String) {
        let mayBecome = meeting.room.participants.contains { $0.role.rank >= Role.participant.rank }
        guard isHostless, mayBecome else { return }
        var later = meeting
        self.expect(meeting.room.nextDeadline != nil, "a host to come", path)
        let line = later.deadline(after: 30_000)
        self.expect(later.room.participants.contains { $0.role == .host }, "a host at last: \(line)", path)
    }

    private mutating func expect(_ holds: Bool, _ rule: String, _ path: String) {
        if !holds { self.faults.append("\(rule):\(path)") }
    }
}

@Suite struct RoleSearchTests {
    private static let audio = MediaKinds(audio: true)

    private static func set(_ name: String, _ other: String, _ role: Role) -> (String, MeetingSearch.Step) {
        ("\(name) makes \(other) \(role)", { $0.ask(name, .role(.set($0.id(other), role))) })
    }

    @Test func `every state of three people who come, go, and give roles`() {
        let names = ["Ada", "Bob", "Cleo"]
        var steps: [(String, MeetingSearch.Step)] = [("time", { $0.deadline(after: 30_000) })]
        for name in names {
            steps.append(("\(name) joins", { $0.join(name) }))
            steps.append(("\(name) leaves", { $0.leave(name) }))
            steps.append(("\(name) closes the page", { $0.disconnect(name, .left) }))
            for other in names where other != name {
                steps.append(("\(name) makes \(other) host", { $0.ask(name, .role(.transfer($0.id(other)))) }))
                steps.append(Self.set(name, other, .coHost))
                steps.append(Self.set(name, other, .audience))
            }
        }
        var meeting = Meeting()
        _ = meeting.join("Ada")
        var search = MeetingSearch(steps: steps, statesMax: 20_000)
        search.run(from: meeting)
        #expect(search.faults == [])
        #expect(search.states > 500)
    }

    @Test func `every state of two people who are muted, allowed, and raise their hands`() {
        var steps: [(String, MeetingSearch.Step)] = []
        for (name, other) in [("Ada", "Bob"), ("Bob", "Ada")] {
            for isOn in [true, false] {
                steps.append(("\(name)'s microphone \(isOn)", { $0.media(name, audio: isOn) }))
                let all = ModerationAction.MuteAll(Self.audio, mayUnmute: isOn)
                steps.append(("\(name) mutes all \(isOn)", { $0.ask(name, .moderation(.muteAll(all))) }))
                steps.append(
                    ("\(name) allows \(isOn)", { $0.ask(name, .moderation(.allowSpeak($0.id(other), isOn))) })
                )
            }
            steps.append(("\(name) mutes", { $0.ask(name, .moderation(.mute($0.id(other), Self.audio))) }))
            steps.append(("\(name) raises", { $0.ask(name, .moderation(.raiseHand(toSpeak: true))) }))
            steps.append(("\(name) lowers all", { $0.ask(name, .moderation(.lowerHands)) }))
            steps.append(("\(name) speaks", { $0.operate(.moderation(.speaker($0.id(name)))) }))
            for role in [Role.audience, .participant, .coHost, .observer] { steps.append(Self.set(name, other, role)) }
        }
        var meeting = Meeting()
        for name in ["Ada", "Bob"] { _ = meeting.join(name) }
        var search = MeetingSearch(steps: steps, statesMax: 20_000)
        search.run(from: meeting)
        #expect(search.faults == [])
        #expect(search.states > 200)
    }

    @Test func `every state of three people who come to a stage for two, go there and back, and raise their hands`() {
        let names = ["Ada", "Bob", "Cleo"]
        var steps: [(String, MeetingSearch.Step)] = [("time", { $0.deadline(after: 30_000) })]
        for name in names {
            steps.append(("\(name) joins", { $0.join(name) }))
            steps.append(("\(name) leaves", { $0.leave(name) }))
            steps.append(("\(name) raises", { $0.ask(name, .moderation(.raiseHand(toSpeak: true))) }))
            steps.append(("\(name) lowers all", { $0.ask(name, .moderation(.lowerHands)) }))
            for other in names where other != name {
                for role in [Role.audience, .participant] { steps.append(Self.set(name, other, role)) }
            }
        }
        var meeting = Meeting()
        _ = meeting.join("Ada") { $0.settings = RoomSettings(json: ["stageMax": 2]) }
        var search = MeetingSearch(steps: steps, statesMax: 20_000)
        search.run(from: meeting)
        #expect(search.faults == [])
        #expect(search.states > 500)
    }
}
