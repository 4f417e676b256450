package import NIOCore
import NIOPosix
import NIOSSL

/// Puts the questions of a ``TurnProbe`` to a server, over its own socket.
package enum TurnInquiry {
    /// An answer that has not come by then will not come.
    private static let patience = TimeAmount.seconds(4)
    /// Over UDP a question is repeated after this time, and then after twice that time (RFC 8489, section 6.2.1).
    private static let firstPause = TimeAmount.milliseconds(500)

    /// - Parameter certificates: a file with those that sign, instead of those that the system trusts.
    package static func ask(
        _ address: TurnAddress,
        _ purpose: TurnProbe.Purpose,
        forbidden: [StunAddress] = [],
        trusting certificates: String? = nil,
        on group: any EventLoopGroup = NIOSingletons.posixEventLoopGroup
    ) async -> TurnFinding {
        guard address.transport != .dtls else { return .unsupported }
        let eventLoop = group.next()
        let found = eventLoop.makePromise(of: TurnFinding.self)
        do {
            let channel = try await Self.channel(to: address, trusting: certificates, on: eventLoop) { channel in
                try channel.pipeline.syncOperations.addHandler(
                    TurnInquiryHandler(
                        purpose,
                        forbidden: forbidden,
                        repeats: address.transport == .udp ? Self.firstPause : nil,
                        patience: Self.patience,
                        found: found
                    )
                )
            }
            let finding = try await found.futureResult.get()
            try? await channel.close()
            return finding
        } catch {
            found.succeed(.unreachable("\(error)"))
            return .unreachable(Self.words(error))
        }
    }

    private static func words(_ error: any Error) -> String {
        if let failed = error as? NIOConnectionError {
            return failed.connectionErrors.first.map { "\($0.error)" } ?? "the name \(failed.host) is not known"
        }
        return "\(error)"
    }

    private static func channel(
        to address: TurnAddress,
        trusting certificates: String?,
        on eventLoop: any EventLoop,
        _ finish: @escaping @Sendable (any Channel) throws -> Void
    ) async throws -> any Channel {
        switch address.transport {
        case .udp:
            let target = try SocketAddress.makeAddressResolvingHost(address.host, port: address.port)
            return try await DatagramBootstrap(group: eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(DatagramPayloadHandler())
                        try finish(channel)
                    }
                }
                .connect(to: target).get()
        case .tcp, .tls, .dtls:
            var tls = TLSConfiguration.makeClientConfiguration()
            if let certificates { tls.trustRoots = .file(certificates) }
            let context = address.transport == .tls ? try NIOSSLContext(configuration: tls) : nil
            return try await ClientBootstrap(group: eventLoop)
                .connectTimeout(Self.patience)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        if let context {
                            // An address is in no certificate's names as one, and must not be sent as a name.
                            let isName = (try? SocketAddress(ipAddress: address.host, port: 0)) == nil
                            try channel.pipeline.syncOperations.addHandler(
                                NIOSSLClientHandler(context: context, serverHostname: isName ? address.host : nil)
                            )
                        }
                        try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(StunFrameDecoder()))
                        try finish(channel)
                    }
                }
                .connect(host: address.host, port: address.port).get()
        }
    }
}

/// Over a stream a message ends where its own header says (RFC 8489, section 6.2.2).
private struct StunFrameDecoder: ByteToMessageDecoder {
    typealias InboundOut = ByteBuffer

    mutating func decode(context: ChannelHandlerContext, buffer: inout ByteBuffer) throws -> DecodingState {
        guard let length = buffer.getInteger(at: buffer.readerIndex + 2, as: UInt16.self) else { return .needMoreData }
        guard let message = buffer.readSlice(length: StunMessage.headerBytes + Int(length)) else {
            return .needMoreData
        }
        context.fireChannelRead(Self.wrapInboundOut(message))
        return .continue
    }
}

/// A connected datagram socket, as if it were a stream of whole messages.
private final class DatagramPayloadHandler: ChannelDuplexHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(Self.wrapInboundOut(Self.unwrapInboundIn(data).data))
    }
}
