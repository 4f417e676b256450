import ParleyProtocol
import ParleyRooms
import ParleyTestSupport
import Testing

/// The policy as people in a room see it: folded from the patches, nothing else.
@Suite struct RoomPolicyTests {
    private typealias Device = MediaPolicyTests.Device

    private func policy(_ meeting: Meeting) -> JSONValue? { meeting.folded[.participant]?["policy"] }

    /// `1 common H264 VP8: reason`
    private func said(_ meeting: Meeting) -> String {
        guard let policy = self.policy(meeting) else { return "nothing" }
        let video = policy["video"]?.object.map { video in
            (1...video.count).map { video["\($0)"]?["codec"]?.string ?? "?" }.joined(separator: " ")
        }
        return "\(policy["revision"]?.integer ?? 0) \(policy["mode"]?.string ?? "") \(video ?? "-"): "
            + (policy["reason"]?.string ?? "")
    }

    private func check(_ meeting: Meeting) throws {
        for view in View.allCases {
            #expect(meeting.folded[view] ?? [:] == meeting.room.state(for: view), "\(view)")
            #expect(StateHash(of: meeting.room.state(for: view)) == meeting.room.hash(for: view), "\(view)")
        }
        #expect(try Room(snapshot: meeting.room.snapshot) == meeting.room)
        var replayed = Room(id: meeting.room.id)
        for event in meeting.log { replayed.evolve(try RoomEvent(json: event.json)) }
        #expect(replayed.snapshot == meeting.room.snapshot)
        #expect(replayed.state(for: .participant) == meeting.room.state(for: .participant))
    }

    @Test func `Ada knows H.264 and H.265, Bob only H.264`() throws {
        var meeting = Meeting()
        _ = meeting.join("Ada", display: "Ada", media: Device("H265/main H264/constrained-baseline").abilities)
        #expect(self.said(meeting) == "1 common H265 H264: H.265: every device has it.")
        _ = meeting.join("Bob", display: "Bob", media: Device("H264/constrained-baseline").abilities)
        #expect(self.said(meeting) == "2 common H264: H.264: Bob's device has no H.265.")
        #expect(self.policy(meeting)?["blockers"] == .object([meeting.id("Bob").description: true]))
        try self.check(meeting)
        #expect(meeting.leave("Bob") == "left Bob #2")
        #expect(self.said(meeting) == "3 common H265 H264: H.265: every device has it.")
        #expect(self.policy(meeting)?["blockers"] == nil)
        try self.check(meeting)
    }

    @Test func `the patch comes with the event that is its cause`() {
        var meeting = Meeting()
        _ = meeting.join("Ada", display: "Ada", media: Device("VP9/profile-0 VP8").abilities)
        var room = meeting.room
        #expect(meeting.join("Bob", display: "Bob", media: Device("VP8").abilities) == "joined Bob #1")
        let patches = meeting.log.suffix(1).map { room.evolve($0).patch(for: .audience) }
        #expect(patches.first??["policy"]?["reason"]?.string == "VP8: Bob's device has no VP9.")
        #expect(patches.first??["people"]?.object?.count == 1)
    }

    @Test func `somebody says anew what the device can`() throws {
        var meeting = Meeting()
        let all = Device("VP8 VP9/profile-0").abilities
        _ = meeting.join("Ada", display: "Ada", media: all)
        _ = meeting.join("Bob", display: "Bob", media: all)
        #expect(meeting.ask("Bob", .device(.declare(all))) == "rejected no-change")
        let saving = Device("VP8 VP9/profile-0", height: 360).abilities
        #expect(meeting.ask("Bob", .device(.declare(saving))) == "abilities-changed Bob #3")
        #expect(self.policy(meeting)?["limits"] == ["height": 360])
        #expect(
            self.said(meeting)
                == "2 common VP8 VP9: VP8: every device has it. At most 360 lines: Bob's device takes no more."
        )
        try self.check(meeting)
        #expect(meeting.ask("Ada", .device(.declare(saving))) == "abilities-changed Ada #2")
        #expect(meeting.ask("Bob", .device(.declare(all))) == "abilities-changed Bob #4")
        #expect(self.said(meeting).hasSuffix("At most 360 lines: Ada's device takes no more."))
        try self.check(meeting)
    }

    @Test func `several sizes at once, if all who send can`() {
        func device(simulcast: Bool?) -> MediaAbilities {
            let formats = [MediaFormat(codec: "VP8")]
            let send = simulcast.map { MediaAbilities.Direction(formats: formats, simulcast: $0) }
            return MediaAbilities(video: .init(send: send, receive: .init(formats: formats)))
        }
        var meeting = Meeting()
        _ = meeting.join("Ada", media: device(simulcast: nil))
        #expect(self.policy(meeting)?["simulcast"] == nil)
        _ = meeting.join("Bob", media: device(simulcast: true))
        #expect(self.policy(meeting)?["simulcast"] == true)
        _ = meeting.join("Cleo", media: device(simulcast: false))
        #expect(self.policy(meeting)?["simulcast"] == nil)
    }

    @Test func `who has said nothing is taken for a browser as it must be, and does not make a policy alone`() throws {
        var meeting = Meeting()
        _ = meeting.join("Ada")
        #expect(self.said(meeting) == "nothing")
        _ = meeting.join("Bob", display: "Bob", media: MediaPolicyTests.chromium.abilities)
        #expect(self.said(meeting).hasPrefix("1 common VP8 H264: VP8: every device has it."))
        try self.check(meeting)
        _ = meeting.leave("Bob")
        #expect(self.said(meeting) == "nothing")
        try self.check(meeting)
        _ = meeting.join("Bob", display: "Bob", media: MediaPolicyTests.chromium.abilities)
        #expect(self.said(meeting).hasPrefix("3 "))
    }

    @Test func `an observer is in nobody's way, and neither is the audience`() throws {
        var meeting = Meeting()
        _ = meeting.join("Ada", display: "Ada", media: Device("AV1/main VP8").abilities)
        _ = meeting.join("Bob", display: "Bob", media: Device("VP8").abilities)
        let bob = meeting.id("Bob")
        #expect(self.said(meeting).hasPrefix("2 common VP8:"))
        for role in [Role.observer, .audience] {
            _ = meeting.ask("Ada", .role(.set(bob, role)))
            #expect(self.said(meeting).contains(" common AV1 VP8: AV1: every device has it."), "\(role)")
            try self.check(meeting)
            _ = meeting.ask("Ada", .role(.set(bob, .participant)))
            #expect(self.said(meeting).hasSuffix(" common VP8: VP8: Bob's device has no AV1."), "\(role)")
            try self.check(meeting)
        }
    }

    @Test func `the room's own word for codecs and sizes`() throws {
        var meeting = Meeting()
        for name in ["Ada", "Bob"] { _ = meeting.join(name, display: name, media: MediaPolicyTests.chromium.abilities) }
        #expect(self.said(meeting) == "1 common VP8 VP9 H264 AV1: VP8: every device has it.")
        let rules: JSONValue = ["videoCodecs": ["h264": 1, "VP8": 2], "heightMax": 720]
        let settings = RoomSettings(json: ["rules": rules])
        #expect(meeting.ask("Ada", .lifecycle(.configure(settings))) == "configured #2")
        let reason =
            "H.264: the room prefers it, and every device has it. At most 720 lines: the room wants no more."
        #expect(self.said(meeting) == "2 common H264 VP8: " + reason)
        try self.check(meeting)
        _ = meeting.join("Cleo", display: "Fay", media: MediaPolicyTests.firefox.abilities)
        #expect(
            self.said(meeting)
                == "3 common VP8: VP8: Fay's device has no H.264. At most 720 lines: the room wants no more."
        )
        try self.check(meeting)
        _ = meeting.leave("Cleo")
        #expect(self.said(meeting) == "4 common H264 VP8: " + reason)
        try self.check(meeting)
    }

    @Test func `a log names a kind of device once`() throws {
        var meeting = Meeting()
        let chromium = MediaPolicyTests.chromium.abilities
        for name in ["Ada", "Bob", "Cleo"] { _ = meeting.join(name, media: chromium) }
        let sizes = meeting.log.filter { $0.type == "joined" }.map(\.json.encoded.count)
        #expect(sizes.count == 3 && sizes[1] < sizes[0] - 200 && sizes[2] < sizes[0] - 200)
        #expect(meeting.log.allSatisfy { $0.json.encoded.count < 16_384 })
        try self.check(meeting)
        // Everybody with it has gone: the number means nothing any more.
        for name in ["Ada", "Bob"] { _ = meeting.leave(name) }
        _ = meeting.ask("Cleo", .device(.declare(Device("VP8").abilities)))
        _ = meeting.join("Dan", media: chromium)
        #expect(meeting.room.snapshot["policy"]?["kinds"]?.array?.map { $0["number"]?.integer } == [2, 3])
        try self.check(meeting)
    }

    @Test(arguments: 1...6) func `whatever happens, it is what the people who are here can do`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var meeting = Meeting()
        let names = ["Ada", "Bob", "Cleo", "Dan", "Ada's phone", "Ada's tablet", "Bob's phone"]
        var devices: [String: MediaAbilities?] = [:]
        for _ in 0..<120 {
            let name = names.randomElement(using: &random) ?? "Ada"
            let device = DeviceProfilesTests.kinds.randomElement(using: &random) ?? nil
            let isHere = meeting.room.participant(of: Meeting.session(name)) != nil
            switch Int.random(in: 0..<8, using: &random) {
            case 0..<3 where !isHere:
                if meeting.room.participants.isEmpty { meeting = Meeting() }
                if meeting.join(name, display: name, media: device).contains("joined") { devices[name] = device }
            case 3..<4 where isHere: _ = meeting.leave(name)
            case 4..<6 where isHere && device != nil:
                let line = device.map { meeting.ask(name, .device(.declare($0))) }
                if line?.hasPrefix("abilities-changed") == true { devices[name] = device }
            case 6 where isHere:
                let role = [Role.audience, .observer, .speaker].randomElement(using: &random) ?? .speaker
                let host = meeting.room.participants.first { $0.role == .host }
                if let host { _ = meeting.ask(Meeting.name(host.id), .role(.set(meeting.id(name), role))) }
            default: break
            }
            try self.check(meeting)
            var expected = DeviceProfiles()
            for person in meeting.room.participants.reversed() {
                let holder = DeviceProfiles.Holder(joined: person.joined, id: person.id, name: person.name)
                let standing: DeviceProfiles.Standing =
                    switch person.role {
                    case .host, .coHost, .speaker, .participant: .stage
                    case .audience: .audience
                    case .observer: .hidden
                    }
                expected.add(holder, devices[Meeting.name(person.id)] ?? nil, standing)
            }
            let revision = self.policy(meeting)?["revision"]?.integer.map { UInt64($0) } ?? 0
            let policy = MediaPolicy(of: expected, rules: MediaRules())
            #expect(self.policy(meeting) == policy?.json(revision: revision))
        }
    }
}
