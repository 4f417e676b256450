import Crypto
import NIOCore
import ParleyEngine
import ParleyProtocol

/// The keys that sign resume secrets: a log whose last entry signs, so that all nodes sign with the same one, and all
/// of whose entries are believed.
///
/// It has one entry, and more only after an engine has lost everything: then every node that knows a key which the
/// log lacks gives it back, whoever was first, and what was signed before stays good.
extension Gateway {
    private static let keyLog = LogID(.keys, "resume")
    /// A secret that nobody here has signed makes this node read the log, so often at most.
    private static let readingInterval = TimeAmount.milliseconds(100)

    /// The engine may have lost them: whoever knows one gives it back. Nobody is greeted before there is a key.
    func renewKeys() {
        self.keysReadAt = self.eventLoop.now
        self.engine.read(Self.keyLog, after: nil, on: self.eventLoop).assumeIsolated().whenComplete { result in
            guard case .success(let read) = result else { return self.renewKeysLater() }
            let logged = read.entries.map { Array($0.payload.readableBytesView) }
            let lacking = self.keys.all.reversed().first { !logged.contains($0) }
            for key in logged { self.keys.adopt(SymmetricKey(data: key)) }
            self.answerWhoAwaitsKeys()
            // One after the other, and the log tells again; it is full when somebody fills it again and again.
            guard logged.count < ResumeKeys.keysMax, let key = lacking ?? (logged.isEmpty ? self.makeKey() : nil)
            else { return }
            self.append(key: key, after: read.top)
        }
    }

    private func makeKey() -> [UInt8] {
        (0..<ResumeKeys.keyBytes).map { _ in self.random.next() }
    }

    private func append(key: [UInt8], after top: Position) {
        self.engine.append(
            LogEntry(after: top, uid: self.makeEntryUID(), author: self.node, payload: ByteBuffer(bytes: key)),
            to: Self.keyLog,
            retention: .untilRetired,
            in: self.engine.incarnation,
            on: self.eventLoop
        ).assumeIsolated().whenComplete { result in
            // Known by this node from now on, also if the engine forgets it at once.
            if case .success(.appended) = result { self.keys.adopt(SymmetricKey(data: key)) }
            switch result {
            // Whatever became of it, the log knows whose key signs.
            case .success(.appended), .success(.conflict), .failure(EngineError.ambiguous): self.renewKeys()
            case .success(.engineChanged), .failure: self.renewKeysLater()
            }
        }
    }

    private func renewKeysLater() {
        self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(250)) { self.renewKeys() }
    }

    // MARK: Secrets

    /// At once, or after the log was read: another node may have given a key back that this one has never seen. All who
    /// wait for that are answered together.
    func open(_ text: String, of session: SessionID, _ then: @escaping (ResumeSecret?) -> Void) {
        if let secret = self.keys.open(text, of: session) { return then(secret) }
        self.awaitingKeys.append { [unowned self] isLast in
            let secret = self.keys.open(text, of: session)
            guard secret != nil || isLast else { return false }
            then(secret)
            return true
        }
        guard self.awaitingKeys.count == 1 else { return }
        let due = self.keysReadAt + Self.readingInterval
        guard due > self.eventLoop.now else { return self.renewKeys() }
        self.eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.renewKeys() }
    }

    /// Nobody is told that a secret is unknown while those who know its key may still have to give it back.
    private func answerWhoAwaitsKeys() {
        let waiting = self.awaitingKeys
        self.awaitingKeys = []
        let isLast = self.isEngineSettled
        let left = waiting.filter { answer in !answer(isLast) }
        guard !left.isEmpty else { return }
        self.awaitingKeys = left + self.awaitingKeys
        self.renewKeysLater()
    }
}
