package import ParleyProtocol

/// How long a connection of plain HTTP may take, whatever it sends meanwhile.
///
/// ```
/// receiving --request is whole--> answering --answer is out--> waiting --request is whole--> answering
/// ```
///
/// A timer that begins anew with each byte would let somebody who sends one now and then stay for ever.
package struct RequestPatience: Hashable, Sendable {
    private let answerMilliseconds: Int
    /// Requests that are whole, and answers.
    private var requests = 0
    private var answers = 0

    package init(limits: Limits) {
        self.answerMilliseconds = limits.plainAnswerMilliseconds
    }

    /// A request is whole.
    ///
    /// - Returns: after how many milliseconds the connection ends, unless one of these methods is called before.
    package mutating func requestEnded() -> Int? {
        self.requests += 1
        return self.answerMilliseconds
    }

    /// An answer is out.
    ///
    /// - Returns: `nil`: as it was said before; what is answered already is still being sent.
    package mutating func answerEnded() -> Int? {
        self.answers += 1
        return self.answers > self.requests ? nil : self.answerMilliseconds
    }
}
