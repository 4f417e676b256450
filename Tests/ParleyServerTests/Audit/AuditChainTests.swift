import Crypto
import ParleyProtocol
import ParleyServer
import Testing

@Suite("Audit: lines that hold on to each other")
struct AuditChainTests {
    static let key = SymmetricKey(data: Array("a key of at least thirty-two bytes".utf8))

    /// A log of so many lines, without their ends.
    static func log(_ count: Int, key: SymmetricKey? = nil) -> [[UInt8]] {
        var chain = AuditChain(key: key)
        return (1...count).map { index in
            let time = Instant(milliseconds: 1_795_226_400_000 + Int64(index))
            let person = AuditPerson(identity: IdentityID(high: 1, low: UInt64(index)))
            return chain.append(AuditEntry(.joined, at: time, by: .person(person), target: person)).dropLast()
        }
    }

    /// Where the lines stop holding, and why; `nil`: they hold.
    static func fault(
        _ lines: [[UInt8]],
        key: SymmetricKey? = nil
    ) -> (line: Int, fault: AuditChain.Fault)? {
        var verification = AuditVerification(key: key)
        do throws(AuditChain.Fault) {
            for line in lines { try verification.read(line) }
            try verification.finish()
            return nil
        } catch {
            return (verification.position, error)
        }
    }

    @Test func `a line says all of it, and is the same for ever`() throws {
        var chain = AuditChain()
        let person = AuditPerson(
            identity: IdentityID(high: 0, low: 1),
            participant: ParticipantID(high: 0, low: 2),
            token: "t-1",
            issuer: "https://login.example.org"
        )
        let first = chain.append(AuditEntry(.serverStarted, at: Instant(milliseconds: 1_795_226_400_123)))
        let second = chain.append(
            AuditEntry(
                .muted,
                at: Instant(milliseconds: 1_795_226_400_124),
                in: RoomID(high: 0, low: 3),
                by: .person(person),
                target: AuditPerson(participant: ParticipantID(high: 0, low: 4)),
                reason: "\"x\"\n",
                details: ["audio": true]
            )
        )
        let text = String(decoding: first + second, as: UTF8.self)
        #expect(text.hasSuffix("\n"))
        let lines = text.split(separator: "\n").map(String.init)
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix(#"{"number":1,"time":"2026-11-21T02:00:00.123Z","action":"server-started""#))
        #expect(lines[0].contains(#""previous":"\#(AuditChain.beginning)""#))
        let hash = try #require(lines[0].split(separator: "\"").dropLast().last)
        #expect(lines[1].contains(#""previous":"\#(hash)""#))
        for part in [
            #""actor":{"kind":"person","identity":"i_"#, #""token":"t-1","issuer":"https://login.example.org""#,
            #""reason":"\"x\"\n","details":{"audio":true}"#,
        ] {
            #expect(lines[1].contains(part), "\(lines[1])")
        }
        // The hash is over exactly the bytes in front of it.
        let bytes = Array(lines[0].utf8).dropLast(75)
        #expect(AuditChain.hexadecimal(SHA256.hash(data: Array(bytes))) == hash)
    }

    @Test(arguments: [nil, key])
    func `what is as it was written holds`(key: SymmetricKey?) {
        #expect(Self.fault(Self.log(5, key: key), key: key) == nil)
    }

    @Test func `a part of it holds, and says where it begins`() throws {
        var verification = AuditVerification()
        for line in Self.log(5).dropFirst(2) { try verification.read(line) }
        #expect(verification.first == 3)
        #expect(verification.number == 5)
    }

    // MARK: Tampering

    @Test(arguments: [nil, key])
    func `any changed byte of any line is found, in its line`(key: SymmetricKey?) {
        let log = Self.log(3, key: key)
        for line in log.indices {
            for byte in log[line].indices {
                var changed = log
                changed[line][byte] ^= 1
                let found = Self.fault(changed, key: key)
                #expect(found?.line == line + 1, "byte \(byte) of line \(line + 1)")
            }
        }
    }

    @Test func `a removed line is found, and named`() {
        var log = Self.log(5)
        log.remove(at: 2)
        let found = Self.fault(log)
        #expect(found?.line == 3)
        #expect(found?.fault == .gap(from: 3, to: 3))
        log.remove(at: 2)
        #expect(Self.fault(log)?.fault == .gap(from: 3, to: 4))
    }

    @Test func `an inserted or repeated line is found`() {
        var log = Self.log(5)
        log.insert(log[1], at: 3)
        #expect(Self.fault(log)?.line == 4)
        #expect(Self.fault(log)?.fault == .misplaced(expected: 4))
        // One of another log, whose number fits.
        var other = AuditChain()
        for _ in 0..<3 { _ = other.append(AuditEntry(.left, at: Instant(milliseconds: 0))) }
        log = Self.log(3)
        log.append(other.append(AuditEntry(.left, at: Instant(milliseconds: 0))).dropLast())
        #expect(Self.fault(log)?.line == 4)
        #expect(Self.fault(log)?.fault == .notContinuing)
    }

    @Test func `lines that have changed their places are found`() {
        var log = Self.log(5)
        log.swapAt(1, 3)
        #expect(Self.fault(log)?.line == 2)
        #expect(Self.fault(log)?.fault == .gap(from: 2, to: 3))
    }

    @Test func `a tail that is missing shows by a head that was kept`() throws {
        let log = Self.log(5)
        var whole = AuditVerification()
        for line in log { try whole.read(line) }
        var short = AuditVerification(head: whole.hash)
        for line in log.dropLast() { try short.read(line) }
        #expect(short.headAt == nil)
        var long = AuditVerification(head: whole.hash)
        for line in log { try long.read(line) }
        #expect(long.headAt == 5)
    }

    @Test func `whoever has no key cannot make the log anew`() {
        let forged = Self.log(3)
        #expect(Self.fault(forged) == nil, "without a key it holds: that is what the key is for")
        #expect(Self.fault(forged, key: Self.key)?.fault == .keyless)
        let other = SymmetricKey(data: Array("another key of thirty-two bytes ..".utf8))
        #expect(Self.fault(Self.log(3, key: other), key: Self.key)?.fault == .wrongHash(isKeyed: true))
        #expect(Self.fault(Self.log(3, key: Self.key))?.fault == .keyNeeded)
    }

    // MARK: What was not written to its end

    /// The bytes of a file that was cut somewhere, and what a server that goes on would add.
    @Test func `a torn line is told, stays, and is admitted by the next one`() throws {
        let log = Self.log(3)
        let whole = Array(log.joined(separator: [0x0A])) + [0x0A]
        let second = log[0].count + 1
        for cut in (second + log[1].count + 2)..<(whole.count - 1) {
            let bytes = Array(whole[..<cut])
            let tail = try AuditTail(bytes, AuditChain())
            let torn = try #require(tail.torn, "cut at \(cut)")
            #expect(tail.last?.number == 2)
            var chain = AuditChain()
            chain.stand(at: try #require(tail.last))
            let admitted = chain.append(torn.entry(at: Instant(milliseconds: 0))).dropLast()
            let next = chain.append(AuditEntry(.left, at: Instant(milliseconds: 0))).dropLast()
            let rest = Array(bytes[(second + log[1].count + 1)...])
            #expect(Self.fault([log[0], log[1], rest, Array(admitted), Array(next)]) == nil)
            // Nobody else's rest passes for it.
            let found = Self.fault([log[0], log[1], rest + [0x20], Array(admitted)])
            #expect(found?.line == 3)
            #expect(found?.fault == .unreadable)
        }
    }

    @Test func `a last line that lacks nothing but its end is the last line`() throws {
        let log = Self.log(2)
        let bytes = log[0] + [0x0A] + log[1]
        let tail = try AuditTail(bytes, AuditChain())
        #expect(tail.last?.number == 2)
        #expect(tail.lacksNewline)
        #expect(tail.torn == nil)
    }

    @Test func `an empty file begins a log, and nonsense is not continued`() throws {
        #expect(try AuditTail([], AuditChain()).last == nil)
        #expect(throws: AuditChain.Fault.unreadable) { try AuditTail(Array("hello\n".utf8), AuditChain()) }
        var log = Self.log(2)
        log[1][20] ^= 1
        let bytes = Array(log.joined(separator: [0x0A])) + [0x0A]
        #expect(throws: AuditChain.Fault.wrongHash(isKeyed: false)) { try AuditTail(bytes, AuditChain()) }
    }

    @Test func `a line that is no JSON, or has a member twice, is none`() {
        let chain = AuditChain()
        var line = Self.log(1)[0]
        line.insert(contentsOf: Array(#""number":1,"#.utf8), at: 1)
        #expect(throws: AuditChain.Fault.unreadable) { try chain.read(line) }
        #expect(throws: AuditChain.Fault.unreadable) { try chain.read([]) }
    }

    /// A line that anybody could have made: without a key.
    private static func line(_ number: Int64, missing count: Int64, previous: String = AuditChain.beginning) -> [UInt8]
    {
        let object: JSONObject = [
            "number": .integer(number), "time": "2026-11-30T07:21:44.123Z", "action": "entries-missing",
            "details": ["count": .integer(count)], "previous": .string(previous),
        ]
        let bytes = JSONValue.object(object).encoded.dropLast()
        return bytes + Array(#","hash":"\#(AuditChain.hexadecimal(SHA256.hash(data: Array(bytes))))"}"#.utf8)
    }

    @Test func `a number behind which none follows is none of ours`() throws {
        let last = Self.line(AuditChain.numberMax, missing: 1)
        var chain = AuditChain()
        chain.stand(at: try chain.read(last))
        #expect(try AuditTail(last + [0x0A], AuditChain()).last?.number == AuditChain.numberMax)
        for number in [AuditChain.numberMax + 1, .max, 0, -1] {
            let line = Self.line(number, missing: 1)
            #expect(throws: AuditChain.Fault.unreadable) { try AuditChain().read(line) }
            #expect(throws: AuditChain.Fault.unreadable) { try AuditTail(line + [0x0A], AuditChain()) }
        }
    }

    @Test func `more missing entries than can be counted are as many as can be`() throws {
        var verification = AuditVerification()
        let first = Self.line(1, missing: .max)
        try verification.read(first)
        try verification.read(Self.line(2, missing: .max, previous: verification.hash))
        try verification.read(Self.line(3, missing: -5, previous: verification.hash))
        #expect(verification.missing == .max)
        #expect(verification.lines == 3)
    }
}
