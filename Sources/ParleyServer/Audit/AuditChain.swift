package import Crypto
import FoundationEssentials
package import ParleyProtocol

/// Lines that hold on to each other: each has the hash of the one before it, and a hash over its own bytes.
///
/// A value without I/O. What a line looks like:
///
/// ```
/// {"number":7,"time":"2026-11-30T07:21:44.123Z", … ,"previous":"<64 digits>","hash":"<64 digits>"}
///  \____________________ the hash is over exactly these bytes ____________/
/// ```
///
/// With a key the hash is HMAC-SHA256 and the line says `"keyed":true`; without, it is SHA-256.
package struct AuditChain: Sendable {
    /// The `previous` of the very first line.
    package static let beginning = String(repeating: "0", count: 64)
    /// A longer one is none of ours.
    package static let lineBytesMax = 65_536
    /// A greater number is none of ours: no reader of JSON rounds a smaller one (RFC 8259, section 6).
    package static let numberMax: Int64 = 1 << 53
    /// `,"hash":"` and 64 digits and `"}`.
    private static let tailBytes = 75

    private let key: SymmetricKey?
    /// Of the last line; 0: there is none.
    package private(set) var number: Int64 = 0
    /// Of the last line.
    package private(set) var hash = Self.beginning

    package init(key: SymmetricKey? = nil) {
        self.key = key
    }

    // MARK: Writing

    /// The next line, with its end of line.
    package mutating func append(_ entry: AuditEntry) -> [UInt8] {
        self.number += 1
        var object: JSONObject = ["number": .integer(self.number), "time": .string(Self.text(entry.time))]
        entry.append(to: &object)
        if self.key != nil { object.append("keyed", true) }
        object.append("previous", .string(self.hash))
        var bytes: [UInt8] = []
        JSONValue.object(object).encode(into: &bytes)
        // The brace comes back behind the hash.
        bytes.removeLast()
        self.hash = self.seal(bytes)
        bytes += Array(#","hash":"\#(self.hash)"}"#.utf8)
        bytes.append(0x0A)
        return bytes
    }

    private func seal(_ bytes: some Collection<UInt8>) -> String {
        let bytes = Array(bytes)
        guard let key else { return Self.hexadecimal(SHA256.hash(data: bytes)) }
        return Self.hexadecimal(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
    }

    package static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.reduce(into: "") { text, byte in
            text += (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
        }
    }

    /// ISO 8601, UTC, with milliseconds.
    private static func text(_ time: Instant) -> String {
        // The style cuts fractions that are not whole in binary: they are written here.
        let (seconds, rest) = time.milliseconds.quotientAndRemainder(dividingBy: 1_000)
        let whole = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601).dropLast()
        return "\(whole).\(String(1_000 + rest).dropFirst())Z"
    }

    // MARK: Reading

    /// What a line says of itself; whether it continues the chain is asked by ``follow(_:)``.
    package struct Line: Hashable, Sendable {
        package let number: Int64
        package let time: String
        package let action: String
        package let previous: String
        package let hash: String
        package let isKeyed: Bool
        package let details: JSONObject
    }

    package enum Fault: Error, Hashable, Sendable {
        /// It is no line of an audit log.
        case unreadable
        /// It was made with a key, and none is given.
        case keyNeeded
        /// It was made without the key that is given.
        case keyless
        /// Another key has made it, or it was changed.
        case wrongHash(isKeyed: Bool)
        /// Lines are missing in front of it.
        case gap(from: Int64, to: Int64)
        /// It stands where a line of another number should be.
        case misplaced(expected: Int64)
        /// Its number is right, and it continues another line than the one before it.
        case notContinuing
    }

    /// - Parameter bytes: without the end of line.
    package func read(_ bytes: some Collection<UInt8>) throws(Fault) -> Line {
        let bytes = Array(bytes)
        guard bytes.count > Self.tailBytes, bytes.count <= Self.lineBytesMax,
            let json = try? JSONParser.parse(bytes), let number = json["number"]?.integer,
            (1...Self.numberMax).contains(number),
            let time = json["time"]?.string, let action = json["action"]?.string,
            let previous = json["previous"]?.string, let hash = json["hash"]?.string,
            bytes.suffix(Self.tailBytes).elementsEqual(#","hash":"\#(hash)"}"#.utf8)
        else { throw .unreadable }
        let isKeyed = json["keyed"]?.bool ?? false
        if isKeyed, self.key == nil { throw .keyNeeded }
        if !isKeyed, self.key != nil { throw .keyless }
        guard self.seal(bytes.dropLast(Self.tailBytes)) == hash else { throw .wrongHash(isKeyed: isKeyed) }
        return Line(
            number: number,
            time: time,
            action: action,
            previous: previous,
            hash: hash,
            isKeyed: isKeyed,
            details: json["details"]?.object ?? [:]
        )
    }

    /// Goes on to that line if it continues this chain.
    package mutating func follow(_ line: Line) throws(Fault) {
        let next = self.number + 1
        guard line.number >= next else { throw .misplaced(expected: next) }
        guard line.number == next else { throw .gap(from: next, to: line.number - 1) }
        guard line.previous == self.hash else { throw .notContinuing }
        self.stand(at: line)
    }

    /// That line is the last one, whatever was before it.
    package mutating func stand(at line: Line) {
        self.number = line.number
        self.hash = line.hash
    }

    /// Whether that line continues nothing: a log begins with it.
    package static func begins(with line: Line) -> Bool { line.number == 1 && line.previous == self.beginning }
}

extension AuditChain.Fault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unreadable: "it is no line of an audit log: something was written over it or into it"
        case .keyNeeded: "it was made with a key: give the one of the server (PARLEY_AUDIT_KEY, --audit-key-file)"
        case .keyless: "it was made without the key: whoever could write the file may have made it"
        case .wrongHash(isKeyed: false): "its hash is not that of its bytes: it was changed"
        case .wrongHash(isKeyed: true):
            "its hash is not that of its bytes by this key: it was changed, or the key is another"
        case .gap(let first, let last) where first == last: "line \(first) is missing in front of it"
        case .gap(let first, let last): "lines \(first) to \(last) are missing in front of it"
        case .misplaced(let expected): "line \(expected) should be here: it was inserted, repeated or moved"
        case .notContinuing:
            "its number follows, but it continues another line than the one before it: one of the two was put in place "
                + "of another"
        }
    }
}
