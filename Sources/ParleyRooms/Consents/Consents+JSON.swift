public import ParleyProtocol

// Questions as everybody sees them.

extension Consents {
    /// `nil` if there is nothing to see.
    public var json: JSONValue? {
        guard !self.rounds.isEmpty else { return nil }
        var object = JSONObject()
        for number in self.numbers { object.append("\(number)", self.rounds[number]?.json ?? [:]) }
        return .object(object)
    }

    /// What the log's readers need besides.
    package var snapshot: JSONValue {
        ["last": .integer(Int64(clamping: self.last)), "open": self.json ?? [:]]
    }

    package init(snapshot: JSONValue) throws(RoomFormatError) {
        let reader = try FieldReader(snapshot, "consents")
        self.last = try reader.number("last")
        guard let open = try reader.value("open").object else { throw .member("open") }
        for (text, value) in open.members {
            guard let number = UInt64(text), number <= self.last else { throw .member("open") }
            self.rounds[number] = try ConsentRound(try FieldReader(value, "open"))
        }
    }
}

extension ConsentRound {
    public var json: JSONValue {
        var object: JSONObject = ["kind": .string(self.kind), "by": .string(self.by.description)]
        object.append("since", .integer(self.since.milliseconds))
        object.append("deadline", .integer(self.deadline.milliseconds))
        object.append("rule", .string(self.rule.rawValue))
        if let question = self.question { object.append("question", .string(question)) }
        var asked = JSONObject()
        var answers = JSONObject()
        for participant in self.asked.sorted() {
            asked.append(participant.description, true)
            if let answer = self.answers[participant] { answers.append(participant.description, .bool(answer)) }
        }
        object.append("asked", .object(asked))
        object.append("answers", .object(answers))
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(
            kind: try reader.string("kind"),
            by: try reader.identifier("by"),
            since: try reader.instant("since"),
            deadline: try reader.instant("deadline"),
            rule: try reader.word("rule"),
            question: reader.has("question") ? try reader.string("question") : nil,
            asked: Set(try reader.participants("asked") { _ in }.keys)
        )
        self.answers = try reader.participants("answers") { value throws(RoomFormatError) in
            guard let answer = value.bool else { throw .member("answers") }
            return answer
        }
    }
}
