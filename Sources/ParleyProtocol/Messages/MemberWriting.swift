/// The members of a message, in the order in which they are written.
extension [UInt8] {
    /// `{"type":"…"`: each message begins with it.
    mutating func open(type: StaticString) {
        self.write("{\"type\":\"")
        self.write(type)
        self.append(ASCII.quote)
    }

    mutating func close() {
        self.append(ASCII.closeBrace)
    }

    private mutating func name(_ name: StaticString) {
        self.write(",\"")
        self.write(name)
        self.write("\":")
    }

    mutating func member(_ name: StaticString, integer value: some FixedWidthInteger) {
        self.name(name)
        self.write(integer: value)
    }

    /// Absent members are not written.
    mutating func member(_ name: StaticString, count value: UInt64?) {
        if let value { self.member(name, integer: value) }
    }

    mutating func member(_ name: StaticString, text value: String?) {
        guard let value else { return }
        self.name(name)
        self.write(string: value)
    }

    mutating func member(_ name: StaticString, flag value: Bool?) {
        guard let value else { return }
        self.name(name)
        self.write(value ? "true" : "false")
    }

    mutating func member(_ name: StaticString, id value: Identifier<some IdentifierKind>) {
        self.name(name)
        self.write(value)
    }

    mutating func member(_ name: StaticString, json value: JSONValue?) {
        guard let value else { return }
        self.name(name)
        value.encode(into: &self)
    }

    mutating func member(_ name: StaticString, array elements: [JSONValue]) {
        self.name(name)
        JSONValue.array(elements).encode(into: &self)
    }

    mutating func member(_ name: StaticString, texts: [String]) {
        self.name(name)
        self.append(ASCII.openBracket)
        for index in texts.indices {
            if index > 0 { self.append(ASCII.comma) }
            self.write(string: texts[index])
        }
        self.append(ASCII.closeBracket)
    }

    /// `[generation, sequence, "uid"]`, the uid as sixteen hexadecimal digits.
    mutating func member(_ name: StaticString, position: Position) {
        self.name(name)
        self.write(position: position)
    }

    private mutating func write(position: Position) {
        self.append(ASCII.openBracket)
        self.write(integer: position.generation)
        self.append(ASCII.comma)
        self.write(integer: position.sequence)
        self.write(",\"")
        for shift in stride(from: UInt64(60), through: 0, by: -4) {
            self.append(ASCII.hexadecimalDigit(UInt8(truncatingIfNeeded: position.uid >> shift)))
        }
        self.write("\"]")
    }

    /// An object with positions by room, `null` for none.
    mutating func member(_ name: StaticString, held rooms: [Hello.Resume.HeldRoom]) {
        self.name(name)
        self.append(ASCII.openBrace)
        for index in rooms.indices {
            if index > 0 { self.append(ASCII.comma) }
            self.write(rooms[index].room)
            self.append(ASCII.colon)
            if let position = rooms[index].at { self.write(position: position) } else { self.write("null") }
        }
        self.append(ASCII.closeBrace)
    }

    /// An object with what a beat says, by room.
    mutating func member(_ name: StaticString, rooms: [ServerBeat.Room]) {
        self.name(name)
        self.append(ASCII.openBrace)
        for index in rooms.indices {
            if index > 0 { self.append(ASCII.comma) }
            self.write(rooms[index].room)
            self.append(ASCII.colon)
            let start = self.count
            rooms[index].encodeMembers(into: &self)
            if self.count == start { self.append(ASCII.openBrace) } else { self[start] = ASCII.openBrace }
            self.append(ASCII.closeBrace)
        }
        self.append(ASCII.closeBrace)
    }

    /// An object with numbers by participant.
    mutating func member(_ name: StaticString, watermarks: [Watermark]) {
        self.name(name)
        self.append(ASCII.openBrace)
        for index in watermarks.indices {
            if index > 0 { self.append(ASCII.comma) }
            self.write(watermarks[index].participant)
            self.append(ASCII.colon)
            self.write(integer: watermarks[index].n)
        }
        self.append(ASCII.closeBrace)
    }

    /// An object of its own, begun by a member that has no comma in front.
    mutating func member(_ name: StaticString, object members: (inout [UInt8]) -> Void) {
        self.name(name)
        let start = self.count
        members(&self)
        // The first member wrote its comma here: it becomes the brace.
        if self.count == start { self.append(ASCII.openBrace) } else { self[start] = ASCII.openBrace }
        self.append(ASCII.closeBrace)
    }

    /// What signals have after `to` or `from`.
    mutating func members(
        n: UInt64,
        floor: UInt64?,
        negotiation: UInt64?,
        payload: SignalPayload
    ) {
        self.member("n", integer: n)
        self.member("floor", count: floor)
        self.member("negotiation", count: negotiation)
        switch payload {
        case .offer(let sdp), .answer(let sdp): self.member("sdp", text: sdp)
        case .iceCandidate(let candidate): self.member("candidate", json: candidate)
        case .hangup(let reason): self.member("reason", text: reason)
        case .iceRestart: break
        case .signal(let data): self.member("data", json: data)
        }
    }
}
