import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The short way to the network: one system call, without the channel and its queue, which cost as much again where
/// thousands of connections are out of the cache (docs/decisions/0017).
///
/// A connection has a descriptor here while its channel is a plaintext socket. The channel owns it, and these rules
/// keep the two apart:
///
/// - **Order.** Bytes go this way only while nothing waits, neither in ``output`` nor in the channel. What the socket
///   does not take goes to the channel, and with it everything until that has left.
/// - **Lifetime.** The channel closes the descriptor on this loop and, before anything else of ours runs, tells the
///   handler (`channelInactive`, `errorCaught`), which forgets it first. Nothing is kept beyond one call here.
/// - **Errors** are left to the channel: it meets the same one with the same bytes, and ends as always.
extension WebSocketConnection {
    static let noDescriptor: CInt = -1

    /// `noDescriptor` if there is none, or something stands between us and the network.
    static func descriptor(of context: ChannelHandlerContext, isEncrypted: Bool) -> CInt {
        guard !isEncrypted else { return Self.noDescriptor }
        let found = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable { (handle: CInt) in handle }
        return found.flatMap { $0 } ?? Self.noDescriptor
    }

    /// - Returns: how many of the bytes are on their way; 0 if the channel has to take them.
    func sendDirectly(_ bytes: ByteBuffer) -> Int {
        guard self.descriptor != Self.noDescriptor, self.output == nil, self.queuedBytesMost == 0 else { return 0 }
        // The socket is non-blocking, as all of NIO's are.
        let sent = bytes.withUnsafeReadableBytes { send(self.descriptor, $0.baseAddress, $0.count, Self.sendFlags) }
        return max(0, sent)
    }

    #if canImport(Darwin)
        private static let sendFlags: CInt = 0
    #else
        private static let sendFlags = CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
    #endif
}
