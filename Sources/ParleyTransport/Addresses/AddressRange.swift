/// Addresses that begin alike: `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let first: ClientAddress
    /// In bits.
    private let length: Int

    /// - Parameter text: an address, or one with the length of its prefix (RFC 4632, section 3.1; RFC 4291,
    ///   section 2.3). Bits behind the prefix must be zero: otherwise somebody means something else than is written.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = ClientAddress(parts[0]) else { return nil }
        let most = first.bits
        var length = most
        if parts.count == 2 {
            guard let number = Int(parts[1]), (0...most).contains(number), String(number) == parts[1] else {
                return nil
            }
            length = number
        }
        self.first = first
        self.length = length
        guard first.prefix(length) == first else { return nil }
    }

    public func contains(_ address: ClientAddress) -> Bool {
        address.bits == self.first.bits && address.prefix(self.length) == self.first
    }

    public var description: String { "\(self.first)/\(self.length)" }
}

extension ClientAddress {
    fileprivate var bits: Int {
        switch self {
        case .ipv4: 32
        case .ipv6: 128
        }
    }

    /// The first `length` bits, and zeros.
    fileprivate func prefix(_ length: Int) -> ClientAddress {
        switch self {
        // A shift by all of its bits leaves zero.
        case .ipv4(let number): .ipv4(number & (UInt32.max << (32 - length)))
        case .ipv6(let high, let low):
            .ipv6(high: high & (UInt64.max << max(64 - length, 0)), low: low & (UInt64.max << min(128 - length, 64)))
        }
    }
}
