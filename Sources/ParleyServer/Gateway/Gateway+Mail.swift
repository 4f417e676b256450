import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyTransport

/// Signals on their way through the engine: one batch per tick towards it, and from the mailboxes to connections
/// that did not get them directly.
extension Gateway {
    // MARK: To the engine

    /// Taken, changed and put back: the change itself is not an access to the gateway, which would have to be checked
    /// for exclusivity.
    func addMail(_ signal: UnsafeRawBufferPointer, n: UInt64, floor: UInt64, _ route: Route) {
        var mail = self.mail.take() ?? MailboxBatch(author: self.node)
        mail.append(signal, to: route.mailbox, from: route.sender, n: n, floor: floor)
        self.mail = consume mail
    }

    /// What this tick relays reaches the engine as one batch.
    func scheduleMail() {
        guard !self.isMailScheduled else { return }
        self.isMailScheduled = true
        self.eventLoop.assumeIsolated().execute {
            self.isMailScheduled = false
            self.sendMailNow()
            // Behind what was relayed in this tick: the engine keeps the order of one loop's calls.
            self.sendAcknowledgements()
        }
    }

    func sendMailNow() {
        guard self.mail?.isEmpty == false, let mail = self.mail.take() else { return }
        let tray = self.trays.popLast() ?? MailTray(author: self.node)
        self.mail = tray.batch
        tray.batch = mail
        self.engine.append(tray.batch, on: self.eventLoop).assumeIsolated().whenComplete { result in
            self.mailSent(tray.batch, result)
            tray.batch.removeAll()
            self.trays.append(tray)
        }
    }

    private func mailSent(_ batch: MailboxBatch, _ result: Result<[MailboxVerdict], any Error>) {
        switch result {
        case .success(let verdicts):
            for index in verdicts.indices where verdicts[index] != .stored {
                self.mailJudged(batch.entries[index], verdicts[index], batch)
            }
            if !self.configuration.mechanisms.contains(.deliveredWatermark) { self.noteStored(batch) }
        case .failure(let error):
            // Once is enough: what follows is said when it is away.
            let isNew = !self.isDegraded && self.mailFailedAt.map { self.eventLoop.now - $0 > .seconds(10) } ?? true
            if isNew {
                self.mailFailedAt = self.eventLoop.now
                self.logger.warning("The engine could not store signals.", metadata: ["error": "\(error)"])
            }
            for entry in batch.entries {
                self.refuse(entry, fallBackTo: entry.n - 1, .engineUnavailable, batch)
            }
        }
    }

    /// For a simulation in which senders forget what the engine has.
    private func noteStored(_ batch: MailboxBatch) {
        for entry in batch.entries {
            guard let sender = self.participants[entry.sender] else { continue }
            self.note(delivered: entry.n, to: entry.mailbox.recipient, for: sender.session)
        }
    }

    private func mailJudged(_ entry: MailboxBatch.Entry, _ verdict: MailboxVerdict, _ batch: MailboxBatch) {
        switch verdict {
        case .stored: break
        case .duplicate: self.askMarks(of: entry.sender, in: entry.mailbox)
        case .gap(let last): self.refuse(entry, fallBackTo: last, .signalGap, batch)
        case .full: self.refuse(entry, fallBackTo: entry.n - 1, .mailboxFull, batch)
        }
    }

    /// The mailbox does not have it: its sender still does, and sends it again from there. Said once, also if more of
    /// the same pair was on its way.
    private func refuse(
        _ entry: MailboxBatch.Entry,
        fallBackTo last: UInt64,
        _ code: RejectionCode,
        _ batch: MailboxBatch
    ) {
        guard let seat = self.participants[entry.sender], let route = seat.routes[entry.mailbox.recipient],
            route.sequence.fallBack(to: last)
        else { return }
        var rejection = Rejection(code, of: Self.type(of: entry, in: batch))
        rejection.to = entry.mailbox.recipient.description
        rejection.n = entry.n
        rejection.expected = code == .signalGap ? last + 1 : nil
        rejection.retryAfterMilliseconds = code == .signalGap ? nil : self.isDegraded ? self.engineWait() : 250
        seat.session.reject(rejection, counters: &self.counters)
    }

    private static func type(of entry: MailboxBatch.Entry, in batch: MailboxBatch) -> String {
        batch.withBytes(of: entry) { bytes in
            (try? JSONParser.parse(bytes, depthMax: Limits().depthMax))?["type"]?.string ?? "signal"
        }
    }

    // MARK: From the engine

    /// Something waits in that mailbox that was not handed over.
    func fetchMail(of seat: Seat) {
        guard seat.phase == .present, let connection = seat.session.connection else { return }
        switch seat.mailFlow {
        case .direct, .behind:
            guard seat.isCaughtUp else {
                seat.mailFlow = .behind
                return
            }
            self.readMail(of: seat, connection)
        case .reading: seat.mailFlow = .reading(again: true)
        }
    }

    /// A connection of this session has room for more.
    func outputFreed(_ seat: Seat) {
        switch seat.mailFlow {
        case .behind: self.fetchMail(of: seat)
        case .direct, .reading: break
        }
    }

    /// What was not acknowledged is handed over again, from the beginning.
    func begin(mailOf seat: Seat, received: [Watermark]) {
        if seat.wasElsewhere {
            let known = received.filter { seat.host.room.participant($0.participant) != nil }
            for mark in known { seat.inbox.know(mark.n, from: mark.participant) }
            self.acknowledgeLater(known.map { SignalNumber(sender: $0.participant, n: $0.n) }, of: seat)
        }
        seat.inbox.rewind()
        seat.mailFlow = .direct
        seat.awaitsRestarters = true
        self.fetchMail(of: seat)
    }

    private func readMail(of seat: Seat, _ connection: WebSocketConnection) {
        seat.mailFlow = .reading(again: false)
        // What was relayed in this tick is read as well, and what was acknowledged is not.
        self.sendMailNow()
        self.sendAcknowledgements()
        let mailbox = MailboxID(room: seat.host.id, recipient: seat.id)
        self.engine.read(mailbox, on: self.eventLoop).assumeIsolated().whenComplete { result in
            // Another socket has come meanwhile: it reads for itself.
            guard seat.session.connection === connection, seat.phase == .present,
                case .reading(let again) = seat.mailFlow
            else { return }
            // Also without an answer: who signals from this node is handed over in their own order.
            seat.mailFlow = .direct
            guard case .success(let signals) = result else { return self.fetchMailLater(of: seat) }
            self.hand(signals, to: seat, connection)
            if again { self.fetchMail(of: seat) }
            if seat.awaitsRestarters, case .direct = seat.mailFlow {
                seat.awaitsRestarters = false
                self.nameRestarters(of: [seat])
            }
        }
    }

    /// The engine did not answer. While it is away there is no use in asking.
    private func fetchMailLater(of seat: Seat) {
        seat.lacksMail = true
        guard !self.isDegraded else { return }
        self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(500)) {
            guard seat.lacksMail, !self.isDegraded else { return }
            seat.lacksMail = false
            self.fetchMail(of: seat)
        }
    }

    /// It answers again.
    func fetchMissedMail() {
        for seat in self.participants.values.filter(\.lacksMail).sorted(by: { $0.id < $1.id }) {
            seat.lacksMail = false
            self.fetchMail(of: seat)
        }
    }

    private func hand(_ signals: [StoredSignal], to seat: Seat, _ connection: WebSocketConnection) {
        var acknowledged: [SignalNumber] = []
        var strangers: [ParticipantID] = []
        var early: [ParticipantID] = []
        for signal in signals {
            guard seat.isCaughtUp else {
                seat.mailFlow = .behind
                break
            }
            guard seat.host.room.participant(signal.sender) != nil else {
                if !strangers.contains(signal.sender) { strangers.append(signal.sender) }
                continue
            }
            switch seat.inbox.read(signal.n, floor: Self.floor(of: signal), from: signal.sender) {
            case .hand:
                self.counters.bytesSent += signal.bytes.readableBytes
                signal.bytes.withUnsafeReadableBytes { connection.sendText($0) }
            case .acknowledged: acknowledged.append(SignalNumber(sender: signal.sender, n: signal.n))
            case .early: if !early.contains(signal.sender) { early.append(signal.sender) }
            case .skip: break
            }
        }
        self.acknowledgeLater(acknowledged, of: seat)
        for sender in early { self.catchUp(seat, with: sender) }
        if !strangers.isEmpty { self.settle(strangers, of: seat) }
    }

    /// What is missing before a signal may have been acknowledged by an earlier connection, to another node, behind the
    /// `hello` of the present one: the engine knows.
    private func catchUp(_ seat: Seat, with sender: ParticipantID) {
        let mailbox = MailboxID(room: seat.host.id, recipient: seat.id)
        self.engine.marks(from: sender, in: mailbox, on: self.eventLoop).assumeIsolated().whenSuccess { marks in
            guard seat.phase == .present, seat.host.room.participant(sender) != nil,
                marks.delivered > seat.inbox.delivered(from: sender),
                case .advanced(let count) = seat.inbox.acknowledge(marks.delivered, from: sender, isBelieved: true)
            else { return }
            self.giveBack(count, of: seat, from: sender)
            self.fetchMail(of: seat)
        }
    }

    /// Whoever has signalled was in the room by then. A replica that does not show them is behind, or they have left:
    /// only then does nobody want their signals any more.
    private func settle(_ strangers: [ParticipantID], of seat: Seat) {
        seat.host.whenSettled { [unowned self] isCurrent in
            guard seat.phase == .present else { return }
            guard isCurrent else {
                self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(250)) { self.fetchMail(of: seat) }
                return
            }
            let gone = strangers.filter { seat.host.room.participant($0) == nil }
            self.acknowledgeLater(gone.map { SignalNumber(sender: $0, n: .max) }, of: seat)
            if gone.count < strangers.count { self.fetchMail(of: seat) }
        }
    }

    /// Stored are the bytes that the recipient reads.
    private static func floor(of signal: StoredSignal) -> UInt64 {
        signal.bytes.withUnsafeReadableBytes { RelayFrame.floor(in: $0) }
    }

    // MARK: Delivered

    func acknowledgeLater(_ numbers: [SignalNumber], of seat: Seat) {
        for number in numbers { self.acknowledgeLater(number.n, from: number.sender, of: seat) }
    }

    func acknowledgeLater(_ n: UInt64, from sender: ParticipantID, of seat: Seat) {
        self.acknowledgements.add(n, from: sender, of: seat)
        self.scheduleMail()
    }

    func sendAcknowledgements() {
        guard !self.acknowledgements.isEmpty else { return }
        let tray = self.acknowledgements
        self.acknowledgements = self.acknowledgementTrays.popLast() ?? AcknowledgementTray()
        self.engine.acknowledge(tray.batch, on: self.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let delivered): self.delivered(tray, delivered)
            case .failure: self.acknowledgeAgain(Array(zip(tray.recipients, tray.batch)))
            }
            tray.removeAll()
            self.acknowledgementTrays.append(tray)
        }
    }

    /// Whoever has sent it hears of it, on this node or another.
    private func delivered(_ tray: AcknowledgementTray, _ delivered: [UInt64]) {
        var elsewhere: [SignalNumber] = []
        for index in delivered.indices {
            let (seat, sender, n) = (tray.recipients[index], tray.batch[index].sender, delivered[index])
            if n > 0 {
                if let sender = self.participants[sender] {
                    self.note(delivered: n, to: seat.id, for: sender.session)
                } else {
                    elsewhere.append(SignalNumber(sender: sender, n: n))
                }
            }
            let isLastOfSeat = index + 1 == delivered.count || tray.recipients[index + 1] !== seat
            if isLastOfSeat, !elsewhere.isEmpty {
                seat.host.publish(.delivered(to: seat.id, elsewhere))
                elsewhere.removeAll()
            }
        }
    }

    /// The engine did not answer. Saying it twice does no harm.
    private func acknowledgeAgain(_ entries: [(seat: Seat, entry: MailboxAcknowledgement)]) {
        self.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(250)) {
            for (seat, entry) in entries where seat.phase == .present {
                self.acknowledgeLater(entry.n, from: entry.sender, of: seat)
            }
        }
    }

    /// Another node's recipient has acknowledged: whoever of the senders is here hears of it.
    func heard(delivered numbers: [SignalNumber], to recipient: ParticipantID) {
        for number in numbers {
            guard let sender = self.participants[number.sender] else { continue }
            self.note(delivered: number.n, to: recipient, for: sender.session)
        }
    }

    /// Hints get lost, and an engine that begins another life loses mail: what nobody has said to be delivered is asked
    /// for now and then.
    ///
    /// Cost: one look at every pair, and one question for each that waits.
    func checkMailSent() {
        for sender in self.participants.values.sorted(by: { $0.id < $1.id }) where sender.session.connection != nil {
            for route in sender.routes.values.sorted(by: { $0.recipient < $1.recipient })
            where route.sequence.last > route.told {
                self.askMarks(of: sender.id, in: MailboxID(room: sender.host.id, recipient: route.recipient))
            }
        }
    }

    /// How far a pair's signals have come: what was delivered is told, what is missing is sent again.
    private func askMarks(of sender: ParticipantID, in mailbox: MailboxID) {
        // The engine answers behind what this loop has sent it: so much it should have.
        self.sendMailNow()
        let sent = self.participants[sender]?.routes[mailbox.recipient]?.sequence.last ?? 0
        self.engine.marks(from: sender, in: mailbox, on: self.eventLoop).assumeIsolated().whenSuccess { marks in
            guard let seat = self.participants[sender] else { return }
            let told = seat.routes[mailbox.recipient]?.told ?? 0
            if marks.delivered > told {
                self.note(delivered: marks.delivered, to: mailbox.recipient, for: seat.session)
            }
            guard let route = seat.routes[mailbox.recipient], max(marks.stored, route.told) < sent else { return }
            self.askAgain(route, after: max(marks.stored, route.told))
        }
    }

    /// The mailbox has lost what came behind that.
    private func askAgain(_ route: Route, after last: UInt64) {
        let newest = route.sequence.last
        guard route.sequence.fallBack(to: last) else { return }
        var rejection = Rejection(.signalGap, of: "signal")
        rejection.to = route.recipient.description
        rejection.n = newest
        rejection.expected = last + 1
        route.owner.session.reject(rejection, counters: &self.counters)
    }
}

/// A batch on its way. Used again: a tick allocates none.
final class MailTray {
    var batch: MailboxBatch

    init(author: NodeID) {
        self.batch = MailboxBatch(author: author)
    }
}

/// What recipients have acknowledged in a tick, on its way. Used again, like ``MailTray``.
final class AcknowledgementTray {
    private(set) var batch: [MailboxAcknowledgement] = []
    /// Whose mailbox each entry of the batch is about.
    private(set) var recipients: [Seat] = []

    var isEmpty: Bool { self.batch.isEmpty }

    func add(_ n: UInt64, from sender: ParticipantID, of seat: Seat) {
        let mailbox = MailboxID(room: seat.host.id, recipient: seat.id)
        self.batch.append(MailboxAcknowledgement(mailbox: mailbox, sender: sender, n: n))
        self.recipients.append(seat)
    }

    func removeAll() {
        self.batch.removeAll(keepingCapacity: true)
        self.recipients.removeAll(keepingCapacity: true)
    }
}
