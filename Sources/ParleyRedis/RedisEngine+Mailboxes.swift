public import NIOCore
public import ParleyEngine
public import ParleyProtocol

extension RedisEngine {
    /// One call per mailbox, all on their way at once.
    public func append(_ batch: MailboxBatch, on eventLoop: any EventLoop) -> EventLoopFuture<[MailboxVerdict]> {
        guard !batch.entries.isEmpty else { return self.succeed([], on: eventLoop) }
        let groups = self.groups(batch.entries.lazy.map(\.mailbox))
        let answers = groups.map { group in
            let keys = self.keys.mailbox(group.mailbox)
            var arguments = self.appendArguments(group.mailbox, batch.author)
            for place in group.places {
                let entry = batch.entries[place]
                arguments.append(StoredForms.number(entry.floor))
                arguments.append(
                    batch.withBytes(of: entry) { ByteBuffer(stored: $0, from: entry.sender, n: entry.n) }
                )
            }
            let asked = self.servers.run(MailboxScripts.append, keys: keys, arguments: arguments, on: eventLoop)
            return self.answer(asked, about: keys[1]) { Self.integers($0, count: group.places.count) }
        }
        return self.inPlaces(groups, of: batch.entries.count, answers, on: eventLoop) { number in
            switch number {
            case -1: .stored
            case -2: .duplicate
            case -3: .full
            default: .gap(last: UInt64(clamping: number))
            }
        }
    }

    private func appendArguments(_ mailbox: MailboxID, _ author: NodeID) -> [ByteBuffer] {
        [
            Self.name(mailbox.recipient),
            self.keys.channel(of: LogID(room: mailbox.room)),
            StoredHint.mail(for: mailbox.recipient, author: author),
            StoredForms.text(self.limits.redisMailboxMilliseconds),
            StoredForms.text(self.limits.unacknowledgedSignalsMax),
            StoredForms.text(self.limits.mailboxBytesMax),
            StoredForms.text(self.limits.peersPerSessionMax),
        ]
    }

    public func read(_ mailbox: MailboxID, on eventLoop: any EventLoop) -> EventLoopFuture<[StoredSignal]> {
        let key = self.keys.mailbox(mailbox)[2]
        let all = RedisCommand("LRANGE", [key, StoredForms.text(0), StoredForms.text(-1)])
        return self.answer(self.servers.send(all, key: RedisKey(key), on: eventLoop), about: key) { value in
            guard case .array(let values) = value else { return nil }
            var signals: [StoredSignal] = []
            signals.reserveCapacity(values.count)
            for value in values {
                guard let signal = value.bytes.flatMap({ StoredSignal(stored: $0) }) else { return nil }
                signals.append(signal)
            }
            return signals
        }
    }

    public func acknowledge(
        _ batch: [MailboxAcknowledgement],
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[UInt64]> {
        guard !batch.isEmpty else { return self.succeed([], on: eventLoop) }
        let groups = self.groups(batch.lazy.map(\.mailbox))
        let answers = groups.map { group in
            let keys = self.keys.mailbox(group.mailbox)
            var arguments = [Self.name(group.mailbox.recipient)]
            for place in group.places {
                arguments.append(Self.name(batch[place].sender))
                arguments.append(StoredForms.number(batch[place].n))
            }
            let asked = self.servers.run(MailboxScripts.acknowledge, keys: keys, arguments: arguments, on: eventLoop)
            return self.answer(asked, about: keys[1]) { Self.integers($0, count: group.places.count) }
        }
        return self.inPlaces(groups, of: batch.count, answers, on: eventLoop) { UInt64(clamping: $0) }
    }

    public func marks(
        from sender: ParticipantID,
        in mailbox: MailboxID,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<MailboxMarks> {
        let key = self.keys.mailbox(mailbox)[1]
        let pair = RedisCommand("HGET", [key, Self.name(sender)])
        return self.answer(self.servers.send(pair, key: RedisKey(key), on: eventLoop), about: key) { value in
            if case .null = value { return MailboxMarks() }
            return value.bytes.flatMap { MailboxMarks(stored: $0) }
        }
    }

    public func drop(_ mailbox: MailboxID, on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
        let keys = self.keys.mailbox(mailbox)
        let arguments = [Self.name(mailbox.recipient)]
        let asked = self.servers.run(MailboxScripts.drop, keys: keys, arguments: arguments, on: eventLoop)
        return self.answer(asked, about: keys[1]) { _ in () }
    }

    private static func name(_ id: ParticipantID) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeIdentifier(id)
        return bytes
    }
}

// MARK: - Many mailboxes at once

extension RedisEngine {
    /// What of a batch is about one mailbox, by places in the batch.
    private struct Group: Sendable {
        let mailbox: MailboxID
        var places: [Int]
    }

    /// In the order of first appearance; the entries of one mailbox keep theirs. A call is not too long: while a script
    /// runs the server does nothing else.
    private func groups(_ mailboxes: some Sequence<MailboxID>) -> [Group] {
        var groups: [Group] = []
        var current: [MailboxID: Int] = [:]
        for (place, mailbox) in mailboxes.enumerated() {
            if let index = current[mailbox], groups[index].places.count < self.limits.redisMailCallMax {
                groups[index].places.append(place)
            } else {
                current[mailbox] = groups.count
                groups.append(Group(mailbox: mailbox, places: [place]))
            }
        }
        return groups
    }

    /// The groups' answers at the places of the batch. If not all have answered, the batch has not: what took effect
    /// may be asked again, which does no harm.
    private func inPlaces<Value: Sendable>(
        _ groups: [Group],
        of count: Int,
        _ answers: [EventLoopFuture<[Int64]>],
        on eventLoop: any EventLoop,
        _ value: @escaping @Sendable (Int64) -> Value
    ) -> EventLoopFuture<[Value]> {
        EventLoopFuture.whenAllComplete(answers, on: eventLoop).flatMapThrowing { results in
            var values: [Value?] = Array(repeating: nil, count: count)
            var errors: [EngineError] = []
            for (group, result) in zip(groups, results) {
                switch result {
                case .success(let numbers):
                    for (place, number) in zip(group.places, numbers) { values[place] = value(number) }
                case .failure(let error): errors.append((error as? EngineError) ?? .unavailable)
                }
            }
            guard errors.isEmpty else {
                let tookEffect = errors.count < groups.count || errors.contains(.ambiguous)
                throw tookEffect ? EngineError.ambiguous : EngineError.unavailable
            }
            return values.compactMap { $0 }
        }
    }

    private static func integers(_ value: RESPValue, count: Int) -> [Int64]? {
        guard case .array(let values) = value, values.count == count else { return nil }
        let integers = values.compactMap(\.integer)
        return integers.count == count ? integers : nil
    }
}
