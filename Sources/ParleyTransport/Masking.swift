/// Copies `source` to `target` and masks it on the way (RFC 6455, section 5.3: the same both ways), 32 bytes
/// a step.
///
/// `mask`: the four bytes of the frame as they lie in memory. `target` has room for `source.count` bytes; it
/// is other memory, or begins where `source` begins.
package func copyMasked(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer, mask: UInt32) {
    guard let from = source.baseAddress else {
        return
    }
    let twice = UInt64(mask) << 32 | UInt64(mask)
    let wide = SIMD4<UInt64>(repeating: twice)
    let count = source.count
    var index = 0
    while index &+ 32 <= count {
        let block = from.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt64>.self)
        target.storeBytes(of: block ^ wide, toByteOffset: index, as: SIMD4<UInt64>.self)
        index &+= 32
    }
    while index &+ 8 <= count {
        let block = from.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        target.storeBytes(of: block ^ twice, toByteOffset: index, as: UInt64.self)
        index &+= 8
    }
    var rest = UInt64(littleEndian: twice)
    while index < count {
        let byte = from.load(fromByteOffset: index, as: UInt8.self) ^ UInt8(truncatingIfNeeded: rest)
        target.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
        rest >>= 8
        index &+= 1
    }
}
