import Crypto
import NIOCore
import ParleyEngine
import ParleyProtocol

/// The key that signs resume secrets: a log whose first append wins, so that all nodes sign with the same one.
extension Gateway {
    private static let keyLog = LogID(.keys, "resume")

    /// Completes when there is a key: nobody can be greeted before.
    func loadKeys() -> EventLoopFuture<Void> {
        let promise = self.eventLoop.makePromise(of: Void.self)
        self.loadKeys(promise)
        return promise.futureResult
    }

    /// The engine may have lost it: whoever comes first gives it back.
    func renewKeys() {
        self.loadKeys(self.eventLoop.makePromise(of: Void.self))
    }

    private func loadKeys(_ promise: EventLoopPromise<Void>) {
        self.engine.read(Self.keyLog, after: nil, on: self.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let read):
                guard let entry = read.entries.last else { return self.createKey(promise) }
                self.keys.adopt(SymmetricKey(data: Array(entry.payload.readableBytesView)))
                promise.succeed()
            case .failure: self.loadKeysLater(promise)
            }
        }
    }

    private func createKey(_ promise: EventLoopPromise<Void>) {
        let key = self.keys.newest ?? (0..<ResumeKeys.keyBytes).map { _ in self.random.next() }
        let entry = LogEntry(
            after: .start,
            uid: self.makeEntryUID(),
            author: self.node,
            payload: ByteBuffer(bytes: key)
        )
        self.engine.append(
            entry,
            to: Self.keyLog,
            retention: .untilRetired,
            in: self.engine.incarnation,
            on: self.eventLoop
        ).assumeIsolated().whenComplete { result in
            switch result {
            // Whatever became of it, the log knows whose key it is.
            case .success(.appended), .success(.conflict), .failure(EngineError.ambiguous): self.loadKeys(promise)
            case .success(.engineChanged), .failure: self.loadKeysLater(promise)
            }
        }
    }

    private func loadKeysLater(_ promise: EventLoopPromise<Void>) {
        self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(250)) { self.loadKeys(promise) }
    }
}
