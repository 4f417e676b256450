import ParleyProtocol

extension FuzzTarget {
    /// What a scanner sees in a frame is what the full decoding sees; and what it relays can be read.
    static let envelopes = FuzzTarget(name: "envelopes") { input in
        guard String(validating: Array(input), as: UTF8.self) != nil else { return }
        try withExactCopy(of: input) { frame in
            let scanned = Result { () throws(ScanFault) in try EnvelopeScanner.scan(frame) }
            guard let value = try? JSONParser.parse(frame) else {
                return try Self.checkUnread(scanned, frame)
            }
            let decoded = Result { () throws(Rejection) in try ClientMessage.decode(value) }
            try Self.compare(scanned, decoded)
            if case .success(let envelope) = scanned, envelope.kind.isSignal { try Self.relay(envelope, frame) }
            if case .success(let envelope) = scanned, envelope.kind == .pulse { try Self.relay(pulse: envelope, frame) }
        }
    }

    private static let someone = ParticipantID(high: 1, low: 2)

    /// Names that come twice below the surface are seen by the parser alone; nothing else differs.
    private static func checkUnread(_ scanned: Result<Envelope, ScanFault>, _ frame: UnsafeRawBufferPointer) throws {
        var fault: JSONError.Fault?
        do throws(JSONError) { _ = try JSONParser.parse(frame) } catch { fault = error.fault }
        switch scanned {
        case .success(let envelope):
            try demand(fault == .duplicateMember, "the scanner takes what the parser refuses: \(fault as Any)")
            _ = envelope.rejection(.busy, in: frame)
        case .failure(let refusal):
            try demand(refusal.code == .malformed || fault == .duplicateMember, "\(refusal.code), \(fault as Any)")
            _ = refusal.rejection(in: frame)
        }
    }

    private static func compare(
        _ scanned: Result<Envelope, ScanFault>,
        _ decoded: Result<ClientMessage, Rejection>
    ) throws {
        switch (scanned, decoded) {
        case (.success(let envelope), .success(let message)):
            try demand(envelope.kind == message.kind, "\(envelope.kind) and \(message.kind)")
            if case .signal(let signal) = message {
                try demand(signal.to == envelope.recipient && signal.n == envelope.n, "another recipient or number")
                try demand(signal.floor == envelope.floor, "another floor")
                try demand(signal.negotiation == envelope.negotiation, "another negotiation")
            }
        case (.success(let envelope), .failure(let rejection)):
            try demand(!envelope.kind.isSignal && envelope.kind != .pulse, "only the scanner takes it: \(rejection)")
        case (.failure(let fault), .success(let message)):
            // What is no object is malformed to the scanner, and to nobody else a message.
            throw Finding(description: "only the decoder takes it: \(fault.code), \(message.kind)")
        case (.failure(let fault), .failure(let rejection)):
            let member = fault.member.map { "\($0.text)" }
            try demand(fault.code == rejection.code && member == rejection.member, "\(fault.code) and \(rejection)")
        }
    }

    private static func relay(_ envelope: Envelope, _ frame: UnsafeRawBufferPointer) throws {
        let relayed = RelayFrame(envelope, in: frame, from: self.someone)
        let message = try self.read(relayed.byteCount) { relayed.write(to: $0) }
        guard case .signal(let signal) = message else { throw Finding(description: "relays no signal") }
        try demand(signal.from == self.someone && signal.n == envelope.n, "another sender or number")
    }

    private static func relay(pulse envelope: Envelope, _ frame: UnsafeRawBufferPointer) throws {
        let room = RoomID(high: 3, low: 4)
        guard let relayed = PulseFrame(envelope, in: frame, room: room, from: self.someone) else {
            throw Finding(description: "a pulse without a kind")
        }
        let message = try self.read(relayed.byteCount) { relayed.write(to: $0) }
        guard case .pulse(let pulse) = message else { throw Finding(description: "relays no pulse") }
        try demand(pulse.from == self.someone && pulse.room == room, "another sender or room")
    }

    /// What a client makes of a frame of that length.
    private static func read(_ count: Int, _ write: (UnsafeMutableRawBufferPointer) -> Void) throws -> ServerMessage {
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { target.deallocate() }
        write(target)
        do {
            // One level deeper than what was read, at most: a payload stays where it was.
            return try ServerMessage.decode(JSONParser.parse(UnsafeRawBufferPointer(target)))
        } catch {
            throw Finding(description: "a client cannot read \(text(target)): \(error)")
        }
    }

    /// A message that is taken is written, by the client's encoder, so that it is read as the same one.
    static let clientMessages = FuzzTarget(name: "client-messages") { input in
        guard var message = try? withExactCopy(of: input, { try ClientMessage.decode(frame: $0) }) else { return }
        if case .hello(var hello) = message {
            // Only ever read: a join that cost nothing but itself.
            hello.refusedJoin = nil
            message = .hello(hello)
        }
        var written: [UInt8] = []
        message.encode(into: &written)
        let again: ClientMessage
        do {
            again = try written.withUnsafeBytes { try ClientMessage.decode(frame: $0) }
        } catch {
            throw Finding(description: "cannot read its own \(text(written)): \(error)")
        }
        try demand(again == message, "reads its own \(text(written)) differently")
    }

    static let serverMessages = FuzzTarget(name: "server-messages") { input in
        guard let value = try? withExactCopy(of: input, { try JSONParser.parse($0, depthMax: 64) }),
            let message = try? ServerMessage.decode(value)
        else { return }
        if case .unknown = message { return }
        var written: [UInt8] = []
        message.encode(into: &written)
        let again: ServerMessage
        do {
            again = try ServerMessage.decode(JSONParser.parse(written, depthMax: 64))
        } catch {
            throw Finding(description: "cannot read its own \(text(written)): \(error)")
        }
        try demand(again == message, "reads its own \(text(written)) differently")
    }
}

extension ClientMessage {
    /// By the `type` that is written.
    fileprivate var kind: MessageKind {
        var written: [UInt8] = []
        self.encode(into: &written)
        let type = (try? JSONParser.parse(written))?["type"]?.string
        return MessageKind.allCases.first { $0.text.map { "\($0)" } == type } ?? .meeting
    }
}
