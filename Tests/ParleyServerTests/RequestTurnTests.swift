import ParleyProtocol
import ParleyServer
import Testing

@Suite("The turns of plain HTTP on one connection")
struct RequestTurnTests {
    private var turn = RequestTurn<String>(limits: Self.limits)
    private var log: [String] = []

    private static let limits: Limits = {
        var limits = Limits()
        limits.plainRequestsHeldMax = 2
        return limits
    }()

    private mutating func note(_ effect: RequestTurn<String>.Effect?) {
        switch effect {
        case .pass(let part): self.log.append(part)
        case .ask: self.log.append("ask")
        case .close: self.log.append("close")
        case nil: break
        }
    }

    /// A letter for a request, capital for its head, then its body, then a full stop.
    private mutating func receive(_ parts: String...) {
        for part in parts {
            self.note(
                self.turn.received(part, part.contains(".") ? .end : part == part.uppercased() ? .beginning : .middle)
            )
        }
    }

    private mutating func begin() { self.log += self.turn.begin() }

    private mutating func answer() { self.note(self.turn.answered()) }

    @Test("a request waits for its turn, whole or not")
    mutating func waiting() {
        self.receive("A", "a")
        #expect(self.log == ["ask"])
        #expect(self.turn.isHolding)
        self.begin()
        #expect(self.log == ["ask", "A", "a"])
        self.receive("a", "a.")
        #expect(self.log == ["ask", "A", "a", "a", "a."])
        #expect(!self.turn.isHolding)
        self.answer()
        self.receive("B")
        #expect(self.log == ["ask", "A", "a", "a", "a.", "ask"])
    }

    @Test("the next one asks when the one before it is answered, not earlier")
    mutating func order() {
        self.receive("A", "a.", "B", "b.")
        self.begin()
        #expect(self.log == ["ask", "A", "a."])
        self.begin()
        #expect(self.log == ["ask", "A", "a."])
        self.answer()
        #expect(self.log == ["ask", "A", "a.", "ask"])
        self.begin()
        #expect(self.log == ["ask", "A", "a.", "ask", "B", "b."])
    }

    @Test("an answer to half a request is no end of it")
    mutating func early() {
        self.receive("A")
        self.begin()
        self.answer()
        self.receive("a", "a.")
        #expect(self.log == ["ask", "A", "a", "a."])
        self.receive("B")
        #expect(self.log.last == "ask")
    }

    @Test("who sends more than may be held is closed, and holds nothing")
    mutating func tooMany() {
        self.receive("A", "a.", "B", "b.")
        #expect(self.log == ["ask"])
        self.receive("C")
        #expect(self.log == ["ask", "close"])
        #expect(!self.turn.isHolding)
        self.receive("c.", "D")
        self.begin()
        self.answer()
        #expect(self.log == ["ask", "close"])
    }
}
