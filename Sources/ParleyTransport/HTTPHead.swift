/// The start line and the headers of an HTTP/1.1 message (RFC 9112), just enough of it for an upgrade:
/// strict, without folded lines, and small.
package struct HTTPHead {
    package var startLine: String
    package var headers: [(name: String, value: String)]

    /// - Parameter bytes: up to and without the empty line, UTF-8 or ASCII.
    /// - Returns: nil if a line is no header, or holds a control character.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard let head = bytes.withUnsafeBytes({ HTTPHead($0) }) else { return nil }
        self = head
    }

    package init?(_ bytes: UnsafeRawBufferPointer) {
        self.startLine = ""
        self.headers = []
        self.headers.reserveCapacity(16)
        var start = 0
        var isFirst = true
        while start <= bytes.count {
            guard let end = Self.endOfLine(from: start, in: bytes) else { return nil }
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            if isFirst {
                self.startLine = String(decoding: line, as: UTF8.self)
                isFirst = false
            } else {
                guard let header = Self.header(line) else { return nil }
                self.headers.append(header)
            }
            start = end + 2
        }
    }

    /// - Returns: where the line break is, or the end; `nil` if there is something before it that may not be there.
    private static func endOfLine(from start: Int, in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = start
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\r"):
                return index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "\n") ? index : nil
            case 0x09, 0x20..<0x7F, 0x80...: index += 1
            default: return nil
            }
        }
        return index
    }

    private static func header(_ line: UnsafeRawBufferPointer) -> (name: String, value: String)? {
        var colon = 0
        while colon < line.count, line[colon] != UInt8(ascii: ":") {
            guard self.isTokenCharacter(line[colon]) else { return nil }
            colon += 1
        }
        guard colon > 0, colon < line.count else { return nil }
        var (first, end) = (colon + 1, line.count)
        while first < end, line[first] == 0x20 || line[first] == 0x09 { first += 1 }
        while end > first, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        let value = UnsafeRawBufferPointer(rebasing: line[first..<end])
        return (String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
    }

    /// Whether that word, in whatever case, is an element of the lists under that name.
    package func has(_ element: String, in name: String) -> Bool {
        self.headers.contains { header in
            header.name.equalsIgnoringCase(name)
                && (header.value.equalsIgnoringCase(element)
                    || self.elements(of: name).contains { $0.equalsIgnoringCase(element) })
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
            // !#$%&'*+-.^_`|~
            switch byte {
            case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2E, 0x5E, 0x5F, 0x60, 0x7C, 0x7E: true
            default: false
            }
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
