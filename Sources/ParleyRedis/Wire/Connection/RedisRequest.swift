import NIOCore
import ParleyEngine

/// Something that was asked, and who waits for the answer.
struct RedisRequest: Sendable {
    enum Question: Sendable {
        case command(RedisCommand)
        case script(RedisScript, keys: [ByteBuffer], arguments: [ByteBuffer])
    }

    let question: Question
    /// What decides which server of a cluster is asked.
    let key: RedisKey
    /// Only in this life of the engine; in every one without.
    let incarnation: EngineIncarnation?
    let promise: EventLoopPromise<RESPValue>
    /// How often another server was named.
    var redirects = 0

    func fail(_ error: EngineError) { self.promise.fail(error) }
}
