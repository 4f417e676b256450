import ParleyTransport

extension FuzzTarget {
    /// Role, kinds and sizes; how the bytes are cut; and what a peer sends. What is heard does not depend on the cuts.
    static let frames = FuzzTarget(name: "frames") { input in
        var feed = Feed(input)
        let flags = feed.byte()
        let reading = Reading(
            role: flags & 1 == 0 ? .server : .client,
            acceptsBinary: flags & 2 != 0,
            messageBytesMax: [125, 200, 1_000, 70_000][Int(flags >> 2 & 3)]
        )
        let cuts = (0..<Int(feed.byte() & 7)).map { _ in Int(feed.byte()) + 1 }
        let stream = feed.rest
        let whole = try reading.hear(stream, cuts: [])
        try demand(whole == reading.hear(stream, cuts: [1]), "byte by byte something else is heard")
        try demand(whole == reading.hear(stream, cuts: cuts), "cut after \(cuts) something else is heard")
    }

    private enum Heard: Equatable {
        case text([UInt8])
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        case close(UInt16?)
        case violation(WebSocketViolation)

        init(_ event: WebSocketFrameDecoder.Event) {
            switch event {
            case .text(let payload): self = .text(Array(payload))
            case .binary(let payload): self = .binary(Array(payload))
            case .ping(let payload): self = .ping(Array(payload))
            case .pong(let payload): self = .pong(Array(payload))
            case .close(let code): self = .close(code)
            case .violation(let violation): self = .violation(violation)
            }
        }
    }

    private struct Reading {
        let role: WebSocketRole
        let acceptsBinary: Bool
        let messageBytesMax: Int

        /// - Parameter cuts: lengths of reads, over and over; none: all in one.
        func hear(_ stream: UnsafeRawBufferPointer, cuts: [Int]) throws -> [Heard] {
            let scratch = UnsafeMutableRawBufferPointer.allocate(
                byteCount: max(self.messageBytesMax, 125),
                alignment: 16
            )
            defer { scratch.deallocate() }
            var decoder = WebSocketFrameDecoder(
                role: self.role,
                messageBytesMax: self.messageBytesMax,
                acceptsBinary: self.acceptsBinary
            )
            var (heard, rest, turn): ([Heard], UnsafeRawBufferPointer, Int) = ([], stream, 0)
            repeat {
                let length = cuts.isEmpty ? rest.count : min(cuts[turn % cuts.count], rest.count)
                turn += 1
                try withExactCopy(of: UnsafeRawBufferPointer(rebasing: rest[..<length])) { read in
                    var read = read
                    while let event = decoder.next(in: &read, scratch: scratch) {
                        try self.add(Heard(event), to: &heard)
                    }
                    try demand(read.isEmpty, "the decoder leaves \(read.count) bytes")
                }
                rest = UnsafeRawBufferPointer(rebasing: rest[length...])
            } while !rest.isEmpty
            return heard
        }

        private func add(_ event: Heard, to heard: inout [Heard]) throws {
            switch heard.last {
            case .close, .violation: throw Finding(description: "something is heard after the end")
            case .text, .binary, .ping, .pong, nil: break
            }
            switch event {
            case .text(let bytes):
                try demand(bytes.count <= self.messageBytesMax, "a message is too long")
                try demand(String(validating: bytes, as: UTF8.self) != nil, "a text is not UTF-8")
            case .binary(let bytes):
                try demand(self.acceptsBinary && bytes.count <= self.messageBytesMax, "a binary message")
            case .ping(let bytes), .pong(let bytes): try demand(bytes.count <= 125, "a control frame is too long")
            case .close, .violation: break
            }
            heard.append(event)
        }
    }

    /// Each byte is something that happens to a connection: it is told once that it is over, and says goodbye once.
    static let closings = FuzzTarget(name: "closings") { input in
        var feed = Feed(input)
        var machine = WebSocketClosing(role: feed.byte() & 1 == 0 ? .server : .client)
        var (goodbyes, ends) = (0, 0)
        while !feed.rest.isEmpty {
            let byte = feed.byte()
            let code: UInt16? = byte & 8 == 0 ? nil : 4_000
            let effect: WebSocketClosing.Effect? =
                switch byte & 7 {
                case 0: machine.close(code: code, end: .peerClosed)
                case 1: machine.close(code: 1_002, end: .violation(.reservedBits))
                case 2, 3: machine.peerClosed(code: code)
                case 4, 5: machine.endNow(.lost)
                default: machine.channelGone()
                }
            switch effect {
            case .sendClose, .sendCloseAndEndOutput, .echoClose: goodbyes += 1
            case .tell: ends += 1
            case .endChannel, nil: break
            }
            try demand(goodbyes <= 1 && ends <= 1, "\(goodbyes) close frames, told \(ends) times")
            try demand(machine.isGone == (ends == 1), "gone and told are not the same")
        }
    }
}
