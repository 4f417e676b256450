/// The start line and the headers of an HTTP/1.1 message (RFC 9112), just enough of it for an upgrade:
/// strict, without folded lines, and small.
package struct HTTPHead {
    package var startLine: String
    package var headers: [(name: String, value: String)]

    /// - Parameter bytes: up to and without the empty line, UTF-8 or ASCII.
    /// - Returns: nil if a line is no header, or holds a control character.
    package init?(_ bytes: ArraySlice<UInt8>) {
        var lines: [ArraySlice<UInt8>] = []
        var start = bytes.startIndex
        for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") {
            guard index > start, bytes[index - 1] == UInt8(ascii: "\r") else {
                return nil
            }
            lines.append(bytes[start..<(index - 1)])
            start = index + 1
        }
        lines.append(bytes[start...])
        guard lines.allSatisfy({ $0.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) } }) else {
            return nil
        }
        self.startLine = String(decoding: lines[0], as: UTF8.self)
        self.headers = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
                line[..<colon].allSatisfy(Self.isTokenCharacter)
            else {
                return nil
            }
            let value = line[(colon + 1)...].trimmed
            self.headers.append(
                (String(decoding: line[..<colon], as: UTF8.self), String(decoding: value, as: UTF8.self))
            )
        }
    }

    /// All values of that name, in whatever case.
    package func values(of name: String) -> [String] {
        self.headers.filter { $0.name.equalsIgnoringCase(name) }.map(\.value)
    }

    /// The elements of the comma-separated lists under that name.
    package func elements(of name: String) -> [String] {
        self.values(of: name).flatMap { value in
            Array(value.utf8)[...].split(separator: UInt8(ascii: ","))
                .map { String(decoding: $0.trimmed, as: UTF8.self) }
                .filter { $0.isEmpty == false }
        }
    }

    /// RFC 9110, section 5.6.2.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension ArraySlice<UInt8> {
    /// Without spaces and tabs at both ends.
    fileprivate var trimmed: ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
        guard let first = self.firstIndex(where: { isSpace($0) == false }),
            let last = self.lastIndex(where: { isSpace($0) == false })
        else {
            return []
        }
        return self[first...last]
    }
}
