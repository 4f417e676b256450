import Crypto
import NIOCore
import ParleyEngine
import ParleyLoad
import ParleyProtocol
import ParleyServer

extension FuzzTarget {
    /// A line for each: what an operator orders, an entry of the log of revocations, or a snapshot of it.
    static let revocations = FuzzTarget(name: "revocations") { input in
        var book = RevocationBook()
        for line in lines(of: input).prefix(40) {
            if let order = RevocationOrder(line, Limits()) { try Self.check(order, &book) }
            let stored = LogEntry(
                after: .start,
                uid: 1,
                author: NodeID(high: 5, low: 6),
                payload: ByteBuffer(bytes: line)
            )
            let entry = RevocationLog.Entry(stored)
            let written = LogEntry(after: .start, uid: 1, author: NodeID(high: 5, low: 6), payload: entry.payload)
            try demand(RevocationLog.Entry(written) == entry, "reads its own entry differently")
            for change in entry.changes {
                book.apply(change)
                guard case .revoke(let revocation) = change else { continue }
                try demand(book.revokes([revocation.mark]), "revoked, and not")
            }
            let snapshot = RevocationLog.revocations(in: ByteBuffer(bytes: line))
            let again = RevocationLog.revocations(in: RevocationLog.payload(snapshot))
            try demand(again == snapshot, "reads its own snapshot differently")
        }
        let all = book.all
        try demand(RevocationBook(all).all == all, "a book that changes")
        try demand(book.page(after: all.first?.mark, limit: 100).count == min(100, max(0, all.count - 1)), "a page")
        book.expire(at: Instant(milliseconds: .max))
        try demand(book.count == 0, "a revocation lasts for ever")
    }

    private static func check(_ order: RevocationOrder, _ book: inout RevocationBook) throws {
        let until = order.until ?? Instant(milliseconds: 1)
        let revocation = Revocation(order.subject, since: Instant(milliseconds: 0), until: until, reason: order.reason)
        let words = String(decoding: revocation.json.encoded, as: UTF8.self)
        try demand(!words.contains("\n"), "a revocation of several lines")
        book.apply(.revoke(revocation))
        try demand(book.contains(revocation.mark), "revoked, and not in the book")
        try demand(RevocationMark(order.subject) == revocation.mark, "another mark")
    }

    /// A file, whose lines are also sealed as if we had written them: with a key if the first byte is odd. Whatever
    /// stands in it, the verification ends with a verdict, and a server goes on with it, or says why not.
    static let audit = FuzzTarget(name: "audit") { input in
        var feed = Feed(input)
        let flags = feed.byte()
        let key = flags & 1 == 0 ? nil : SymmetricKey(data: Array(repeating: UInt8(3), count: 32))
        let parts = lines(of: feed.rest).prefix(40)
        try Self.verify(parts.map { $0 }, key, isEnded: flags & 2 == 0)
        try Self.verify(parts.map { Self.sealed($0, key) }, key, isEnded: flags & 2 == 0)
        try Self.goOn(with: Array(feed.rest), key)
        try Self.goOn(with: Array(parts.map { Self.sealed($0, key) }.joined(separator: [0x0A])) + [0x0A], key)
    }

    /// With the hash that it needs, so that what is behind the hash is looked at.
    private static func sealed(_ line: [UInt8], _ key: SymmetricKey?) -> [UInt8] {
        guard line.last == UInt8(ascii: "}") else { return line }
        let bytes = Array(line.dropLast())
        let hash =
            if let key {
                AuditChain.hexadecimal(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
            } else {
                AuditChain.hexadecimal(SHA256.hash(data: bytes))
            }
        return bytes + Array(#","hash":"\#(hash)"}"#.utf8)
    }

    private static func verify(_ lines: [[UInt8]], _ key: SymmetricKey?, isEnded: Bool) throws {
        var verification = AuditVerification(key: key, head: AuditChain.beginning)
        verification.beginFile()
        do throws(AuditChain.Fault) {
            for (index, line) in lines.enumerated() {
                try verification.read(line, isEnded: isEnded || index + 1 < lines.count)
            }
            try verification.finish()
        } catch {
            return try demand(error.description.utf8.allSatisfy { 0x20..<0x7F ~= $0 }, "a fault of several lines")
        }
        try demand(
            verification.lines <= lines.count && verification.position == lines.count,
            "lines that are not there"
        )
        try demand(verification.missing >= 0, "\(verification.missing) entries are missing")
        guard verification.lines > 0 else { return }
        let span = verification.number - verification.first
        try demand(span == Int64(verification.lines - 1), "numbers that do not follow")
    }

    /// As a server that starts does, and writes.
    private static func goOn(with file: [UInt8], _ key: SymmetricKey?) throws {
        var chain = AuditChain(key: key)
        let tail: AuditTail
        do throws(AuditChain.Fault) { tail = try AuditTail(file, chain) } catch { return }
        if let last = tail.last { chain.stand(at: last) }
        let now = Instant(milliseconds: 1_795_226_400_000)
        let entry = tail.torn?.entry(at: now) ?? AuditEntry(.serverStarted, at: now)
        let before = chain
        let line = chain.append(entry).dropLast()
        var reader = before
        do throws(AuditChain.Fault) {
            try reader.follow(reader.read(line))
        } catch {
            throw Finding(description: "cannot read its own line: \(error)")
        }
        try demand(reader.hash == chain.hash && reader.number == chain.number, "its own line is another")
    }

    /// A signal, or events, as a load sees them arrive.
    static let loadSignals = FuzzTarget(name: "load-signals") { input in
        if let value = try? JSONParser.parse(input), case .events(let message)? = try? ServerMessage.decode(value) {
            let start = RoomStand(position: .start, state: [:], hash: StateHash(of: [:]))
            let frame = HeardFrame(message)
            let after = frame.applied(to: start)
            try demand(after.hash == StateHash(of: after.state), "the hash is another")
            try demand(after == frame.applied(to: start) && after.position == message.at, "the second time another")
        }
        guard let signal = withExactCopy(of: input, { ArrivedSignal($0) }) else { return }
        let bytes = min(input.count, 600)
        let text = SignalText(to: ParticipantID(high: 1, low: 2), bytes: bytes)
        let length = text.length(signal.n, floor: UInt64(input.count))
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: length, alignment: 1)
        defer { target.deallocate() }
        text.write(signal.n, floor: UInt64(input.count), to: target)
        try demand(length >= bytes, "shorter than was asked for")
        let again = ArrivedSignal(UnsafeRawBufferPointer(target))
        try demand(again == ArrivedSignal(n: signal.n, isWhole: true), "its own signal is \(again as Any)")
    }
}

extension FuzzTarget {
    /// What a vendor of relays answers.
    static let relays = FuzzTarget(name: "relays") { input in
        guard let json = try? JSONParser.parse(Array(input)), let grant = try? VendorGrant(json) else { return }
        try demand(grant.servers.count <= VendorGrant.serversMax, "\(grant.servers.count) servers")
        for server in grant.servers {
            try demand(1...VendorGrant.addressesMax ~= server.urls.count, "\(server.urls.count) addresses")
            let texts = server.urls + [server.username, server.credential].compactMap { $0 }
            try demand(texts.allSatisfy { $0.utf8.count <= VendorGrant.textBytesMax }, "a text is too long")
            try demand(server.urls.allSatisfy { TurnAddress($0) != nil }, "an address that is none")
        }
    }

    /// The keys that an issuer publishes. What is public is never a secret.
    static let keySets = FuzzTarget(name: "key-sets") { input in
        guard let json = try? JSONParser.parse(Array(input)) else { return }
        let keys = try runNow { await TokenKey.set(json) }
        guard let keys else { return try demand(json["keys"]?.array == nil, "a set that is none") }
        try demand(keys.count <= Limits().keysPerIssuerMax, "\(keys.count) keys")
        for key in keys {
            let algorithms = key.algorithmsInUse
            try demand(!algorithms.isEmpty, "a key for nothing")
            let secrets: [TokenAlgorithm] = [.hs256, .hs384, .hs512]
            try demand(algorithms.allSatisfy { !secrets.contains($0) }, "a public key is taken for a secret")
        }
    }
}
