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
            return .success(
                try book.issue(Self.authorization(name), to: Self.holder(name), random: Self.random(number), at: now)
            )
        } catch {
            return .failure(error)
        }
    }

    @Test func `a ticket brings back what it was made for, once`() throws {
        var book = TicketBook()
        let issued = try Self.issue(&book, 1).get()
        #expect(issued.text.utf8.count == 32)
        #expect(issued.expiresAt == Self.now.advanced(milliseconds: Limits().connectTicketMilliseconds))
        #expect(book.redeem(issued.text, at: Self.now) == Self.authorization())
        #expect(book.redeem(issued.text, at: Self.now) == nil)
        #expect(book.count == 0)
    }

    @Test func `after its time it is none, and one that was made up never was`() throws {
        var book = TicketBook()
        let first = try Self.issue(&book, 1).get()
        let second = try Self.issue(&book, 2).get()
        #expect(book.redeem(first.text, at: first.expiresAt.advanced(milliseconds: -1)) != nil)
        #expect(book.redeem(second.text, at: second.expiresAt) == nil)
        for text in ["", "x", first.text + "=", String(first.text.dropLast()), second.text.lowercased()] {
            #expect(book.redeem(text, at: Self.now) == nil)
        }
    }

    @Test func `one person has so many, and others have theirs all the same`() throws {
        var limits = Limits()
        limits.connectTicketsPerTokenMax = 3
        var book = TicketBook(limits: limits)
        for number in 0..<3 {
            let issued = try Self.issue(&book, number, at: Self.now.advanced(milliseconds: number * 1_000)).get()
            // That it was used makes room for none: who fetches again and again is slowed down.
            #expect(book.redeem(issued.text, at: Self.now) != nil)
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
