import ParleyProtocol
import ParleyRooms
import ParleyTestSupport
import Testing

@Suite struct MediaPolicyTests {
    /// Who comes, with what, and what is decided then.
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var devices: [(name: String, device: Device)]
        var rules = MediaRules()
        var expected: String
    }

    /// `sends` and `receives` as `VP8 H264/constrained-baseline`, in the device's own order.
    struct Device: Sendable {
        var sends: String?
        var receives: String?
        var height: Int?
        var frameRate: Int?
        var audio: String? = "opus"

        init(_ both: String, height: Int? = nil, frameRate: Int? = nil, audio: String? = "opus") {
            self.init(sends: both, receives: both, height: height, frameRate: frameRate, audio: audio)
        }

        init(sends: String?, receives: String?, height: Int? = nil, frameRate: Int? = nil, audio: String? = "opus") {
            self.sends = sends
            self.receives = receives
            self.height = height
            self.frameRate = frameRate
            self.audio = audio
        }

        static var silent: Device? { nil }

        var abilities: MediaAbilities {
            var video: MediaAbilities.Kind?
            if self.sends != nil || self.receives != nil {
                video = MediaAbilities.Kind(
                    send: self.sends.map { MediaAbilities.Direction(formats: Self.formats($0)) },
                    receive: self.receives.map {
                        MediaAbilities.Direction(
                            formats: Self.formats($0),
                            height: self.height,
                            frameRate: self.frameRate
                        )
                    }
                )
            }
            let audio = self.audio.map { MediaAbilities.Direction(formats: Self.formats($0)) }
            return MediaAbilities(video: video, audio: audio.map { .init(send: $0, receive: $0) })
        }

        static func formats(_ text: String) -> [MediaFormat] {
            text.split(separator: " ").map { word in
                let parts = word.split(separator: "/")
                return MediaFormat(codec: String(parts[0]), profile: parts.count > 1 ? String(parts[1]) : nil)
            }
        }
    }

    static func holder(_ name: String, _ joined: UInt64) -> DeviceProfiles.Holder {
        DeviceProfiles.Holder(
            joined: joined,
            id: ParticipantID(high: 1, low: joined),
            name: try? DisplayName(name, bytesMax: 128)
        )
    }

    static func said(_ policy: MediaPolicy?) -> String {
        guard let policy else { return "nothing" }
        func list(_ formats: [MediaFormat]) -> String {
            formats.isEmpty
                ? "-" : formats.map { $0.codec + ($0.profile.map { "/\($0)" } ?? "") }.joined(separator: " ")
        }
        var parts = ["\(policy.mode.rawValue): \(list(policy.video)) | \(list(policy.audio))"]
        if policy.height != nil || policy.frameRate != nil {
            parts.append("\(policy.height ?? 0)@\(policy.frameRate ?? 0)")
        }
        if !policy.blockers.isEmpty { parts.append("by " + policy.blockers.map { "\($0.low)" }.joined(separator: " ")) }
        return parts.joined(separator: " ") + " -- " + policy.reason
    }

    static let chromium = Device("VP8 VP9/profile-0 H264/baseline H264/constrained-baseline AV1/main")
    static let firefox = Device("VP8 VP9/profile-0 AV1/main")
    static let h264First = MediaRules(videoCodecs: ["H264": 1, "VP8": 2])

    static let cases: [Case] = [
        Case(testDescription: "nobody", devices: [], expected: "nothing"),
        Case(
            testDescription: "alone",
            devices: [("Ada", Device("H265/main H264/constrained-baseline"))],
            expected: "common: H265/main H264/constrained-baseline | opus -- H.265: every device has it."
        ),
        Case(
            testDescription: "A knows H.264 and H.265, B only H.264",
            devices: [
                ("Ada", Device("H265/main H264/constrained-baseline")), ("Bob", Device("H264/constrained-baseline")),
            ],
            expected: "common: H264/constrained-baseline | opus by 2 -- H.264: Bob's device has no H.265."
        ),
        Case(
            testDescription: "the same, with A's codecs the other way round",
            devices: [
                ("Ada", Device("H264/constrained-baseline H265/main")), ("Bob", Device("H264/constrained-baseline")),
            ],
            expected: "common: H264/constrained-baseline | opus by 2"
                + " -- H.264: every device has it. Bob's device has no H.265."
        ),
        Case(
            testDescription: "the room prefers what all have",
            devices: [("Ada", chromium), ("Bob", chromium)],
            rules: h264First,
            expected: "common: H264/baseline VP8 | opus -- H.264: the room prefers it, and every device has it."
        ),
        Case(
            testDescription: "the room prefers what one has not",
            devices: [("Ada", chromium), ("Bob", chromium), ("Fay", firefox)],
            rules: h264First,
            expected: "common: VP8 | opus by 3 -- VP8: Fay's device has no H.264."
        ),
        Case(
            testDescription: "two in the way",
            devices: [("Ada", chromium), ("Fay", firefox), ("Gus", firefox)],
            rules: h264First,
            expected: "common: VP8 | opus by 2 3 -- VP8: Fay's and Gus's devices have no H.264."
        ),
        Case(
            testDescription: "many in the way",
            devices: [("Ada", chromium)] + (0..<9).map { ("F\($0)", firefox) },
            rules: h264First,
            expected: "common: VP8 | opus by 2 3 4 5 6 7 8 9 -- VP8: F0's and other devices have no H.264."
        ),
        Case(
            testDescription: "somebody without a name",
            devices: [("Ada", chromium), ("", firefox)],
            rules: h264First,
            expected: "common: VP8 | opus by 2 -- VP8: Somebody's device has no H.264."
        ),
        Case(
            testDescription: "each votes with its own order, and the alphabet decides",
            devices: [("Ada", Device("VP8 AV1/main VP9/profile-0")), ("Bob", Device("VP9/profile-0 AV1/main VP8"))],
            expected: "common: AV1/main VP8 VP9/profile-0 | opus -- AV1: every device has it."
        ),
        Case(
            testDescription: "a kind of device has one voice, however many there are",
            devices: [
                ("Ada", Device("VP9/profile-0 VP8")), ("Bob", Device("VP8 VP9/profile-0 AV1/main")),
                ("Cleo", Device("VP8 VP9/profile-0 AV1/main")),
            ],
            expected: "common: VP8 VP9/profile-0 | opus by 1"
                + " -- VP8: every device has it. Ada's device has no AV1."
        ),
        Case(
            testDescription: "profiles are codecs of their own",
            devices: [
                ("Ada", Device("H264/high H264/constrained-baseline")), ("Bob", Device("H264/constrained-baseline")),
            ],
            expected: "common: H264/constrained-baseline | opus -- H.264: every device has it."
        ),
        Case(
            testDescription: "the same codec in profiles that do not match",
            devices: [("Ada", Device("H264/high")), ("Bob", Device("H264/constrained-baseline VP8"))],
            expected: "none: - | opus -- No two devices have the same video codec."
        ),
        Case(
            testDescription: "no codec for all, but for some",
            devices: [
                ("Ada", Device("H265/main")), ("Bob", Device("H265/main VP8")), ("Cleo", Device("VP8")),
                ("Dan", Device("H265/main")),
            ],
            expected: "pairwise: H265/main VP8 | opus by 3"
                + " -- No video codec is common to all: Cleo's device has no H.265. Each pair uses what both have."
        ),
        Case(
            testDescription: "no codec for anybody",
            devices: [("Ada", Device("H265/main")), ("Bob", Device("VP8"))],
            expected: "none: - | opus -- No two devices have the same video codec."
        ),
        Case(
            testDescription: "none that the room allows",
            devices: [("Ada", Device("VP8")), ("Bob", Device("VP8"))],
            rules: MediaRules(videoCodecs: ["AV1": 1]),
            expected: "none: - | opus -- No two devices have the same video codec of those that the room allows."
        ),
        Case(
            testDescription: "who only receives need not send",
            devices: [("Ada", Device("AV1/main VP8")), ("Wall", Device(sends: nil, receives: "AV1/main"))],
            expected: "common: AV1/main | opus by 2 -- AV1: every device has it. Wall's device has no VP8."
        ),
        Case(
            testDescription: "who receives but cannot send",
            devices: [("Ada", Device("AV1/main VP8")), ("Bob", Device(sends: "VP8", receives: "AV1/main VP8"))],
            expected: "common: VP8 | opus by 2 -- VP8: Bob's device cannot send AV1."
        ),
        Case(
            testDescription: "who sends but cannot receive",
            devices: [("Ada", Device("AV1/main VP8")), ("Bob", Device(sends: "AV1/main VP8", receives: "VP8"))],
            expected: "common: VP8 | opus by 2 -- VP8: Bob's device cannot receive AV1."
        ),
        Case(
            testDescription: "one that has said nothing",
            devices: [("Ada", chromium), ("Old", nil)].map { ($0, $1 ?? Device(sends: "-", receives: "-")) },
            expected: "common: VP8 H264/constrained-baseline | opus by 2"
                + " -- VP8: every device has it. Old's device has not said whether it has VP9."
        ),
        Case(
            testDescription: "the smallest screen, the slowest eye",
            devices: [
                ("Ada", Device("VP8", height: 1080, frameRate: 60)), ("Bob", Device("VP8", height: 480)),
                ("Cleo", Device("VP8", frameRate: 15)),
            ],
            expected: "common: VP8 | opus 480@15 -- VP8: every device has it."
                + " At most 480 lines: Bob's device takes no more."
                + " At most 15 pictures a second: Cleo's device takes no more."
        ),
        Case(
            testDescription: "the room wants less",
            devices: [("Ada", Device("VP8", height: 1080)), ("Bob", Device("VP8", height: 720))],
            rules: MediaRules(heightMax: 720, frameRateMax: 30),
            expected: "common: VP8 | opus 720@30 -- VP8: every device has it."
                + " At most 720 lines: the room wants no more. At most 30 pictures a second: the room wants no more."
        ),
        Case(
            testDescription: "sound that not all have",
            devices: [
                ("Ada", Device("VP8", audio: "opus PCMU")), ("Phone", Device(sends: nil, receives: nil, audio: "PCMU")),
            ],
            expected: "common: VP8 | PCMU by 2 -- VP8: every device has it. PCMU: Phone's device has no Opus."
        ),
        Case(
            testDescription: "sound alone",
            devices: [("Ada", Device(sends: nil, receives: nil)), ("Bob", Device(sends: nil, receives: nil))],
            rules: MediaRules(heightMax: 720),
            expected: "common: - | opus -- Opus: every device has it."
        ),
        Case(
            testDescription: "no media at all",
            devices: [("Ada", Device(sends: nil, receives: nil, audio: nil))],
            expected: "nothing"
        ),
    ]

    @Test(arguments: cases) func decides(_ example: Case) {
        // Whoever comes first, last or in the middle: the order of arrival decides who is named, and nothing else.
        for rotation in example.devices.isEmpty ? 0..<1 : 0..<example.devices.count {
            var profiles = DeviceProfiles()
            let devices = example.devices.enumerated().map { $0 }
            for (index, (name, device)) in devices[rotation...] + devices[..<rotation] {
                let abilities = device.sends == "-" ? nil : device.abilities
                profiles.add(Self.holder(name, UInt64(index + 1)), abilities, .stage)
            }
            #expect(Self.said(MediaPolicy(of: profiles, rules: example.rules)) == example.expected)
        }
    }

    @Test func `the audience counts only if the room says so, and observers never do`() {
        var profiles = DeviceProfiles()
        profiles.add(Self.holder("Ada", 1), Self.chromium.abilities, .stage)
        profiles.add(Self.holder("Zoe", 2), Device("VP8").abilities, .audience)
        profiles.add(Self.holder("Spy", 3), Device("H265/main").abilities, .hidden)
        var rules = Self.h264First
        #expect(
            Self.said(MediaPolicy(of: profiles, rules: rules))
                == "common: H264/baseline VP8 | opus -- H.264: the room prefers it, and every device has it."
        )
        rules.audienceCounts = true
        #expect(
            Self.said(MediaPolicy(of: profiles, rules: rules))
                == "common: VP8 | opus by 2 -- VP8: Zoe's device has no H.264."
        )
    }

    @Test func `nobody has declared anything, so there is no policy`() {
        var profiles = DeviceProfiles()
        profiles.add(Self.holder("Ada", 1), nil, .stage)
        #expect(MediaPolicy(of: profiles, rules: Self.h264First) == nil)
    }
}
