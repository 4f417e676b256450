import ParleyProtocol
import ParleyRooms
import ParleyTestSupport
import Testing

/// The devices of a room, as they come, change and go.
@Suite struct DeviceProfilesTests {
    /// Somebody as a model would keep them: a line in a list.
    private struct Person {
        var holder: DeviceProfiles.Holder
        var abilities: MediaAbilities?
        var standing: DeviceProfiles.Standing
    }

    static let kinds: [MediaAbilities?] = [
        nil,
        MediaPolicyTests.chromium.abilities,
        MediaPolicyTests.firefox.abilities,
        MediaPolicyTests.Device("H265/main H264/constrained-baseline VP8", height: 1080).abilities,
        MediaPolicyTests.Device("H264/constrained-baseline", height: 720, frameRate: 30, audio: "PCMU").abilities,
        MediaPolicyTests.Device(sends: nil, receives: "VP8 AV1/main").abilities,
        MediaPolicyTests.Device(sends: nil, receives: nil).abilities,
    ]

    private static func profiles(of people: [Person], shuffledBy random: inout SeededGenerator) -> DeviceProfiles {
        var profiles = DeviceProfiles()
        for person in people.shuffled(using: &random) {
            profiles.add(person.holder, person.abilities, person.standing)
        }
        return profiles
    }

    @Test(arguments: 1...8) func `after each change it is as from scratch`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var profiles = DeviceProfiles()
        var people: [Person] = []
        var joined: UInt64 = 0
        let rules = [
            MediaRules(), MediaPolicyTests.h264First,
            MediaRules(videoCodecs: ["H265": 1, "H264": 2], heightMax: 900, audienceCounts: true),
        ]
        for step in 0..<200 {
            let leaves = !people.isEmpty && Int.random(in: 0..<people.count + 8, using: &random) >= 8
            if leaves {
                let index = Int.random(in: 0..<people.count, using: &random)
                let gone = people.remove(at: index)
                #expect(profiles.remove(gone.holder.id) == gone.holder)
                if Bool.random(using: &random) {
                    // The same person with another device, or in another role.
                    let changed = Self.person(gone.holder, &random)
                    people.append(changed)
                    profiles.add(changed.holder, changed.abilities, changed.standing)
                }
            } else {
                joined += 1
                let person = Self.person(MediaPolicyTests.holder("P\(joined)", joined), &random)
                people.append(person)
                profiles.add(person.holder, person.abilities, person.standing)
            }
            let scratch = Self.profiles(of: people, shuffledBy: &random)
            for rules in rules {
                let policy = MediaPolicy(of: profiles, rules: rules)
                #expect(policy == MediaPolicy(of: scratch, rules: rules), "step \(step)")
            }
            for person in people { #expect(profiles.abilities(of: person.holder.id) == person.abilities) }
        }
    }

    private static func person(_ holder: DeviceProfiles.Holder, _ random: inout SeededGenerator) -> Person {
        let standings: [DeviceProfiles.Standing] = [.stage, .stage, .stage, .audience, .hidden]
        return Person(
            holder: holder,
            abilities: Self.kinds.randomElement(using: &random) ?? nil,
            standing: standings.randomElement(using: &random) ?? .stage
        )
    }

    @Test func `a thousand devices of few kinds`() {
        var profiles = DeviceProfiles()
        for joined in 1...1_000 as ClosedRange<UInt64> {
            let isTablet = joined == 700
            let abilities = isTablet ? MediaPolicyTests.firefox.abilities : MediaPolicyTests.chromium.abilities
            profiles.add(MediaPolicyTests.holder("P\(joined)", joined), abilities, .stage)
        }
        #expect(profiles.kindsCount == 2)
        let rules = MediaPolicyTests.h264First
        #expect(
            MediaPolicyTests.said(MediaPolicy(of: profiles, rules: rules))
                == "common: VP8 | opus by 700 -- VP8: P700's device has no H.264."
        )
        profiles.remove(ParticipantID(high: 1, low: 700))
        #expect(profiles.kindsCount == 1)
        #expect(MediaPolicy(of: profiles, rules: rules)?.video.first?.codec == "H264")
        for joined in 1...1_000 as ClosedRange<UInt64> { profiles.remove(ParticipantID(high: 1, low: joined)) }
        #expect(profiles.kindsCount == 0)
        #expect(MediaPolicy(of: profiles, rules: rules) == nil)
    }

    @Test func `one kind of device too many counts as one that says nothing`() {
        var profiles = DeviceProfiles()
        let kindsMax = UInt64(Limits().deviceProfilesPerRoomMax)
        for joined in 1...kindsMax + 1 {
            let device = MediaPolicyTests.Device("VP8 H264/constrained-baseline", height: Int(joined))
            profiles.add(MediaPolicyTests.holder("P\(joined)", joined), device.abilities, .stage)
        }
        #expect(profiles.abilities(of: ParticipantID(high: 1, low: kindsMax)) != nil)
        #expect(profiles.abilities(of: ParticipantID(high: 1, low: kindsMax + 1)) == nil)
        let policy = MediaPolicy(of: profiles, rules: MediaRules())
        #expect(policy?.video.map(\.codec) == ["VP8", "H264"])
    }

    @Test func `a policy is made of so many codecs`() {
        var profiles = DeviceProfiles()
        for joined in 1...8 as ClosedRange<UInt64> {
            let own = (0..<31).map { "C\(joined)-\($0)" }.joined(separator: " ")
            profiles.add(MediaPolicyTests.holder("P", joined), MediaPolicyTests.Device(own + " VP8").abilities, .stage)
        }
        #expect(MediaPolicy(of: profiles, rules: MediaRules())?.video.map(\.codec) == ["VP8"])
        let alone = (0..<32).map { "C-\($0)" }.joined(separator: " ")
        var one = DeviceProfiles()
        one.add(
            MediaPolicyTests.holder("P", 1),
            MediaPolicyTests.Device(sends: alone, receives: alone + " X").abilities,
            .stage
        )
        #expect(MediaPolicy(of: one, rules: MediaRules())?.video.count == 32)
    }

    @Test func `of more codecs those count that most kinds of device have`() {
        let count = Limits().policyFormatsMax
        func policy(_ both: Int) -> MediaPolicy? {
            var profiles = DeviceProfiles()
            let names = (0..<both).map { "A\($0 + 1_000)" }
            for (joined, own) in [(1, "Z1"), (2, "Z2")] as [(UInt64, String)] {
                let device = MediaPolicyTests.Device((names + [own]).joined(separator: " "), audio: nil)
                profiles.add(MediaPolicyTests.holder("P", joined), device.abilities, .stage)
            }
            return MediaPolicy(of: profiles, rules: MediaRules())
        }
        #expect(policy(count)?.video.count == count)
        // What one of the two lacks is not looked at any more, so nobody is in the way of it.
        #expect(policy(count)?.blockers == [])
        #expect(policy(count - 1)?.blockers.isEmpty == false)
        #expect(policy(count + 1)?.video.count == count)
    }

    @Test func `so many are named who are in the way, those who came first`() {
        let count = UInt64(Limits().policyBlockersMax)
        for others in [count, count + 1] {
            var profiles = DeviceProfiles()
            profiles.add(MediaPolicyTests.holder("Ada", 1), MediaPolicyTests.Device("H264 VP8").abilities, .stage)
            for joined in 2...(others + 1) {
                profiles.add(MediaPolicyTests.holder("P", joined), MediaPolicyTests.Device("VP8").abilities, .stage)
            }
            let blockers = MediaPolicy(of: profiles, rules: MediaRules(videoCodecs: ["H264": 1, "VP8": 2]))?.blockers
            #expect(blockers?.map(\.low) == Array(2...(count + 1)))
        }
    }
}
