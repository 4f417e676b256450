import ParleyClient
import ParleyProtocol
import ParleyTestSupport
import Testing

/// The promise: a thousand clients are cut at once, and all have resumed within three seconds.
///
/// The time is printed, not asserted: it is the machine's. Everything else is asserted, from what the clients heard.
@Suite("A thousand clients on one server", .serialized, .timeLimit(.minutes(patience)))
struct ThousandTests {
    private static let roomCount = 10
    // Without optimization everything is ten times slower, and a fifth of the people has to do.
    #if DEBUG
        private static let peopleCount = 20
    #else
        private static let peopleCount = 100
    #endif
    /// Of each room, so many send commands.
    private static let busyCount = 10

    @Test("all cut in one instant: the same states, nothing lost, nothing twice, and nobody has left")
    func cut() async throws {
        var limits = Limits()
        // Everybody signals.
        limits.stageUsual = Self.peopleCount
        try await withRelay(limits: limits) { server, relay in
            let crowd = try await Crowd.gather(server, relay, rooms: Self.roomCount, people: Self.peopleCount)
            let (news, told) = AsyncStream.makeStream(of: Account.News.self)
            try await withThrowingTaskGroup(of: Account.self) { accounts in
                for member in crowd.members {
                    accounts.addTask { await Account.keep(of: member, expectedSignals: 8) { told.yield($0) } }
                }
                var iterator = news.makeAsyncIterator()
                try await crowd.traffic(busy: Self.busyCount, audio: true)

                let start = ContinuousClock.now
                async let underWay: Void = crowd.traffic(busy: Self.busyCount, audio: false)
                let count = try await relay.cut()
                async let whileAway: Void = crowd.traffic(busy: Self.busyCount, audio: nil)
                var delays: [ParticipantID: Duration] = [:]
                while delays.count < crowd.members.count, case .resumed(let member, let time) = await iterator.next() {
                    if delays[member] == nil { delays[member] = time - start }
                }
                _ = try await (underWay, whileAway)

                try await crowd.traffic(busy: Self.busyCount, audio: true)
                try await crowd.finish()
                var completeCount = 0
                while completeCount < crowd.members.count, let news = await iterator.next() {
                    if case .complete = news { completeCount += 1 }
                }
                try await relay.refuse(true)
                try await relay.cut()
                let heard = try await accounts.reduce(into: []) { $0.append($1) }
                Self.report(count, delays)
                Self.judge(heard, delays)
            }
        }
    }

    private static func report(_ count: Int, _ delays: [ParticipantID: Duration]) {
        let sorted = delays.values.sorted()
        let median = sorted[sorted.count / 2]
        let late = sorted.count { $0 > .seconds(1) }
        print(
            "\(count) connections cut; resumed: median \(median), slowest \(sorted.last ?? .zero), after 1 s: \(late)"
        )
    }

    private static func judge(_ heard: [Account], _ delays: [ParticipantID: Duration]) {
        #expect(delays.count == self.roomCount * self.peopleCount)
        #expect(heard.count == delays.count)
        let rooms = Dictionary(grouping: heard) { $0.room }
        #expect(rooms.count == self.roomCount)
        for accounts in rooms.values {
            #expect(accounts.count == self.peopleCount)
            // The same state at the same place, and the same commands in the same order, each once.
            #expect(Set(accounts.map(\.end)).count == 1)
            #expect(accounts[0].end != nil)
            #expect(Set(accounts.map(\.commands)).count == 1)
            #expect(Set(accounts[0].commands).count == accounts[0].commands.count)
            // Four times for each of the busy ones, and the last word.
            #expect(accounts[0].commands.count == 4 * self.busyCount + 1)
        }
        // On a machine that is much too slow for a thousand clients, a connection may be lost once more.
        let losses = Dictionary(uniqueKeysWithValues: heard.map { ($0.participant, $0.losses) })
        for account in heard {
            #expect(account.signals == (1...8).map { $0 })
            #expect(account.senders.count == 1)
            #expect(account.left == 0)
            #expect(account.resumedCount >= 1)
            #expect(account.trouble == nil)
            // Only who was away for longer than a second was seen to be away, and to come back.
            for (person, changes) in account.changes {
                let times = losses[person, default: 0]
                #expect(changes.count.isMultiple(of: 2) && changes.count <= 2 * times)
                #expect(changes == (0..<changes.count).map { $0.isMultiple(of: 2) ? "interrupted" : "resumed" })
                #expect(times > 1 || delays[person, default: .zero] >= .seconds(1))
            }
        }
    }
}

/// Everybody, each in a room.
private struct Crowd: Sendable {
    struct Member: Sendable {
        let client: ParleyClient
        let room: RoomID
        let participant: ParticipantID
        /// To whom it sends.
        var neighbour: ParticipantID
        /// Of its room.
        let number: Int
    }

    private(set) var members: [Member] = []

    /// - Returns: the members, ordered by room.
    static func gather(_ server: RunningServer, _ relay: CuttableRelay, rooms: Int, people: Int) async throws -> Crowd {
        var crowd = Crowd()
        for room in 0..<rooms {
            var members: [Member] = []
            // Not all at once, so that a slow machine has not too many handshakes in hand.
            for first in stride(from: 0, to: people, by: 20) {
                members += try await withThrowingTaskGroup(of: Member.self) { tasks in
                    for number in first..<min(first + 20, people) {
                        tasks.addTask { try await Self.enter(server, relay, room, number) }
                    }
                    return try await tasks.reduce(into: []) { $0.append($1) }
                }
            }
            members.sort { $0.number < $1.number }
            for index in members.indices {
                members[index].neighbour = members[(index + 1) % people].participant
            }
            crowd.members += members
        }
        return crowd
    }

    private static func enter(
        _ server: RunningServer,
        _ relay: CuttableRelay,
        _ room: Int,
        _ number: Int
    ) async throws -> Member {
        let client = try await server.connect(to: [relay.address])
        let replica = try await client.join(alias("crowd-\(room)"), name: "\(number)")
        return Member(
            client: client,
            room: replica.id,
            participant: replica.participant,
            neighbour: replica.participant,
            number: number
        )
    }

    /// Everybody sends two signals, and some of each room a command, which has its outcome when this is over.
    ///
    /// - Parameter audio: `nil`: the camera instead.
    func traffic(busy: Int, audio: Bool?) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for member in self.members {
                tasks.addTask {
                    for _ in 1...2 { await member.client.send(.signal(data: true), to: member.neighbour) }
                    guard member.number < busy else { return }
                    try await member.client.setMedia(in: member.room, audio: audio, video: audio == nil ? true : nil)
                }
            }
            try await tasks.waitForAll()
        }
    }

    /// The last event of each room.
    func finish() async throws {
        for member in self.members where member.number == 0 {
            try await member.client.setMedia(in: member.room, screen: true)
        }
    }
}

/// What one client has heard.
private struct Account: Sendable {
    enum News: Sendable {
        case resumed(ParticipantID, ContinuousClock.Instant)
        case complete
    }

    /// Who, and which of their commands.
    struct Command: Hashable, Sendable {
        let by: String
        let id: Int64
    }

    struct End: Hashable, Sendable {
        let position: Position
        let hash: StateHash
    }

    let room: RoomID
    let participant: ParticipantID
    private(set) var signals: [UInt64] = []
    private(set) var senders: Set<ParticipantID> = []
    private(set) var commands: [Command] = []
    private(set) var changes: [ParticipantID: [String]] = [:]
    private(set) var left = 0
    private(set) var losses = 0
    private(set) var resumedCount = 0
    private(set) var end: End?
    /// What should not have been heard.
    private(set) var trouble: ClientEvent?

    /// Until the second loss of the connection, with which the test ends.
    static func keep(
        of member: Crowd.Member,
        expectedSignals: Int,
        _ tell: @Sendable (News) -> Void
    ) async -> Account {
        var account = Account(room: member.room, participant: member.participant)
        var isTold = false
        for await event in member.client.events {
            if case .reconnecting = event, isTold { break }
            if case .resumed = event { tell(.resumed(member.participant, .now)) }
            account.note(event)
            guard !isTold, account.end != nil, account.signals.count >= expectedSignals else { continue }
            isTold = true
            tell(.complete)
        }
        return account
    }

    private mutating func note(_ event: ClientEvent) {
        switch event {
        case .room(let notice, let replica): self.note(notice, replica)
        case .signal(let signal):
            self.signals.append(signal.n)
            self.senders.insert(signal.from)
        case .resumed: self.resumedCount += 1
        case .reconnecting: self.losses += 1
        case .delivered, .iceServers: break
        default: self.trouble = event
        }
    }

    private mutating func note(_ notice: RoomEventNotice, _ replica: RoomReplica) {
        switch notice.type {
        case "media-changed":
            self.commands.append(Command(by: notice.json["by"]?.string ?? "", id: notice.json["id"]?.integer ?? 0))
            guard notice.json["patch"]?["people"]?[notice.participant?.description ?? ""]?["media"]?["screen"] == true
            else { return }
            self.end = End(position: replica.position, hash: replica.hash)
        case "interrupted", "resumed":
            if let participant = notice.participant { self.changes[participant, default: []].append(notice.type) }
        case "left": self.left += 1
        default: break
        }
    }
}
