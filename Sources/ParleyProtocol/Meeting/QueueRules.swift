/// How a queue takes people out: the setting `queue` of a room of that kind.
public struct QueueRules: Hashable, Sendable {
    public var rule = Rule.serve
    /// How many are put together, where the rule is ``Rule/match``.
    public var size = 2
    /// How long an agent is asked whether they take the next one; `nil`: nobody is asked, they take by themselves.
    public var offerMilliseconds: Int?
    public var unserved = Unserved.wait
    public var codes = CodeForm.digits
    /// How long a code is good; whoever waits with it has left then.
    public var codeMilliseconds = 300_000
    /// How long whoever was taken has to come to the room; `nil`: as long as usual.
    public var arriveMilliseconds: Int?
    /// How many may wait; `nil`: as many as may in any queue.
    public var waitingMax: Int?

    public enum Rule: String, CaseIterable, Hashable, Sendable {
        /// Agents take the next one.
        case serve
        /// So many with the same key are put together.
        case match
        /// The first gets a code, and whoever enters it is put together with them.
        case pair
    }

    /// What becomes of those who come while no agent is on duty.
    public enum Unserved: String, CaseIterable, Hashable, Sendable {
        case wait
        case refuse
    }

    public enum CodeForm: String, CaseIterable, Hashable, Sendable {
        /// Six.
        case digits
        /// Eight, none of which looks like another or is a vowel.
        case letters
    }

    public init() {}
}

// MARK: - JSON

extension QueueRules {
    /// What differs from the usual, in a fixed order; an empty object if nothing does.
    public var json: JSONValue {
        let usual = QueueRules()
        var object = JSONObject()
        if self.rule != usual.rule { object.append("rule", .string(self.rule.rawValue)) }
        if self.size != usual.size { object.append("size", .integer(Int64(self.size))) }
        if let offerMilliseconds { object.append("offerMilliseconds", .integer(Int64(offerMilliseconds))) }
        if self.unserved != usual.unserved { object.append("unserved", .string(self.unserved.rawValue)) }
        if self.codes != usual.codes { object.append("codes", .string(self.codes.rawValue)) }
        if self.codeMilliseconds != usual.codeMilliseconds {
            object.append("codeMilliseconds", .integer(Int64(self.codeMilliseconds)))
        }
        if let arriveMilliseconds { object.append("arriveMilliseconds", .integer(Int64(arriveMilliseconds))) }
        if let waitingMax { object.append("waitingMax", .integer(Int64(waitingMax))) }
        return .object(object)
    }

    /// Reads ``json``. What it does not know it ignores: another version may have written it.
    public init(json: JSONValue) {
        self.init()
        self.apply(json)
    }

    /// What is named becomes different; `null` is the usual.
    public mutating func apply(_ changes: JSONValue) {
        let usual = QueueRules()
        for (name, value) in changes.object?.members ?? JSONObject().members {
            let integer = value.integer.map { Int($0) }
            switch name {
            case "rule": self.rule = value.string.flatMap { Rule(rawValue: $0) } ?? usual.rule
            case "size": self.size = integer ?? usual.size
            case "offerMilliseconds": self.offerMilliseconds = integer
            case "unserved": self.unserved = value.string.flatMap { Unserved(rawValue: $0) } ?? usual.unserved
            case "codes": self.codes = value.string.flatMap { CodeForm(rawValue: $0) } ?? usual.codes
            case "codeMilliseconds": self.codeMilliseconds = integer ?? usual.codeMilliseconds
            case "arriveMilliseconds": self.arriveMilliseconds = integer
            case "waitingMax": self.waitingMax = integer
            default: break
            }
        }
    }
}
