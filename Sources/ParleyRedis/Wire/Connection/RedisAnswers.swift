import NIOCore
import ParleyEngine

/// What is known of several requests: told in one hop to each loop on which somebody waits.
struct RedisAnswers {
    typealias Answer = (promise: EventLoopPromise<RESPValue>, result: Result<RESPValue, EngineError>)

    /// Few loops wait for one connection.
    private var due: [(eventLoop: any EventLoop, answers: [Answer])] = []

    mutating func add(_ request: RedisRequest, _ result: Result<RESPValue, EngineError>) {
        let eventLoop = request.promise.futureResult.eventLoop
        if let index = self.due.firstIndex(where: { $0.eventLoop === eventLoop }) {
            self.due[index].answers.append((request.promise, result))
        } else {
            self.due.append((eventLoop, [(request.promise, result)]))
        }
    }

    /// Those whom it is for, once each; nothing is due afterwards.
    mutating func takeAll() -> [(eventLoop: any EventLoop, answers: [Answer])] {
        defer { self.due.removeAll(keepingCapacity: true) }
        return self.due
    }

    static func tell(_ due: [(eventLoop: any EventLoop, answers: [Answer])]) {
        for (eventLoop, answers) in due {
            if eventLoop.inEventLoop {
                for answer in answers { answer.promise.completeWith(answer.result.mapError { $0 }) }
            } else {
                eventLoop.execute {
                    for answer in answers { answer.promise.completeWith(answer.result.mapError { $0 }) }
                }
            }
        }
    }
}
