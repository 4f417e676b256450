import ParleyProtocol
import ParleyServer
import Testing

@Suite("Revocations: one log, the same on all nodes")
struct RevocationLogTests {
    static let now = Instant(milliseconds: 1_795_226_400_000)

    private var log = RevocationLog()
    private var effects: [RevocationLog.Effect] = []

    private static func revocation(_ token: String, until milliseconds: Int = 60_000) -> Revocation {
        Revocation(
            .token(token, issuer: nil),
            since: Self.now,
            until: Self.now.advanced(milliseconds: milliseconds)
        )
    }

    private static func position(_ sequence: UInt64, _ uid: UInt64? = nil) -> Position {
        Position(generation: 1, sequence: sequence, uid: uid ?? sequence)
    }

    private static func entry(_ sequence: UInt64, _ changes: RevocationChange..., uid: UInt64? = nil)
        -> RevocationLog.Entry
    {
        let after = sequence == 1 ? Position.start : Self.position(sequence - 1)
        return RevocationLog.Entry(position: Self.position(sequence, uid), after: after, changes: changes)
    }

    private static func read(
        _ entries: [RevocationLog.Entry],
        continues: Bool = true,
        snapshot: [Revocation] = [],
        top: Position? = nil,
        mayLack: Bool = false
    ) -> RevocationLog.Read {
        RevocationLog.Read(
            continues: continues,
            snapshot: snapshot,
            entries: entries,
            top: top ?? entries.last?.position ?? .start,
            mayLack: mayLack
        )
    }

    /// What is done next, and forgotten.
    private mutating func does(_ step: (inout RevocationLog, inout [RevocationLog.Effect]) -> Void)
        -> [RevocationLog.Effect]
    {
        var effects: [RevocationLog.Effect] = []
        step(&self.log, &effects)
        return effects
    }

    private mutating func start() {
        #expect(self.does { $0.start(&$1) } == [.read(after: nil)])
        #expect(!self.log.isLoaded)
        #expect(self.does { $0.readCompleted(Self.read([], continues: false), &$1) } == [])
        #expect(self.log.isLoaded)
    }

    @Test("it holds when the log has it, and not before")
    mutating func holds() {
        self.start()
        let eve = Self.revocation("eve")
        #expect(self.does { $0.submit(.revoke(eve), for: 1, &$1) } == [])
        #expect(self.log.wantsAppend)
        let entry = Self.entry(1, .revoke(eve))
        #expect(self.does { $0.flush(uid: 1, &$1) } == [.append(entry)])
        #expect(!self.log.book.contains(eve.mark) && !self.log.wantsAppend)
        #expect(self.does { $0.appendCompleted(.appended, &$1) } == [.revoked([eve.mark]), .answer(1, .done)])
        #expect(self.log.book.contains(eve.mark))
    }

    @Test("somebody else was first: what they have said is read, and then one's own is said again")
    mutating func conflict() {
        self.start()
        let (eve, mallory) = (Self.revocation("eve"), Self.revocation("mallory"))
        _ = self.does { $0.submit(.revoke(eve), for: 1, &$1) }
        _ = self.does { $0.flush(uid: 9, &$1) }
        #expect(self.does { $0.appendCompleted(.conflict, &$1) } == [.read(after: .start)])
        let theirs = Self.read([Self.entry(1, .revoke(mallory))])
        #expect(self.does { $0.readCompleted(theirs, &$1) } == [.revoked([mallory.mark])])
        let again = RevocationLog.Entry(
            position: Self.position(2, 10),
            after: Self.position(1),
            changes: [.revoke(eve)]
        )
        #expect(self.does { $0.flush(uid: 10, &$1) } == [.append(again)])
    }

    @Test("an append whose outcome is unknown is looked for, and said again only if it is not there")
    mutating func unknown() {
        for isThere in [true, false] {
            self.log = RevocationLog()
            self.start()
            let eve = Self.revocation("eve")
            _ = self.does { $0.submit(.revoke(eve), for: 1, &$1) }
            _ = self.does { $0.flush(uid: 1, &$1) }
            #expect(self.does { $0.appendCompleted(.unknown, &$1) } == [.read(after: .start)])
            #expect(self.does { $0.readFailed(&$1) } == [.scheduleRetry])
            #expect(self.does { $0.retryTimerFired(&$1) } == [.read(after: .start)])
            let found = Self.read(isThere ? [Self.entry(1, .revoke(eve))] : [])
            let effects = self.does { $0.readCompleted(found, &$1) }
            #expect(effects == (isThere ? [.revoked([eve.mark]), .answer(1, .done)] : []))
            #expect(self.log.wantsAppend == !isThere)
        }
    }

    @Test("what others revoke holds here at once, and a hint that was lost is made up for")
    mutating func hears() {
        self.start()
        let (eve, mallory, oscar) = (Self.revocation("eve"), Self.revocation("mallory"), Self.revocation("oscar"))
        #expect(self.does { $0.received(Self.entry(1, .revoke(eve)), &$1) } == [.revoked([eve.mark])])
        #expect(self.does { $0.received(Self.entry(3, .revoke(oscar)), &$1) } == [.read(after: Self.position(1))])
        let missed = Self.read([Self.entry(2, .revoke(mallory)), Self.entry(3, .revoke(oscar))])
        #expect(self.does { $0.readCompleted(missed, &$1) } == [.revoked([mallory.mark, oscar.mark])])
        #expect(self.does { $0.receivedTop(Self.position(3), &$1) } == [])
        #expect(self.does { $0.receivedTop(Self.position(4), &$1) } == [.read(after: Self.position(3))])
    }

    @Test("it is lifted by its name, and what was never revoked cannot be")
    mutating func lifts() {
        self.start()
        let eve = Self.revocation("eve")
        _ = self.does { $0.received(Self.entry(1, .revoke(eve)), &$1) }
        _ = self.does { $0.submit(.lift(Self.revocation("ada").mark), for: 1, &$1) }
        #expect(self.does { $0.flush(uid: 2, &$1) } == [.answer(1, .unknown)])
        _ = self.does { $0.submit(.lift(eve.mark), for: 2, &$1) }
        _ = self.does { $0.flush(uid: 2, &$1) }
        #expect(self.does { $0.appendCompleted(.appended, &$1) } == [.answer(2, .done)])
        #expect(self.log.book.count == 0)
    }

    @Test("when its time is over it is forgotten")
    mutating func expires() {
        self.start()
        let (short, long) = (Self.revocation("eve", until: 1_000), Self.revocation("mallory", until: 2_000))
        _ = self.does { $0.received(Self.entry(1, .revoke(short), .revoke(long)), &$1) }
        self.log.expire(at: Self.now.advanced(milliseconds: 999))
        #expect(self.log.book.count == 2)
        self.log.expire(at: Self.now.advanced(milliseconds: 1_000))
        #expect(self.log.book.all == [long])
    }

    @Test("there are so many, and one more is refused; another word about one that is there is not one more")
    mutating func bound() {
        var limits = Limits()
        limits.revocationsMax = 2
        limits.revocationsPendingMax = 4
        self.log = RevocationLog(limits: limits)
        self.start()
        let names = ["a", "b", "c"]
        for (index, name) in names.enumerated() {
            _ = self.does { $0.submit(.revoke(Self.revocation(name)), for: UInt64(index), &$1) }
        }
        _ = self.does { $0.submit(.revoke(Self.revocation("a", until: 90_000)), for: 3, &$1) }
        #expect(self.does { $0.submit(.revoke(Self.revocation("d")), for: 4, &$1) } == [.answer(4, .unavailable)])
        let first = self.does { $0.flush(uid: 1, &$1) }
        #expect(first.first == .answer(2, .tooMany))
        _ = self.does { $0.appendCompleted(.appended, &$1) }
        #expect(self.log.book.count == 2)
        #expect(self.log.book.all.map(\.until).max() == Self.now.advanced(milliseconds: 90_000))
    }

    @Test("an engine that has lost them gets them back; a snapshot that has them not says that they were lifted")
    mutating func heals() {
        let (eve, mallory) = (Self.revocation("eve"), Self.revocation("mallory"))
        for mayLack in [true, false] {
            self.log = RevocationLog()
            self.start()
            _ = self.does { $0.received(Self.entry(1, .revoke(eve)), &$1) }
            _ = self.does { $0.receivedTop(Self.position(7), &$1) }
            let read = Self.read(
                [],
                continues: false,
                snapshot: [mallory],
                top: Self.position(7),
                mayLack: mayLack
            )
            #expect(self.does { $0.readCompleted(read, &$1) } == [.revoked([mallory.mark])])
            #expect(self.log.book.contains(eve.mark) == mayLack)
            #expect(self.log.wantsAppend == mayLack)
        }
    }

    @Test("after some hundred entries there is a snapshot, so that whoever starts reads few")
    mutating func snapshots() {
        self.start()
        var snapshots: [RevocationLog.Effect] = []
        for sequence in UInt64(1)...600 {
            let change = RevocationChange.revoke(Self.revocation("\(sequence % 3)"))
            snapshots += self.does { $0.received(Self.entry(sequence, change), &$1) }.filter {
                if case .writeSnapshot = $0 { true } else { false }
            }
        }
        #expect(snapshots.count == 2)
        #expect(snapshots.first == .writeSnapshot(Self.position(256), self.log.book.all))
    }

    @Test("a token is meant by its name alone, or by name and issuer; nobody else's is")
    func marks() {
        let anybody = RevocationMark(.token("t1", issuer: nil))
        let login = RevocationMark(.token("t1", issuer: "login"))
        #expect(anybody != login)
        #expect(RevocationMark(.token("t1", issuer: "other")) != login)
        #expect(RevocationMark(.person("t1", issuer: nil)) != anybody)
        let ada = TokenJudge.identity(issuer: "login", subject: "ada")
        #expect(RevocationMark(.person("ada", issuer: "login")) == RevocationMark(.identity(ada)))
    }
}
