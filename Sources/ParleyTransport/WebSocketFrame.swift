/// RFC 6455, section 5.2.
package enum WebSocketOpcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Control frames have at most 125 bytes, are never fragmented and may come between fragments.
    package var isControl: Bool { self.rawValue & 0x8 != 0 }
}

/// Which end of the connection we are. Clients mask, servers do not (RFC 6455, section 5.1).
public enum WebSocketRole: Hashable, Sendable {
    case server, client
}

/// The part of a frame before its payload, written.
package enum WebSocketFrameHeader {
    /// Never longer: two bytes, a length of eight, a mask of four.
    package static let bytesMax = 14

    /// 2 to 14 bytes for a payload of `length` bytes.
    package static func length(forPayload length: Int, masked: Bool) -> Int {
        (length < 126 ? 2 : length < 65_536 ? 4 : 10) + (masked ? 4 : 0)
    }

    /// Writes the header of an unfragmented frame. `target` has exactly the length that `length(forPayload:)`
    /// says.
    package static func write(
        _ opcode: WebSocketOpcode,
        payload length: Int,
        mask: UInt32?,
        to target: UnsafeMutableRawBufferPointer
    ) {
        target[0] = 0x80 | opcode.rawValue
        let maskBit: UInt8 = mask == nil ? 0 : 0x80
        if length < 126 {
            target[1] = maskBit | UInt8(truncatingIfNeeded: length)
        } else if length < 65_536 {
            target[1] = maskBit | 126
            target.storeBytes(of: UInt16(truncatingIfNeeded: length).bigEndian, toByteOffset: 2, as: UInt16.self)
        } else {
            target[1] = maskBit | 127
            target.storeBytes(of: UInt64(length).bigEndian, toByteOffset: 2, as: UInt64.self)
        }
        if let mask {
            target.storeBytes(of: mask, toByteOffset: target.count - 4, as: UInt32.self)
        }
    }
}
