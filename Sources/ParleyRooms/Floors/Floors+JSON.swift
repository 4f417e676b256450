public import ParleyProtocol

// Floors as everybody sees them, which is also how a snapshot keeps them: nothing of them is hidden.

extension Floors {
    /// `nil` if there is nothing to see.
    public var json: JSONValue? {
        guard !self.floors.isEmpty else { return nil }
        var object = JSONObject()
        for name in self.names { object.append(name.text, self.floors[name]?.json ?? [:]) }
        return .object(object)
    }

    /// Reads ``json``.
    package init(json: JSONValue?) throws(RoomFormatError) {
        guard let json else { return }
        guard let object = json.object else { throw .member("floors") }
        for (text, value) in object.members {
            guard let name = FloorName(text, bytesMax: .max) else { throw .member("floors") }
            self.floors[name] = try Floor(try FieldReader(value, "floors"))
        }
    }
}

extension Floor {
    public var json: JSONValue {
        var object = self.rule.members
        var holders = JSONObject()
        for participant in self.holdersInOrder {
            holders.append(participant.description, self.holders[participant]?.json ?? [:])
        }
        var queue = JSONObject()
        for participant in self.queueInOrder {
            queue.append(participant.description, .integer(Int64(clamping: self.queue[participant] ?? 0)))
        }
        // Both are there from the beginning, so that nobody has to ask for them.
        object.append("holders", .object(holders))
        object.append("queue", .object(queue))
        return .object(object)
    }

    init(_ reader: FieldReader) throws(RoomFormatError) {
        guard let rule = try FloorRule(reader) else { throw .member("capacity") }
        self.init(rule: rule)
        self.holders = try reader.participants("holders") { value throws(RoomFormatError) in
            try Holding(try FieldReader(value, "holders"))
        }
        self.queue = try reader.participants("queue") { value throws(RoomFormatError) in
            guard let order = value.integer.flatMap({ UInt64(exactly: $0) }) else { throw .member("queue") }
            return order
        }
    }
}

extension Floor.Holding {
    fileprivate var json: JSONValue {
        var object: JSONObject = [
            "since": .integer(self.since.milliseconds), "order": .integer(Int64(clamping: self.order)),
        ]
        if let endsAt = self.endsAt { object.append("endsAt", .integer(endsAt.milliseconds)) }
        if let of = self.of { object.append("of", .string(of.description)) }
        return .object(object)
    }

    fileprivate init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init(
            since: try reader.instant("since"),
            order: try reader.number("order"),
            endsAt: reader.has("endsAt") ? try reader.instant("endsAt") : nil,
            of: reader.has("of") ? try reader.identifier("of") : nil
        )
    }
}
