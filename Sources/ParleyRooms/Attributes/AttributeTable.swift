import ParleyProtocol

/// The attributes of a room, or of one person.
struct AttributeTable: Hashable, Sendable {
    struct Attribute: Hashable, Sendable {
        var value: AttributeValue
        /// 1 for a key that was not there, one more with each value.
        var version: UInt64
        /// A token has brought it: others may believe it, for nobody in the room can change it.
        var isGranted = false
    }

    private(set) var attributes: [AttributeKey: Attribute] = [:]

    init() {}

    init(granted attributes: [AttributeKey: AttributeValue]) {
        // Of an empty one `mapValues` makes a table with room for some.
        guard !attributes.isEmpty else { return }
        self.attributes = attributes.mapValues { Attribute(value: $0, version: 1, isGranted: true) }
    }

    var isEmpty: Bool { self.attributes.isEmpty }

    subscript(key: AttributeKey) -> Attribute? { self.attributes[key] }

    /// How many bytes there would be if that key had that value.
    func bytes(setting key: AttributeKey, _ value: AttributeValue) -> Int {
        var bytes = Self.bytes(key, value)
        for (other, attribute) in self.attributes where other != key { bytes += Self.bytes(other, attribute.value) }
        return bytes
    }

    private static func bytes(_ key: AttributeKey, _ value: AttributeValue) -> Int {
        key.text.utf8.count + value.json.encoded.count
    }

    mutating func set(_ key: AttributeKey, _ value: AttributeValue?) {
        guard let value else {
            self.attributes[key] = nil
            return
        }
        let version = (self.attributes[key]?.version ?? 0) + 1
        self.attributes[key] = Attribute(value: value, version: version)
    }
}

extension AttributeTable.Attribute {
    var json: JSONValue {
        var object: JSONObject = ["value": self.value.json, "version": .integer(Int64(clamping: self.version))]
        if self.isGranted { object.append(StatePath.granted, true) }
        return .object(object)
    }
}

extension AttributeTable {
    /// By key. Absent where there are none.
    var json: JSONValue? {
        guard !self.isEmpty else { return nil }
        var object = JSONObject()
        for (key, attribute) in self.attributes.sorted(by: { $0.key < $1.key }) {
            object.append(key.text, attribute.json)
        }
        return .object(object)
    }

    /// Reads ``json``; however long, for limits are for what comes in.
    init(json: JSONValue) throws(RoomFormatError) {
        guard let object = json.object else { throw .member(StatePath.attributes) }
        for (text, value) in object.members {
            let reader = try FieldReader(value, StatePath.attributes)
            guard let key = AttributeKey(text, bytesMax: .max), let value = AttributeValue(try reader.value("value"))
            else { throw .member(StatePath.attributes) }
            self.attributes[key] = Attribute(
                value: value,
                version: try reader.number("version"),
                isGranted: reader.has(StatePath.granted)
            )
        }
    }
}

extension FieldReader {
    /// None, if none are named.
    var attributes: AttributeTable {
        get throws(RoomFormatError) {
            guard self.has(StatePath.attributes) else { return AttributeTable() }
            return try AttributeTable(json: try self.value(StatePath.attributes))
        }
    }
}
