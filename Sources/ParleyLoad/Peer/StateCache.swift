package import ParleyProtocol

/// The newest states that snapshots of a room have told, by their bytes. Of thousands who come to a large room most are
/// told the same one, and to read it is most of what a client of a load costs.
package struct StateCache {
    private struct State {
        let bytes: [UInt8]
        let value: JSONValue
        let hash: StateHash
    }

    private static let statesMax = 8
    private static let name = Array(",\"state\":".utf8)
    private var states: [State] = []
    private var next = 0

    package init() {}

    /// - Returns: the message and the hash of its state, as if all of it had been read; `nil`: it is none that can be
    ///   read.
    package mutating func snapshot(_ text: UnsafeRawBufferPointer) -> (Snapshot, StateHash)? {
        guard let start = Self.start(in: text) else { return nil }
        let rest = text[start...]
        // A text that ends with its last bracket is not the beginning of another one.
        guard let known = self.states.first(where: { rest.starts(with: $0.bytes) }) else {
            return self.read(text, from: start)
        }
        var short = Array(text[..<start])
        short.append(contentsOf: "{}".utf8)
        short.append(contentsOf: rest.dropFirst(known.bytes.count))
        guard var snapshot = short.withUnsafeBytes({ Self.decode($0) }) else { return nil }
        snapshot.state = known.value
        return (snapshot, known.hash)
    }

    private mutating func read(_ text: UnsafeRawBufferPointer, from start: Int) -> (Snapshot, StateHash)? {
        guard let snapshot = Self.decode(text) else { return nil }
        let hash = StateHash(of: snapshot.state)
        guard let end = Self.end(of: text, from: start) else { return (snapshot, hash) }
        let state = State(bytes: Array(text[start..<end]), value: snapshot.state, hash: hash)
        if self.states.count < Self.statesMax {
            self.states.append(state)
        } else {
            self.states[self.next] = state
            self.next = (self.next + 1) % Self.statesMax
        }
        return (snapshot, hash)
    }

    private static func decode(_ text: UnsafeRawBufferPointer) -> Snapshot? {
        guard let value = try? JSONParser.parse(text),
            case .snapshot(let snapshot)? = try? ServerMessage.decode(value)
        else { return nil }
        return snapshot
    }

    private static func start(in text: UnsafeRawBufferPointer) -> Int? {
        let last = text.count - Self.name.count
        var index = 0
        while index < last {
            if text[index] == Self.name[0], text[index + 2] == Self.name[2], text[index...].starts(with: Self.name) {
                return index + Self.name.count
            }
            index += 1
        }
        return nil
    }

    /// Behind the bracket that belongs to the one at `start`.
    private static func end(of text: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var (depth, isString, index) = (0, false, start)
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\\") where isString: index += 1
            case UInt8(ascii: "\""): isString.toggle()
            case UInt8(ascii: "{") where !isString: depth += 1
            case UInt8(ascii: "}") where !isString:
                depth -= 1
                if depth == 0 { return index + 1 }
            default: break
            }
            index += 1
        }
        return nil
    }
}
