/// What a proxy writes in front of a connection that it passes on: PROXY protocol, version 2
/// (haproxy.org/download/2.6/doc/proxy-protocol.txt, section 2.2).
package struct ProxyHeader: Hashable, Sendable {
    /// Nil: the proxy speaks for itself (`LOCAL`, its health checks), or from where there are no IP addresses.
    package var source: ClientAddress?
    /// Of the header, in bytes.
    package var length: Int

    package enum Reading: Hashable, Sendable {
        /// Could still become one.
        case incomplete
        /// Something else: no header is there.
        case absent
        /// It begins as one and goes on as none, or is longer than `bytesMax`.
        case invalid
        case header(ProxyHeader)
    }

    package init(source: ClientAddress?, length: Int) {
        self.source = source
        self.length = length
    }

    /// No other protocol begins like this.
    static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

    /// - Parameter bytesMax: of a header. Addresses take 52; certificates and the like that a proxy adds are skipped.
    package static func read(_ bytes: UnsafeRawBufferPointer, bytesMax: Int) -> Reading {
        let signature = Self.signature
        guard bytes.prefix(signature.count).elementsEqual(signature.prefix(bytes.count)) else { return .absent }
        guard bytes.count >= 16 else { return .incomplete }
        let length = 16 + Int(bytes[14]) << 8 + Int(bytes[15])
        guard bytes[12] >> 4 == 2, length <= bytesMax else { return .invalid }
        guard bytes.count >= length else { return .incomplete }
        let addresses = UnsafeRawBufferPointer(rebasing: bytes[16..<length])
        switch (bytes[12] & 0x0F, bytes[13] >> 4) {
        case (0, _): return .header(ProxyHeader(source: nil, length: length))
        case (1, 1): return Self.header(addresses, size: 4, length)
        case (1, 2): return Self.header(addresses, size: 16, length)
        // Unspecified, or a socket in the file system.
        case (1, 0), (1, 3): return .header(ProxyHeader(source: nil, length: length))
        default: return .invalid
        }
    }

    /// Source, destination, and a port of each.
    private static func header(_ addresses: UnsafeRawBufferPointer, size: Int, _ length: Int) -> Reading {
        guard addresses.count >= 2 * size + 4 else { return .invalid }
        return .header(ProxyHeader(source: ClientAddress(bytes: addresses[..<size]), length: length))
    }
}
