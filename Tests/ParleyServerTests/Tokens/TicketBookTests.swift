import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyServer
import Testing

@Suite("Tickets: good once, for a moment")
struct TicketBookTests {
    static let now = Instant(milliseconds: 1_795_226_400_000)

    private static func authorization(_ name: String = "ada") -> Authorization {
        Authorization(
            identity: TokenJudge.identity(issuer: nil, subject: name),
            name: nil,
            grant: Grant(),
            expiresAt: Self.now.advanced(milliseconds: 3_600_000),
            token: nil
        )
    }

    private static func holder(_ name: String = "ada") -> TicketBook.Holder {
        .identity(TokenJudge.identity(issuer: nil, subject: name))
    }

    /// Each number is another ticket.
    private static func random(_ number: Int) -> [UInt8] {
        (0..<TicketBook.randomBytes).map { UInt8(truncatingIfNeeded: number >> (8 * min($0, 7))) }
    }

    private static func issue(
        _ book: inout TicketBook,
        _ number: Int,
        to name: String = "ada",
        at now: Instant = now
    ) -> Result<TicketBook.Issued, TicketBook.Refusal> {
        do throws(TicketBook.Refusal) {
            return .success(try book.issue(to: Self.holder(name), random: Self.random(number), at: now))
        } catch {
            return .failure(error)
        }
    }

    private static func find(_ payloads: [ByteBuffer], at now: Instant = now) -> ConnectTicket.Finding {
        var (entries, top) = ([LogEntry](), Position.start)
        for (index, payload) in payloads.enumerated() {
            let node = NodeID(high: 1, low: 1)
            entries.append(LogEntry(after: top, uid: UInt64(index + 1), author: node, payload: payload))
            top = entries[index].position
        }
        let read = LogRead(continues: false, snapshot: nil, entries: entries, top: top)
        return ConnectTicket.find(in: read, at: now, limits: Limits())
    }

    @Test func `a ticket is good until somebody has used it, or its time is over`() throws {
        var book = TicketBook()
        let issued = try Self.issue(&book, 1).get()
        #expect(issued.text.utf8.count == 32)
        #expect(issued.expiresAt == Self.now.advanced(milliseconds: Limits().connectTicketMilliseconds))
        let ticket = ConnectTicket(Self.authorization(), expiresAt: issued.expiresAt)
        let place = Position(generation: 1, sequence: 1, uid: 1)
        #expect(Self.find([ticket.payload]) == .unused(ticket, after: place))
        #expect(Self.find([ticket.payload, ByteBuffer()]) == .used(ticket, by: 2))
        let last = issued.expiresAt.advanced(milliseconds: -1)
        #expect(Self.find([ticket.payload], at: last) == .unused(ticket, after: place))
        #expect(Self.find([ticket.payload], at: issued.expiresAt) == .notGood)
        #expect(Self.find([]) == .notGood)
        #expect(Self.find([ByteBuffer(string: "nothing that we wrote")]) == .notGood)
    }

    @Test func `its name in the engine says nothing of it`() {
        let log = ConnectTicket.log(of: "abc")
        #expect(log.kind == .ticket && !log.id.contains("abc"))
        #expect(ConnectTicket.log(of: "abd") != log)
    }

    @Test func `all that somebody has proven is the same on another node`() throws {
        var authorization = Self.authorization()
        authorization.name = try DisplayName("Ada Łovelace", bytesMax: 128)
        authorization.token = ParleyProtocol.Digest(sha256: (0..<32).map { UInt8($0) })
        (authorization.issuer, authorization.id, authorization.subject) = ("https://id.example.org", "t1", "ada")
        authorization.marks = [RevocationMark(.token("t1", issuer: nil)), RevocationMark(.person("ada", issuer: nil))]
        var grant = Grant()
        (grant.rooms, grant.mayCreate, grant.role, grant.bypass) = (["team-*", "fox"], true, .speaker, true)
        (grant.domain, grant.isOperator, grant.sessionSeconds) = ("example.org", true, 60)
        grant.permissions.taken.set(.share, true)
        grant.attributes = try #require([AttributeKey: AttributeValue](json: ["team": "red"], Limits()))
        authorization.grant = grant
        let ticket = ConnectTicket(authorization, expiresAt: Self.now)
        #expect(ConnectTicket(ticket.payload, limits: Limits()) == ticket)
        // Of another version: it might have been meant to forbid something.
        var object = try #require(authorization.json.object)
        object.append("onlyOnMondays", true)
        #expect(Authorization(json: .object(object), limits: Limits()) == nil)
    }

    @Test func `one person has so many, and others have theirs all the same`() throws {
        var limits = Limits()
        limits.connectTicketsPerTokenMax = 3
        var book = TicketBook(limits: limits)
        for number in 0..<3 {
            // That one is used makes room for none: who fetches again and again is slowed down.
            _ = try Self.issue(&book, number, at: Self.now.advanced(milliseconds: number * 1_000)).get()
        }
        let later = Self.now.advanced(milliseconds: 5_000)
        let refusal = TicketBook.Refusal(reason: .tooManyOfOne, retryAfterMilliseconds: 25_000)
        #expect(Self.issue(&book, 4, at: later) == .failure(refusal))
        #expect((try? Self.issue(&book, 5, to: "bob", at: later).get()) != nil)
        // When the first is over there is room for one.
        let then = Self.now.advanced(milliseconds: 30_000)
        #expect((try? Self.issue(&book, 6, at: then).get()) != nil)
        #expect((try? Self.issue(&book, 7, at: then).get()) == nil)
    }

    @Test func `all together have so many, and it is said when there is room`() throws {
        var limits = Limits()
        limits.connectTicketsMax = 10
        var book = TicketBook(limits: limits)
        for number in 0..<10 { _ = try Self.issue(&book, number, to: "person \(number)").get() }
        let later = Self.now.advanced(milliseconds: 29_999)
        let refusal = TicketBook.Refusal(reason: .tooManyInAll, retryAfterMilliseconds: 1)
        #expect(Self.issue(&book, 10, to: "eve", at: later) == .failure(refusal))
        #expect(book.count == 10)
        #expect((try? Self.issue(&book, 11, to: "eve", at: Self.now.advanced(milliseconds: 30_000)).get()) != nil)
        #expect(book.count == 1)
    }

    @Test func `a ticket can be for one room of its token alone`() throws {
        func narrowed(_ rooms: [String], _ room: String) throws -> [String]? {
            var grant = Grant()
            grant.rooms = rooms
            return grant.narrow(to: try RoomReference(room, limits: Limits())) ? grant.rooms : nil
        }
        #expect(try narrowed(["team-*", "fox"], "team-a") == ["team-a"])
        #expect(try narrowed(["*"], "team-a") == ["team-a"])
        #expect(try narrowed(["team-*"], "fox") == nil)
        #expect(try narrowed(["*"], "r_AAAAAAAAAAAAAAAAAAAAAA") == ["r_AAAAAAAAAAAAAAAAAAAAAA"])
        #expect(try narrowed(["fox"], "r_AAAAAAAAAAAAAAAAAAAAAA") == nil)
        #expect(try narrowed([], "fox") == nil)
    }
}
