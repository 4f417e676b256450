extension WebSocketFrameDecoder {
    /// The part of a frame before its payload, read but not judged.
    struct Header {
        var isFinal: Bool
        var hasReservedBits: Bool
        /// Nil if it is reserved.
        var opcode: WebSocketOpcode?
        var isMasked: Bool
        /// The four bytes as they lay in the frame; 0 if there were none.
        var mask: UInt32
        /// Of the payload, in bytes; below zero if the top bit was set.
        var length: Int
        var hasShortestLength: Bool
        /// Of the header itself, in bytes.
        var headerLength: Int

        /// Nil if it is not whole yet.
        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count >= 2 else {
                return nil
            }
            let (first, second) = (bytes[0], bytes[1])
            self.isFinal = first & 0x80 != 0
            self.hasReservedBits = first & 0x70 != 0
            self.opcode = WebSocketOpcode(rawValue: first & 0x0F)
            self.isMasked = second & 0x80 != 0
            let lengthEnd = 2 + (second & 0x7F == 127 ? 8 : second & 0x7F == 126 ? 2 : 0)
            self.headerLength = lengthEnd + (self.isMasked ? 4 : 0)
            guard bytes.count >= self.headerLength else {
                return nil
            }
            switch second & 0x7F {
            case 126:
                self.length = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
                self.hasShortestLength = self.length > 125
            case 127:
                self.length = Int(Int64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: Int64.self)))
                self.hasShortestLength = self.length > 65_535
            default:
                self.length = Int(second & 0x7F)
                self.hasShortestLength = true
            }
            self.mask = self.isMasked ? bytes.loadUnaligned(fromByteOffset: lengthEnd, as: UInt32.self) : 0
        }
    }
}
