import ParleyProtocol
import Testing

/// What a message may hold: at its bound it is taken, one beyond it is refused by the documented name, and it is the
/// limit that was given which counts.
@Suite struct MessageLimitTests {
    private struct Bound {
        let limit: WritableKeyPath<Limits, Int>
        let code: RejectionCode
        let member: String
        /// What counts, in such a message.
        let message: (Int) -> JSONValue

        init(
            _ limit: WritableKeyPath<Limits, Int>,
            _ code: RejectionCode,
            _ member: String,
            _ message: @escaping (Int) -> JSONValue
        ) {
            (self.limit, self.code, self.member, self.message) = (limit, code, member, message)
        }
    }

    // MARK: Messages

    private static let room = JSONValue.string(RoomID(high: 1, low: 1).description)
    private static let person = JSONValue.string(Self.id(1))
    private static func id(_ number: Int) -> String { ParticipantID(high: 2, low: UInt64(number)).description }
    private static func text(_ bytes: Int) -> JSONValue { .string(String(repeating: "x", count: bytes)) }
    private static func number(_ number: Int) -> JSONValue { .integer(Int64(number)) }

    private static func set(_ count: Int, _ name: (Int) -> String = Self.id) -> JSONValue {
        .object(JSONObject((0..<count).map { (name($0), true) }))
    }

    private static func command(_ type: String, _ members: JSONObject) -> JSONValue {
        let message: JSONObject = ["type": .string(type), "id": 2, "room": Self.room]
        return .object(message.merging(members))
    }

    private static func join(_ name: String, _ value: JSONValue) -> JSONValue {
        Self.command("join", (["id": 1, "room": "blue-fox"] as JSONObject).merging([name: value]))
    }

    private static func settings(_ name: String, _ value: JSONValue) -> JSONValue {
        Self.command("configure", JSONObject([(name, value)]))
    }

    private static func rules(_ name: String, _ value: JSONValue) -> JSONValue {
        Self.settings("rules", .object(JSONObject([(name, value)])))
    }

    private static func floor(_ members: JSONObject) -> JSONValue {
        let usual: JSONObject = ["floor": "mouse", "capacity": 1, "policy": "free"]
        return Self.command("define-floor", usual.merging(members))
    }

    private static func consent(_ members: JSONObject) -> JSONValue {
        var usual: JSONObject = ["kind": "vote", "rule": "all"]
        if members["participants"] == nil { usual["all"] = true }
        return Self.command("ask-consent", usual.merging(members))
    }

    private static func direction(_ members: JSONObject) -> JSONValue {
        let usual: JSONObject = ["codecs": [["codec": "VP8"]]]
        return Self.join("media", ["video": ["send": .object(usual.merging(members))]])
    }

    private static func codec(_ name: String, _ value: JSONValue) -> JSONValue {
        Self.direction(["codecs": [.object((["codec": "VP9"] as JSONObject).merging([name: value]))]])
    }

    // MARK: Bounds

    private static var names: [Bound] {
        [
            Bound(\.nameBytesMax, .invalidName, "name") { Self.join("name", Self.text($0)) },
            Bound(\.nameBytesMax, .invalidInvitation, "invitation") { Self.join("invitation", Self.text($0)) },
            Bound(\.nameBytesMax, .invalidName, "label") { Self.command("invite", ["label": Self.text($0)]) },
            Bound(\.nameBytesMax, .invalidMember, "rooms") { bytes in
                Self.command(
                    "open-breakouts",
                    ["rooms": .object(JSONObject([(String(repeating: "x", count: bytes), [:])]))]
                )
            },
            Bound(\.aliasBytesMax, .invalidAlias, "room") { Self.join("room", Self.text($0)) },
            Bound(\.pulseKindBytesMax, .invalidKind, "kind") { Self.command("pulse", ["kind": Self.text($0)]) },
            Bound(\.pinBytesMax, .wrongPIN, "pin") { Self.join("pin", Self.text($0)) },
            Bound(\.assertionBytesMax, .invalidMember, "assertion") { Self.join("assertion", Self.text($0)) },
            Bound(\.chatTextBytesMax, .tooLong, "text") { Self.command("chat", ["cid": "1", "text": Self.text($0)]) },
            Bound(\.chatNameBytesMax, .invalidMember, "cid") {
                Self.command("chat", ["cid": Self.text($0), "text": "x"])
            },
            Bound(\.rosterPageMax, .invalidMember, "max") { Self.command("roster", ["max": Self.number($0)]) },
            Bound(\.attributeKeyBytesMax, .invalidMember, "key") {
                Self.command("set-attribute", ["key": Self.text($0), "value": 1])
            },
            // The quotation marks count.
            Bound(\.attributeValueBytesMax, .tooLong, "value") {
                Self.command("set-attribute", ["key": "x", "value": Self.text($0 - 2)])
            },
        ]
    }

    private static var settings: [Bound] {
        [
            Bound(\.topicBytesMax, .invalidSettings, "topic") { Self.settings("topic", Self.text($0)) },
            Bound(\.pinBytesMax, .invalidSettings, "pin") { Self.settings("pin", Self.text($0)) },
            Bound(\.meetingMillisecondsMax, .invalidSettings, "estimatedMilliseconds") {
                Self.settings("estimatedMilliseconds", Self.number($0))
            },
            Bound(\.meetingMillisecondsMax, .invalidSettings, "maximumMilliseconds") {
                Self.settings("maximumMilliseconds", Self.number($0))
            },
            Bound(\.emptyMillisecondsMax, .invalidSettings, "emptyMilliseconds") {
                Self.settings("emptyMilliseconds", Self.number($0))
            },
            Bound(\.participantsPerRoomMax, .invalidSettings, "capacity") {
                Self.settings("capacity", Self.number($0))
            },
            Bound(\.stageMax, .invalidSettings, "stageMax") { Self.settings("stageMax", Self.number($0)) },
            Bound(\.autoAdmitDomainsMax, .invalidSettings, "autoAdmit") { count in
                Self.settings("autoAdmit", ["domains": Self.set(count) { "x\($0).example" }])
            },
            Bound(\.codecsPerRuleMax, .invalidSettings, "videoCodecs") { count in
                Self.rules("videoCodecs", .object(JSONObject((0..<count).map { ("x\($0)", 1) })))
            },
            Bound(\.codecsPerRuleMax, .invalidSettings, "audioCodecs") {
                Self.rules("audioCodecs", ["opus": Self.number($0)])
            },
            Bound(\.codecNameBytesMax, .invalidSettings, "videoCodecs") { bytes in
                Self.rules("videoCodecs", .object(JSONObject([(String(repeating: "x", count: bytes), 1)])))
            },
            Bound(\.pictureLinesMax, .invalidSettings, "heightMax") { Self.rules("heightMax", Self.number($0)) },
            Bound(\.framesPerSecondMax, .invalidSettings, "frameRateMax") {
                Self.rules("frameRateMax", Self.number($0))
            },
        ]
    }

    private static var meeting: [Bound] {
        [
            Bound(\.exceptionsMax, .tooMany, "except") { Self.command("mute-all", ["except": Self.set($0)]) },
            Bound(\.consentAskedMax, .tooMany, "participants") {
                Self.command("ask-unmute", ["participants": Self.set($0)])
            },
            Bound(\.consentAskedMax, .tooMany, "participants") { Self.consent(["participants": Self.set($0)]) },
            Bound(\.consentKindBytesMax, .invalidMember, "kind") { Self.consent(["kind": Self.text($0)]) },
            Bound(\.consentQuestionBytesMax, .invalidMember, "question") { Self.consent(["question": Self.text($0)]) },
            Bound(\.consentMillisecondsMax, .invalidMember, "deadlineMilliseconds") {
                Self.consent(["deadlineMilliseconds": Self.number($0)])
            },
            Bound(\.consentMillisecondsMax, .invalidMember, "deadlineMilliseconds") {
                Self.command("start-recording", ["deadlineMilliseconds": Self.number($0)])
            },
            Bound(\.floorNameBytesMax, .invalidMember, "floor") { Self.floor(["floor": Self.text($0)]) },
            Bound(\.floorCapacityMax, .invalidMember, "capacity") { Self.floor(["capacity": Self.number($0)]) },
            Bound(\.floorLeaseMillisecondsMax, .invalidMember, "leaseMilliseconds") {
                Self.floor(["leaseMilliseconds": Self.number($0)])
            },
            Bound(\.waitingMax, .tooMany, "participants") { Self.command("admit", ["participants": Self.set($0)]) },
            Bound(\.waitingMax, .tooMany, "participants") {
                Self.command("notice", ["text": "Soon", "participants": Self.set($0)])
            },
            Bound(\.noticeBytesMax, .tooLong, "text") { Self.command("notice", ["text": Self.text($0)]) },
            Bound(\.banMillisecondsMax, .invalidMember, "banMilliseconds") {
                Self.command("remove", ["participant": Self.person, "banMilliseconds": Self.number($0)])
            },
            Bound(\.invitationUsesMax, .invalidMember, "usesMax") {
                Self.command("invite", ["usesMax": Self.number($0)])
            },
            Bound(\.breakoutsMax, .tooMany, "rooms") { count in
                let rooms = (0..<count).map { ("Room \($0)", JSONValue.object([:])) }
                return Self.command("open-breakouts", ["rooms": .object(JSONObject(rooms))])
            },
            Bound(\.breakoutPeopleMax, .tooMany, "people") {
                Self.command("open-breakouts", ["rooms": ["Tea": ["people": Self.set($0)]]])
            },
            Bound(\.breakoutMillisecondsMax, .invalidMember, "durationMilliseconds") {
                Self.command("open-breakouts", ["rooms": ["Tea": [:]], "durationMilliseconds": Self.number($0)])
            },
        ]
    }

    private static func wish(_ name: String, _ value: JSONValue) -> JSONValue {
        Self.join("queue", .object(JSONObject([(name, value)])))
    }

    private static func queue(_ name: String, _ value: JSONValue) -> JSONValue {
        Self.settings("queue", .object(JSONObject([(name, value)])))
    }

    private static func skills(_ count: Int, bytes: Int = 2) -> JSONValue {
        Self.set(count) { String(repeating: "x", count: bytes - 2) + String($0 + 10) }
    }

    private static var queues: [Bound] {
        [
            Bound(\.queueSkillsMax, .invalidMember, "skills") { Self.wish("skills", Self.skills($0)) },
            Bound(\.skillBytesMax, .invalidMember, "skills") { Self.wish("skills", Self.skills(1, bytes: $0)) },
            Bound(\.queueKeyBytesMax, .invalidMember, "key") { Self.wish("key", Self.text($0)) },
            Bound(\.queuePriorityMax, .invalidMember, "priority") { Self.wish("priority", Self.number($0)) },
            Bound(\.queueSkillsMax, .invalidMember, "skills") {
                Self.command("agent", ["available": true, "skills": Self.skills($0)])
            },
            Bound(\.skillBytesMax, .invalidMember, "skill") { Self.command("take", ["skill": Self.text($0)]) },
            Bound(\.queueMatchMax, .invalidSettings, "size") { Self.queue("size", Self.number($0)) },
            Bound(\.queueWaitingMax, .invalidSettings, "waitingMax") { Self.queue("waitingMax", Self.number($0)) },
            Bound(\.offerMillisecondsMax, .invalidSettings, "offerMilliseconds") {
                Self.queue("offerMilliseconds", Self.number($0))
            },
            Bound(\.codeMillisecondsMax, .invalidSettings, "codeMilliseconds") {
                Self.queue("codeMilliseconds", Self.number($0))
            },
            Bound(\.arriveMillisecondsMax, .invalidSettings, "arriveMilliseconds") {
                Self.queue("arriveMilliseconds", Self.number($0))
            },
        ]
    }

    /// An object of so many bytes.
    private static func opaque(_ bytes: Int) -> JSONValue { ["sdp": Self.text(bytes - #"{"sdp":""}"#.utf8.count)] }

    private static func ring(_ name: String, _ value: JSONValue) -> JSONValue {
        Self.command("ring", (["to": ["bob": true]] as JSONObject).merging([name: value]))
    }

    private static var calls: [Bound] {
        [
            Bound(\.ringPeopleMax, .tooMany, "to") { Self.ring("to", Self.set($0) { "user-\($0)" }) },
            Bound(\.ringPeopleMax, .tooMany, "to") { Self.join("call", ["to": Self.set($0) { "user-\($0)" }]) },
            Bound(\.ringMillisecondsMax, .invalidMember, "ringMilliseconds") {
                Self.ring("ringMilliseconds", Self.number($0))
            },
            Bound(\.offerBytesMax, .tooLong, "offer") { Self.ring("offer", Self.opaque($0)) },
            Bound(\.offerBytesMax, .tooLong, "answer") { Self.join("answer", Self.opaque($0)) },
            Bound(\.callDataBytesMax, .tooLong, "data") { Self.ring("data", Self.opaque($0)) },
            Bound(\.userBytesMax, .invalidMember, "to") { Self.command("transfer-call", ["to": Self.text($0)]) },
            Bound(\.userBytesMax, .invalidMember, "person") {
                Self.command("block", ["person": Self.text($0), "blocked": true])
            },
            Bound(\.aliasBytesMax, .invalidMember, "user") { ["type": "hello", "protocol": 1, "user": Self.text($0)] },
            Bound(\.statusNoteBytesMax, .tooLong, "note") { Self.command("availability", ["note": Self.text($0)]) },
            Bound(\.declineMessageBytesMax, .tooLong, "message") {
                Self.command("decline", ["call": Self.room, "message": Self.text($0)])
            },
            Bound(\.watchedMax, .tooMany, "people") { Self.command("watch", ["people": Self.set($0)]) },
        ]
    }

    private static var devices: [Bound] {
        [
            Bound(\.codecsPerDirectionMax, .invalidMember, "codecs") { count in
                Self.direction(["codecs": .array(Array(repeating: ["codec": "VP8"], count: count))])
            },
            Bound(\.codecNameBytesMax, .invalidMember, "codec") { Self.codec("codec", Self.text($0)) },
            Bound(\.codecNameBytesMax, .invalidMember, "profile") { Self.codec("profile", Self.text($0)) },
            Bound(\.formatParametersBytesMax, .invalidMember, "fmtp") { Self.codec("fmtp", Self.text($0)) },
            Bound(\.pictureLinesMax, .invalidMember, "height") { Self.direction(["height": Self.number($0)]) },
            Bound(\.framesPerSecondMax, .invalidMember, "frameRate") { Self.direction(["frameRate": Self.number($0)]) },
        ]
    }

    private func refusal(_ message: JSONValue, _ limits: Limits = Limits()) -> Rejection? {
        do throws(Rejection) {
            _ = try ClientMessage.decode(message, limits: limits)
            return nil
        } catch {
            return error
        }
    }

    @Test func `at the bound it is taken, one beyond it is refused by name`() {
        for bound in Self.names + Self.settings + Self.meeting + Self.queues + Self.devices + Self.calls {
            var limits = Limits()
            let max = limits[keyPath: bound.limit]
            let what: Comment = "\(bound.limit): \(bound.member)"
            #expect(self.refusal(bound.message(max)) == nil, what)
            let refusal = self.refusal(bound.message(max + 1))
            #expect(refusal?.code == bound.code, what)
            #expect(refusal?.member == bound.member, what)
            // No number is written down twice.
            limits[keyPath: bound.limit] = max - 1
            #expect(self.refusal(bound.message(max - 1), limits) == nil, what)
            #expect(self.refusal(bound.message(max), limits)?.code == bound.code, what)
        }
    }

    @Test func `what is too short`() {
        let limits = Limits()
        for (least, member, message) in [
            (
                limits.floorLeaseMillisecondsMin, "leaseMilliseconds",
                { Self.floor(["leaseMilliseconds": Self.number($0)]) }
            ),
            (
                limits.consentMillisecondsMin, "deadlineMilliseconds",
                { Self.consent(["deadlineMilliseconds": Self.number($0)]) }
            ),
            (limits.ringMillisecondsMin, "ringMilliseconds", { Self.ring("ringMilliseconds", Self.number($0)) }),
        ] as [(Int, String, (Int) -> JSONValue)] {
            #expect(self.refusal(message(least)) == nil)
            #expect(self.refusal(message(least - 1))?.member == member)
        }
    }

    @Test func `no instant beyond the last`() {
        let last = Limits().instantMillisecondsMax
        let messages: [(JSONValue) -> JSONValue] = [
            { Self.settings("startsAt", $0) }, { Self.command("invite", ["expiresAt": $0]) },
        ]
        for message in messages {
            #expect(self.refusal(message(.integer(last))) == nil)
            #expect(self.refusal(message(.integer(last + 1))) != nil)
        }
    }

    @Test func `an array is deep, and one more level is malformed`() throws {
        let depth = Limits().depthMax
        for (levels, code) in [(depth - 1, nil), (depth, .malformed)] as [(Int, RejectionCode?)] {
            let data = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
            let frame = #"{"type":"signal","to":"\#(Self.id(1))","n":1,"floor":1,"data":\#(data)}"#
            #expect(rejection(frame)?.code == code)
            #expect(self.refusal(from: frame) == code)
        }
    }

    /// By the decoder, which reads what the scanner has let pass.
    private func refusal(from frame: String) -> RejectionCode? {
        Array(frame.utf8).withUnsafeBytes { bytes in
            do throws(Rejection) {
                _ = try ClientMessage.decode(frame: bytes)
                return nil
            } catch {
                return error.code
            }
        }
    }

    // MARK: What is not refused

    @Test func `the client's name and version are cut`() throws {
        let limits = Limits()
        let text = Self.text(limits.clientNameBytesMax + 1)
        let message: JSONValue = ["type": "hello", "protocol": 1, "client": ["name": text, "version": text]]
        guard case .hello(let hello) = try ClientMessage.decode(message) else { throw VectorFault("no hello") }
        #expect(hello.clientName?.utf8.count == limits.clientNameBytesMax)
        #expect(hello.clientVersion?.utf8.count == limits.clientNameBytesMax)
    }

    @Test(arguments: [1, 100, 101, nil])
    func `a page of the chat is never longer than it may be`(_ count: Int?) throws {
        let max = Limits().chatPageMax
        let message = Self.command("chat-history", count.map { ["limit": Self.number($0)] } ?? [:])
        guard case .chatHistory(let request) = try ClientMessage.decode(message) else {
            throw VectorFault("no request")
        }
        #expect(request.limit == min(count ?? max, max))
    }

    @Test func `a question without a deadline has the usual one`() throws {
        let usual = Limits().consentMillisecondsDefault
        guard case .meeting(let asked) = try ClientMessage.decode(Self.consent([:])),
            case .consent(.ask(let request)) = asked.action,
            case .meeting(let recorded) = try ClientMessage.decode(Self.command("start-recording", [:])),
            case .recording(.start(let deadline)) = recorded.action
        else { throw VectorFault("no question") }
        #expect(request.deadlineMilliseconds == usual)
        #expect(deadline == usual)
    }
}

extension JSONObject {
    fileprivate init(_ members: [(String, JSONValue)]) {
        self.init()
        for (name, value) in members { self[name] = value }
    }

    fileprivate func merging(_ members: JSONObject) -> JSONObject {
        var merged = self
        for (name, value) in members.members { merged[name] = value }
        return merged
    }
}
