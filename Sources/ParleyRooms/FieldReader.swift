import ParleyProtocol

/// Reads the members of one JSON object that Parley itself has written.
struct FieldReader {
    private let object: JSONObject

    init(_ value: JSONValue, _ name: String) throws(RoomFormatError) {
        guard let object = value.object else { throw .member(name) }
        self.object = object
    }

    func has(_ name: String) -> Bool { self.object[name] != nil }

    func valueIfPresent(_ name: String) -> JSONValue? { self.object[name] }

    func value(_ name: String) throws(RoomFormatError) -> JSONValue {
        guard let value = self.object[name] else { throw .member(name) }
        return value
    }

    func string(_ name: String) throws(RoomFormatError) -> String {
        guard let string = self.object[name]?.string else { throw .member(name) }
        return string
    }

    /// `nil` only if the member is absent. However long: limits are for what comes in, and may change.
    func alias(_ name: String) throws(RoomFormatError) -> RoomAlias? {
        guard self.has(name) else { return nil }
        guard let alias = RoomAlias(try self.string(name), bytesMax: .max) else { throw .member(name) }
        return alias
    }

    /// `nil` only if the member is absent.
    func name(_ name: String) throws(RoomFormatError) -> DisplayName? {
        guard self.has(name) else { return nil }
        guard let text = try? DisplayName(try self.string(name), bytesMax: .max) else { throw .member(name) }
        return text
    }

    func bool(_ name: String) throws(RoomFormatError) -> Bool {
        guard let bool = self.object[name]?.bool else { throw .member(name) }
        return bool
    }

    func boolIfPresent(_ name: String) throws(RoomFormatError) -> Bool? {
        self.has(name) ? try self.bool(name) : nil
    }

    func digest(_ name: String) throws(RoomFormatError) -> Digest {
        guard let digest = Digest(try self.string(name)) else { throw .member(name) }
        return digest
    }

    /// Absent is none.
    var permissions: PermissionChange {
        self.valueIfPresent(StatePath.permissions).map { PermissionChange(json: $0) } ?? PermissionChange()
    }

    func instant(_ name: String) throws(RoomFormatError) -> Instant {
        guard let integer = self.object[name]?.integer else { throw .member(name) }
        return Instant(milliseconds: integer)
    }

    /// An integer that is not negative.
    func number(_ name: String) throws(RoomFormatError) -> UInt64 {
        guard let integer = self.object[name]?.integer, let number = UInt64(exactly: integer) else {
            throw .member(name)
        }
        return number
    }

    func identifier<Kind>(_ name: String) throws(RoomFormatError) -> Identifier<Kind> {
        guard let id = Identifier<Kind>(try self.string(name)) else { throw .member(name) }
        return id
    }

    func word<Word: RawRepresentable<String>>(_ name: String) throws(RoomFormatError) -> Word {
        guard let word = Word(rawValue: try self.string(name)) else { throw .member(name) }
        return word
    }

    /// The usual ones, if none are named.
    var roles: RoleTable { self.object[StatePath.roles].map { RoleTable(json: $0) } ?? RoleTable() }

    /// The usual ones, if none are named.
    var parameters: RoomParameters {
        self.object[StatePath.parameters].map { RoomParameters(json: $0) } ?? RoomParameters()
    }

    func array(_ name: String) throws(RoomFormatError) -> [JSONValue] {
        guard let array = self.object[name]?.array else { throw .member(name) }
        return array
    }

    func refusals(_ name: String) throws(RoomFormatError) -> [RefusedCommands.Refusal] {
        var refusals: [RefusedCommands.Refusal] = []
        for value in try self.array(name) {
            guard let pair = value.array, pair.count == 2,
                let number = pair[0].integer.flatMap({ UInt64(exactly: $0) }),
                let code = pair[1].string.flatMap({ RejectionCode(rawValue: $0) })
            else { throw .member(name) }
            refusals.append(RefusedCommands.Refusal(number: number, code: code))
        }
        return refusals
    }

    func abilities(_ name: String) throws(RoomFormatError) -> Abilities {
        let reader = try FieldReader(try self.value(name), name)
        return Abilities(
            rollback: try reader.bool("rollback"),
            trickle: try reader.bool("trickle"),
            restart: try reader.bool("restart")
        )
    }
}

extension [RefusedCommands.Refusal] {
    var json: JSONValue {
        .array(self.map { .array([.integer(Int64(clamping: $0.number)), .string($0.code.rawValue)]) })
    }
}
