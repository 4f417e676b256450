import Foundation
import ParleyProtocol
import ParleyTransport

extension FuzzTarget {
    /// What the strict parser takes for JSON, Foundation takes for the same value; and written it is read again.
    static let json = FuzzTarget(name: "json") { input in
        let bytes = Array(input)
        let isUTF8 = String(validating: bytes, as: UTF8.self) != nil
        try demand(withExactCopy(of: input) { validateUTF8($0) } == isUTF8, "validateUTF8 is wrong")
        try demand(withExactCopy(of: input) { ParleyTransport.isUTF8($0) } == isUTF8, "isUTF8 is wrong")
        let theirs = Result {
            try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        }
        let ours = withExactCopy(of: input) { text in
            Result { () throws(JSONError) in try JSONParser.parse(text) }
        }
        switch ours {
        case .success(let value): try Self.compare(value, theirs)
        case .failure(let error):
            try demand(isUTF8 == (error.fault != .invalidUTF8), "\(error.fault), and UTF-8: \(isUTF8)")
            if case .success = theirs { try Self.excuse(error, bytes) }
        }
    }

    private static func compare(_ ours: JSONValue, _ theirs: Result<Any, any Error>) throws {
        let written = ours.encoded
        guard let again = try? JSONParser.parse(written) else { throw Finding(description: "cannot read its own") }
        try demand(again == ours && again.encoded == written, "reads its own differently")
        switch theirs {
        case .success(let theirs):
            try demand(self.isSame(ours, theirs), "Foundation reads \(theirs), the parser \(ours)")
        case .failure(let error):
            // Numbers that no `Double` holds.
            try demand(self.hasHugeNumber(ours), "Foundation does not read it: \(error)")
        }
    }

    /// Why the parser refuses what Foundation takes: each reason has a name.
    private static func excuse(_ error: JSONError, _ bytes: [UInt8]) throws {
        switch error.fault {
        // RFC 8259 leaves these open, and Parley refuses them.
        case .duplicateMember, .tooDeep, .loneSurrogate: return
        case .unexpectedEnd, .unexpectedByte, .invalidNumber, .invalidEscape, .controlCharacter, .invalidUTF8,
            .trailingBytes:
            try demand(
                self.isOtherEncoding(bytes) || self.isBehindComma(error.offset, bytes),
                "Foundation reads what the parser refuses: \(error)"
            )
        }
    }

    /// Foundation also reads UTF-16 and UTF-32, and skips a byte order mark (RFC 8259, section 8.1, forbids both).
    private static func isOtherEncoding(_ bytes: [UInt8]) -> Bool {
        let marks: [[UInt8]] = [[0xEF, 0xBB, 0xBF], [0xFE, 0xFF], [0xFF, 0xFE]]
        return bytes.contains(0) || marks.contains { bytes.starts(with: $0) }
    }

    /// `[1,]`, which Foundation takes for `[1]`.
    private static func isBehindComma(_ offset: Int, _ bytes: [UInt8]) -> Bool {
        guard offset < bytes.count, [UInt8(ascii: "]"), UInt8(ascii: "}")].contains(bytes[offset]) else { return false }
        return bytes[..<offset].last { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: ",")
    }

    private static func isSame(_ ours: JSONValue, _ theirs: Any) -> Bool {
        switch ours {
        case .null: return theirs is NSNull
        case .bool(let value): return (theirs as? NSNumber).map { $0.boolValue == value } ?? false
        case .integer(let value): return (theirs as? NSNumber).map { self.isSame(value, $0) } ?? false
        case .number(let text):
            guard let number = theirs as? NSNumber, let value = Double(text) else { return false }
            return number.doubleValue == value || abs(number.doubleValue - value) <= abs(value) * 1e-15
        case .string(let text):
            return (theirs as? String).map { self.withoutMarks(text).utf8.elementsEqual(self.withoutMarks($0).utf8) }
                ?? false
        case .array(let elements):
            guard let others = theirs as? [Any], others.count == elements.count else { return false }
            return zip(elements, others).allSatisfy { self.isSame($0, $1) }
        case .object(let object):
            guard let others = theirs as? [String: Any] else { return false }
            // Names that are canonically equivalent are two to JSON and one to Foundation's dictionary.
            let names = Set(object.members.map { self.withoutMarks($0.name) })
            guard names.count == object.count else { return others.count <= object.count }
            let values = Dictionary(others.map { (self.withoutMarks($0), $1) }) { first, _ in first }
            return others.count == object.count
                && object.members.allSatisfy { member in
                    values[self.withoutMarks(member.name)].map { self.isSame(member.value, $0) } ?? false
                }
        }
    }

    /// Foundation drops a byte order mark at the beginning of a string, and behind an escape in it.
    private static func withoutMarks(_ text: String) -> String {
        var text = text
        text.unicodeScalars.removeAll { $0 == "\u{FEFF}" }
        return text
    }

    private static func isSame(_ integer: Int64, _ number: NSNumber) -> Bool {
        number.int64Value == integer || number.doubleValue == Double(integer)
    }

    private static func hasHugeNumber(_ value: JSONValue) -> Bool {
        switch value {
        case .number(let text): Double(text).map { $0.isInfinite || $0 == 0 || $0.isSubnormal } ?? true
        case .array(let elements): elements.contains { self.hasHugeNumber($0) }
        case .object(let object): object.members.contains { self.hasHugeNumber($0.value) }
        case .null, .bool, .integer, .string: false
        }
    }

    /// State and patch, a line each: the hash that is kept while folding is that of what comes out.
    static let patches = FuzzTarget(name: "patches") { input in
        let parts = lines(of: input)
        guard parts.count == 2, let state = try? JSONParser.parse(parts[0]), let patch = try? JSONParser.parse(parts[1])
        else { return }
        var (folded, hash) = (state, StateHash(of: state))
        MergePatch.fold(patch, into: &folded, hash: &hash)
        try demand(hash == StateHash(of: folded), "the hash is another")
        var plain = state
        MergePatch.fold(patch, into: &plain)
        try demand(plain == folded, "with and without the hash, two results")
        guard case .object = state, case .object = folded, !Self.hasNull(state), !Self.hasNull(folded) else { return }
        let difference = MergePatch.difference(from: state, to: folded)
        var again = state
        MergePatch.fold(difference, into: &again)
        try demand(again == folded, "the difference makes something else")
    }

    private static func hasNull(_ value: JSONValue) -> Bool {
        switch value {
        case .null: true
        case .array(let elements): elements.contains { self.hasNull($0) }
        case .object(let object): object.members.contains { self.hasNull($0.value) }
        case .bool, .integer, .number, .string: false
        }
    }
}
