package import NIOCore

/// A key or a channel: what decides which server of a cluster is asked.
package struct RedisKey: Hashable, Sendable {
    package let bytes: ByteBuffer

    package init(_ bytes: ByteBuffer) { self.bytes = bytes }

    package init(_ text: String) { self.bytes = ByteBuffer(string: text) }

    static let slots = 16_384

    /// Its place among the 16,384 of a cluster: what stands between the first `{` and the next `}` decides, unless that
    /// is nothing; otherwise the whole key.
    package var slot: Int {
        let view = self.bytes.readableBytesView
        var tag = view[...]
        if let open = view.firstIndex(of: UInt8(ascii: "{")) {
            let behind = view[view.index(after: open)...]
            if let close = behind.firstIndex(of: UInt8(ascii: "}")), close > behind.startIndex {
                tag = behind[..<close]
            }
        }
        return Int(Self.crc16(tag)) % Self.slots
    }

    /// CRC-16/XMODEM.
    private static func crc16(_ bytes: some Sequence<UInt8>) -> UInt16 {
        var crc: UInt16 = 0
        for byte in bytes {
            crc ^= UInt16(byte) << 8
            for _ in 0..<8 { crc = crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021 }
        }
        return crc
    }
}
