public import NIOCore

/// The IP address from which somebody comes, as numbers: it costs no allocation to keep, compare or count.
///
/// An IPv4 address that is written as an IPv6 one (RFC 4291, section 2.5.5.2) is the IPv4 address.
public enum ClientAddress: Hashable, Comparable, Sendable, CustomStringConvertible {
    case ipv4(UInt32)
    /// The first and the last eight bytes.
    case ipv6(high: UInt64, low: UInt64)

    /// Four or sixteen bytes, the first one leading.
    public init?(bytes: some Collection<UInt8>) {
        switch bytes.count {
        case 4: self = .ipv4(UInt32(truncatingIfNeeded: Self.number(bytes)))
        case 16:
            let (high, low) = (Self.number(bytes.prefix(8)), Self.number(bytes.dropFirst(8)))
            let isMapped = high == 0 && low >> 32 == 0xFFFF
            self = isMapped ? .ipv4(UInt32(truncatingIfNeeded: low)) : .ipv6(high: high, low: low)
        default: return nil
        }
    }

    /// `192.0.2.1` or `2001:db8::1` (RFC 4291, section 2.2), without brackets, port or zone.
    public init?(_ text: some StringProtocol) {
        // The longest: eight groups of which the last two are an IPv4 address.
        guard text.utf8.count <= 45, let address = try? SocketAddress(ipAddress: String(text), port: 0) else {
            return nil
        }
        self.init(address)
    }

    /// Nil if it is a path in the file system.
    public init?(_ address: SocketAddress) {
        // Where the address lies in `sockaddr_in` and `sockaddr_in6`, on every system.
        switch address {
        case .v4(let address): self.init(bytes: withUnsafeBytes(of: address.address) { Array($0[4..<8]) })
        case .v6(let address): self.init(bytes: withUnsafeBytes(of: address.address) { Array($0[8..<24]) })
        case .unixDomainSocket: return nil
        }
    }

    /// Four or sixteen, the first one leading.
    public var bytes: [UInt8] {
        func bytes(_ number: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
        }
        switch self {
        case .ipv4(let number): return bytes(UInt64(number), 4)
        case .ipv6(let high, let low): return bytes(high, 8) + bytes(low, 8)
        }
    }

    private static func number(_ bytes: some Collection<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// What limits are counted by: whoever has an IPv6 address has the 2⁶⁴ of its network as well.
    public var limitKey: ClientAddress {
        switch self {
        case .ipv4: self
        case .ipv6(let high, _): .ipv6(high: high, low: 0)
        }
    }

    /// Whether it is this machine's own (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3).
    public var isLoopback: Bool {
        switch self {
        case .ipv4(let number): number >> 24 == 127
        case .ipv6(let high, let low): high == 0 && low == 1
        }
    }

    /// Some order, always the same.
    public static func < (left: ClientAddress, right: ClientAddress) -> Bool {
        switch (left, right) {
        case (.ipv4(let left), .ipv4(let right)): left < right
        case (.ipv4, .ipv6): true
        case (.ipv6, .ipv4): false
        case (.ipv6(let leftHigh, let leftLow), .ipv6(let rightHigh, let rightLow)):
            (leftHigh, leftLow) < (rightHigh, rightLow)
        }
    }

    /// For people: as RFC 5952 wants it, so that equal addresses are equal texts.
    public var description: String {
        switch self {
        case .ipv4(let number):
            return stride(from: UInt32(24), through: 0, by: -8).map { String(number >> $0 & 0xFF) }.joined(
                separator: "."
            )
        case .ipv6(let high, let low):
            let groups = [high, low].flatMap { half in
                stride(from: UInt64(48), through: 0, by: -16).map { half >> $0 & 0xFFFF }
            }
            return Self.text(groups)
        }
    }

    /// The longest run of zeros, if it is longer than one group, is left out; of two that are as long, the first.
    private static func text(_ groups: [UInt64]) -> String {
        var best = 0..<0
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start > max(best.count, 1) { best = start..<end }
            start = max(end, start + 1)
        }
        let parts = groups.map { String($0, radix: 16) }
        guard !best.isEmpty else { return parts.joined(separator: ":") }
        return parts[..<best.lowerBound].joined(separator: ":") + "::"
            + parts[best.upperBound...].joined(separator: ":")
    }
}
