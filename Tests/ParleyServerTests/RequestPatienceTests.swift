import ParleyProtocol
import ParleyServer
import Testing

@Suite("How long plain HTTP may take")
struct RequestPatienceTests {
    private var patience = RequestPatience(limits: Limits())
    private let usual = Limits().plainAnswerMilliseconds

    @Test("each request and each answer begins anew")
    mutating func turns() {
        #expect(self.patience.requestEnded() == self.usual)
        #expect(self.patience.answerEnded() == self.usual)
        #expect(self.patience.requestEnded() == self.usual)
        #expect(self.patience.requestEnded() == self.usual)
        #expect(self.patience.answerEnded() == self.usual)
        #expect(self.patience.answerEnded() == self.usual)
    }

    @Test("a body that is answered before it has come gets no more time")
    mutating func bodies() {
        #expect(self.patience.answerEnded() == nil)
        #expect(self.patience.requestEnded() == self.usual)
    }
}
