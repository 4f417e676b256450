package import ParleyProtocol

/// A signal of a load: written without a JSON encoder, and read without a decoder, so that the load costs little.
///
/// `{"type":"signal","to":"p_…","n":7,"floor":3,"data":"7:xxxx"}`; the number in the data and its length prove that the
/// payload is the one that was sent.
package struct SignalText: Sendable {
    private let head: [UInt8]
    private let bytes: Int
    private static let floor = Array(",\"floor\":".utf8)
    private static let data = Array(",\"data\":\"".utf8)
    private static let end = Array("\"}".utf8)

    /// - Parameter bytes: of the whole message, if it can be that short.
    package init(to recipient: ParticipantID, bytes: Int) {
        self.head = Array("{\"type\":\"signal\",\"to\":\"\(recipient)\",\"n\":".utf8)
        self.bytes = bytes
    }

    private func padding(_ n: UInt64, _ floor: UInt64) -> Int {
        let fixed = self.head.count + Self.floor.count + Self.data.count + Self.end.count + 1
        return max(0, self.bytes - fixed - 2 * Self.digits(n) - Self.digits(floor))
    }

    package func length(_ n: UInt64, floor: UInt64) -> Int {
        let fixed = self.head.count + Self.floor.count + Self.data.count + Self.end.count + 1
        return fixed + 2 * Self.digits(n) + Self.digits(floor) + self.padding(n, floor)
    }

    /// - Parameter target: exactly ``length(_:floor:)`` bytes.
    package func write(_ n: UInt64, floor: UInt64, to target: UnsafeMutableRawBufferPointer) {
        var at = 0
        func put(_ bytes: [UInt8]) {
            bytes.withUnsafeBytes {
                UnsafeMutableRawBufferPointer(rebasing: target[at...]).copyMemory(from: $0)
            }
            at += bytes.count
        }
        func put(_ number: UInt64) {
            var (rest, place) = (number, at + Self.digits(number))
            at = place
            repeat {
                place -= 1
                target[place] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
        }
        put(self.head)
        put(n)
        put(Self.floor)
        put(floor)
        put(Self.data)
        put(n)
        target[at] = UInt8(ascii: ":")
        let padding = self.padding(n, floor)
        UnsafeMutableRawBufferPointer(rebasing: target[(at + 1)..<(at + 1 + padding)])
            .initializeMemory(as: UInt8.self, repeating: UInt8(ascii: "x"))
        at += 1 + padding
        put(Self.end)
        assert(at == target.count, "as long as was said")
    }

    static func digits(_ number: UInt64) -> Int {
        var (count, rest) = (1, number / 10)
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }
}

/// What a load wants to know of a signal that has arrived.
package struct ArrivedSignal: Hashable, Sendable {
    package let n: UInt64
    /// Whether number and padding of the payload are those that were sent.
    package let isWhole: Bool

    private static let n = Array("\"n\":".utf8)
    private static let data = Array("\"data\":\"".utf8)

    package init(n: UInt64, isWhole: Bool) {
        self.n = n
        self.isWhole = isWhole
    }

    /// - Returns: `nil`: it has no number.
    package init?(_ text: UnsafeRawBufferPointer) {
        guard let (n, _) = Self.number(after: Self.n, in: text, within: 120) else { return nil }
        self.n = n
        guard let (copy, end) = Self.number(after: Self.data, in: text, within: 160), copy == n,
            end < text.count,
            text[end] == UInt8(ascii: ":")
        else {
            self.isWhole = false
            return
        }
        var at = end + 1
        while at < text.count, text[at] == UInt8(ascii: "x") { at += 1 }
        self.isWhole =
            at + 2 == text.count && text[at] == UInt8(ascii: "\"") && text[at + 1] == UInt8(ascii: "}")
    }

    private static func number(
        after name: [UInt8],
        in text: UnsafeRawBufferPointer,
        within: Int
    ) -> (value: UInt64, end: Int)? {
        let last = min(text.count, within) - name.count
        guard last >= 0 else { return nil }
        var start = 0
        while start <= last {
            if text[start] == name[0], text[start..<start + name.count].elementsEqual(name) { break }
            start += 1
        }
        guard start <= last else { return nil }
        var (at, value) = (start + name.count, UInt64(0))
        let first = at
        while at < text.count, case let digit = text[at] &- UInt8(ascii: "0"), digit < 10 {
            value = value &* 10 &+ UInt64(digit)
            at += 1
        }
        return at > first ? (value, at) : nil
    }
}
