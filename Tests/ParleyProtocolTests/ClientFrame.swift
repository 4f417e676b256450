import ParleyProtocol

/// A client's frame, read as a server reads it: scanned, and decoded if it is not to be relayed.
enum ClientFrame {
    /// To be relayed: nothing but its envelope has been looked at, and nothing has been allocated.
    case relay(Envelope)
    /// Decoded in full.
    case message(ClientMessage)

    /// - Parameter frame: a whole text frame that is UTF-8; the transport has checked that.
    static func read(
        _ frame: UnsafeRawBufferPointer,
        limits: Limits = Limits()
    ) throws(Rejection) -> ClientFrame {
        let envelope: Envelope
        do throws(ScanFault) {
            envelope = try EnvelopeScanner.scan(
                frame,
                depthMax: limits.depthMax,
                pulseKindBytesMax: limits.pulseKindBytesMax
            )
        } catch {
            throw error.rejection(in: frame)
        }
        switch envelope.kind {
        case .offer, .answer, .iceCandidate, .hangup, .iceRestart, .signal, .pulse:
            return .relay(envelope)
        case .hello, .join, .leave, .media, .meeting, .beat, .resync, .networkChanged, .authenticate, .chat,
            .chatHistory, .roster, .watch:
            return .message(try ClientMessage.decode(frame: frame, limits: limits))
        case .unknown:
            throw envelope.rejection(.unknownType, in: frame)
        }
    }
}
