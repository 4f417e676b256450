import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyServer
import Testing

/// A host with a scripted engine: what goes in, what comes out.
@Suite struct RoomHostStateMachineTests {
    @Test func theCommandsOfOneTickShareAnEntryAndNothingIsToldBeforeItIsInTheLog() throws {
        let host = Script()
        #expect(host.load() == [])
        #expect(host.submit(1, .join(Cast.ada)) == [])
        #expect(host.submit(2, .join(Cast.bob)) == [])
        let append = try #require(host.flush(uid: 0xA1))
        #expect(append.position == Position(generation: 1, sequence: 1, uid: 0xA1))
        #expect(append.after == .start)
        #expect(append.events.map(\.type) == ["created", "joined", "joined"])
        #expect(!host.machine.wantsAppend)
        let effects = host.complete(append, .appended)
        #expect(effects.deliveries.map(\.entry.position) == [append.position])
        #expect(effects.deliveries.first?.room.count == 2)
        #expect(effects.outcomes == [1: .accepted(append.position), 2: .accepted(append.position)])
    }

    @Test func aCommandIsDecidedWithTheEarlierOnesOfItsBatch() throws {
        let host = Script(capacity: 1)
        _ = host.load()
        _ = host.submit(1, .join(Cast.ada))
        _ = host.submit(2, .join(Cast.bob))
        _ = host.submit(3, .media(Cast.ada, 2, audio: true))
        let append = try #require(host.flush(uid: 1))
        #expect(append.events.map(\.type) == ["created", "joined", "media-changed"])
        let effects = host.complete(append, .appended)
        #expect(effects.outcomes[2] == .rejected(.roomFull))
        #expect(effects.outcomes[3] == .accepted(append.position))
    }

    @Test func whatNeedsNoEventIsToldAtOnce() throws {
        let host = try Script.withAda()
        _ = host.submit(2, .join(Cast.ada))
        _ = host.submit(3, .media(Cast.ada, 9, audio: true))
        #expect(host.flushEffects(uid: 2).outcomes == [2: .duplicate(nil), 3: .rejected(.commandGap)])
        #expect(!host.machine.wantsAppend)
    }

    @Test func aConflictBringsWhatWasMissedAndTheBatchIsDecidedAgainAtOnce() throws {
        let host = Script(capacity: 2)
        _ = host.load()
        _ = host.submit(1, .join(Cast.ada))
        let lost = try #require(host.flush(uid: 1))
        let winner = host.foreign(uid: 50, [.join(Cast.bob)])
        let effects = host.complete(lost, .conflict(top: winner.position, tail: [winner]))
        #expect(effects.deliveries.map(\.entry) == [winner])
        #expect(effects.outcomes.isEmpty)
        let again = try #require(host.flush(uid: 2))
        #expect(again.after == winner.position)
        // Bob has created the room, so nothing but the join is left to do.
        #expect(again.events.map(\.type) == ["joined"])
        #expect(host.complete(again, .appended).outcomes == [1: .accepted(again.position)])
    }

    @Test func aConflictWithHalfATailReadsTheRest() throws {
        let host = Script()
        _ = host.load()
        _ = host.submit(1, .join(Cast.ada))
        let lost = try #require(host.flush(uid: 1))
        let first = host.foreign(uid: 50, [.join(Cast.bob)])
        let top = Position(generation: 1, sequence: 2, uid: 51)
        let effects = host.complete(lost, .conflict(top: top, tail: [first]))
        #expect(effects.last == .read(after: first.position))
        #expect(!host.machine.wantsAppend)
        let second = host.foreign(uid: 51, [.media(Cast.bob, 2, audio: true)])
        #expect(host.read([second], top: top).deliveries.map(\.entry) == [second])
        #expect(host.machine.wantsAppend)
    }

    @Test func anAppendOfUnknownOutcomeIsLookedForAndFound() throws {
        let host = Script()
        _ = host.load()
        _ = host.submit(1, .join(Cast.ada))
        let append = try #require(host.flush(uid: 1))
        #expect(host.complete(append, .failed(.ambiguous)) == [.read(after: .start)])
        #expect(!host.machine.wantsAppend)
        let effects = host.read([host.entry(append)], top: append.position)
        #expect(effects.outcomes == [1: .accepted(append.position)])
        #expect(effects.deliveries.count == 1)
    }

    @Test func anAppendOfUnknownOutcomeThatIsNotThereIsDecidedAgainWithAnotherUID() throws {
        let host = Script()
        _ = host.load()
        _ = host.submit(1, .join(Cast.ada))
        let first = try #require(host.flush(uid: 1))
        _ = host.complete(first, .failed(.ambiguous))
        #expect(host.read([], top: .start) == [])
        let second = try #require(host.flush(uid: 2))
        #expect(second.position.uid == 2)
        // The first one was on its way for long, and wins.
        let effects = host.complete(second, .conflict(top: first.position, tail: [host.entry(first)]))
        #expect(effects.outcomes == [1: .accepted(first.position)])
        #expect(!host.machine.wantsAppend)
        #expect(host.machine.room.count == 1)
    }

    @Test func aLeaveThatArrivesLateByAnEarlierAppendIsNotAskedForAgain() throws {
        let host = try Script.withAda()
        _ = host.hear(host.foreign(uid: 40, [.join(Cast.bob)]))
        _ = host.submit(2, .leave(Cast.ada, 2))
        let first = try #require(host.flush(uid: 2))
        _ = host.complete(first, .failed(.ambiguous))
        _ = host.read([], top: host.machine.position)
        let second = try #require(host.flush(uid: 3))
        #expect(host.hear(host.entry(first)).outcomes == [2: .accepted(first.position)])
        #expect(host.complete(second, .conflict(top: first.position, tail: [])) == [])
        #expect(!host.machine.wantsAppend)
    }

    @Test func aHintMayBeFasterThanTheResultAndTheResultIsNotTakenForAnother() throws {
        let host = Script()
        _ = host.load()
        _ = host.submit(1, .join(Cast.ada))
        let first = try #require(host.flush(uid: 1))
        #expect(host.hear(host.entry(first)).outcomes == [1: .accepted(first.position)])
        #expect(host.hear(host.entry(first)) == [])
        _ = host.submit(2, .media(Cast.ada, 2, audio: true))
        let second = try #require(host.flush(uid: 2))
        #expect(host.complete(first, .appended) == [])
        #expect(host.machine.position == first.position)
        #expect(host.complete(second, .appended).outcomes == [2: .accepted(second.position)])
    }

    @Test func aHintBehindAGapMakesTheHostRead() throws {
        let host = try Script.withAda()
        let missed = host.foreign(uid: 50, [.join(Cast.bob)])
        let heard = host.foreign(uid: 51, after: missed, [.media(Cast.bob, 2, audio: true)])
        #expect(host.hear(heard) == [.read(after: host.machine.position)])
        let effects = host.read([missed, heard], top: heard.position)
        #expect(effects.deliveries.map(\.entry) == [missed, heard])
    }

    @Test func aHintDuringTheFirstReadIsNotForgotten() {
        let host = Script()
        var effects: [RoomHostEffect] = []
        host.machine.start(&effects)
        let early = host.foreign(uid: 50, [.join(Cast.bob)])
        #expect(host.hear(early) == [])
        #expect(host.loaded(.init(continues: false, snapshot: nil, entries: [], top: .start)) == [.read(after: .start)])
        #expect(host.read([early], top: early.position).deliveries.map(\.entry) == [early])
    }

    @Test func theQueueHasABound() {
        var limits = Limits()
        limits.pendingCommandsPerRoomMax = 2
        let host = Script(limits: limits)
        _ = host.load()
        #expect(host.submit(1, .join(Cast.ada)) == [])
        #expect(host.submit(2, .join(Cast.bob)) == [])
        #expect(host.submit(3, .join(Cast.bob)) == [.outcome(.init(rawValue: 3), .rejected(.busy))])
    }

    @Test func anEntryHoldsSoManyCommandsAndSoManyBytes() throws {
        var limits = Limits()
        limits.commandsPerEntryMax = 2
        let host = Script(limits: limits)
        _ = host.load()
        _ = host.submit(1, .join(Cast.ada))
        _ = host.submit(2, .media(Cast.ada, 2, audio: true))
        _ = host.submit(3, .media(Cast.ada, 3, video: true))
        let first = try #require(host.flush(uid: 1))
        #expect(first.events.map(\.type) == ["created", "joined", "media-changed"])
        #expect(host.complete(first, .appended).outcomes.count == 2)
        #expect(host.flush(uid: 2)?.events.map(\.type) == ["media-changed"])

        limits = Limits()
        limits.entryBytesMax = first.events.reduce(0) { $0 + $1.bytesMax } - 1
        let small = Script(limits: limits)
        _ = small.load()
        _ = small.submit(1, .join(Cast.ada))
        _ = small.submit(2, .media(Cast.ada, 2, audio: true))
        #expect(small.flush(uid: 1)?.events.map(\.type) == ["created", "joined"])
    }

    @Test func inAnotherLifeOfTheEngineTheHostReadsAndWaits() throws {
        let host = Script()
        _ = host.load()
        _ = host.submit(1, .join(Cast.ada))
        let append = try #require(host.flush(uid: 1))
        let effects = host.complete(append, .engineChanged(EngineIncarnation(rawValue: 9)))
        #expect(effects == [.scheduleBarrier(milliseconds: 1_500), .read(after: .start)])
        #expect(host.read([], top: .start) == [])
        #expect(!host.machine.wantsAppend)
        // The barrier of an earlier life is not this one's.
        #expect(host.fireBarrier(EngineIncarnation(rawValue: 8)) == [])
        #expect(host.fireBarrier(EngineIncarnation(rawValue: 9)) == [.read(after: .start)])
        #expect(host.read([], top: .start) == [])
        #expect(host.flush(uid: 2)?.incarnation == EngineIncarnation(rawValue: 9))
    }

    @Test func anotherLifeIsHeardOfOnce() throws {
        let host = try Script.withAda()
        let life = EngineIncarnation(rawValue: 9)
        let position = host.machine.position
        #expect(host.change(life) == [.scheduleBarrier(milliseconds: 1_500), .read(after: position)])
        #expect(host.change(life) == [])
    }

    @Test func whoWaitsForADeadEngineIsToldByName() throws {
        let host = Script()
        _ = host.load()
        _ = host.submit(1, .join(Cast.ada))
        let append = try #require(host.flush(uid: 1))
        var effects = host.complete(append, .failed(.unavailable))
        for _ in 2...RoomHostStateMachine.failuresMax {
            #expect(effects == [.scheduleRetry(milliseconds: 250)])
            _ = host.fireRetry()
            effects = host.failRead()
        }
        #expect(effects.outcomes == [1: .rejected(.engineUnavailable)])
    }

    @Test func whatMayBeInTheLogIsNeverRefused() throws {
        let host = Script()
        _ = host.load()
        _ = host.submit(1, .join(Cast.ada))
        let append = try #require(host.flush(uid: 1))
        _ = host.complete(append, .failed(.ambiguous))
        for _ in 0...RoomHostStateMachine.failuresMax {
            #expect(host.failRead().outcomes.isEmpty)
            _ = host.fireRetry()
        }
        let effects = host.read([host.entry(append)], top: append.position)
        #expect(effects.outcomes == [1: .accepted(append.position)])
    }

    @Test func aRefusalTravelsWithTheNextAcceptedCommand() throws {
        let host = try Script.withAda()
        _ = host.submit(2, .media(Cast.ada, 2, audio: false))
        _ = host.submit(3, .media(Cast.ada, 3, audio: true))
        let append = try #require(host.flush(uid: 2))
        #expect(append.events.first?.cause?.rejected == [.init(number: 2, code: .noChange)])
        #expect(host.complete(append, .appended).outcomes[2] == .rejected(.noChange))
        _ = host.submit(4, .media(Cast.ada, 2, audio: false))
        #expect(host.flushEffects(uid: 3).outcomes == [4: .duplicate(.noChange)])
        #expect(host.machine.room.membership(Cast.ada)?.lastCommand == 3)
    }

    @Test func whatSomebodyHasSaidHereBeforeMovingIsJudgedWhereTheyAreNow() throws {
        let host = try Script.withAda()
        _ = host.hear(host.foreign(uid: 50, [.attach(Cast.ada, to: Cast.other)]))
        _ = host.submit(2, .media(Cast.ada, 2, audio: true))
        #expect(host.flushEffects(uid: 2).outcomes == [2: .rejected(.engineUnavailable)])
        // What the log has already has its outcome everywhere.
        _ = host.submit(3, .join(Cast.ada))
        #expect(host.flushEffects(uid: 3).outcomes == [3: .duplicate(nil)])
        _ = host.hear(host.foreign(uid: 51, [.attach(Cast.ada, to: Cast.node)]))
        _ = host.submit(4, .media(Cast.ada, 2, audio: true))
        #expect(host.flush(uid: 4)?.events.map(\.type) == ["media-changed"])
    }

    @Test func anEngineThatHasForgottenIsGivenBackWhatThisReplicaHas() throws {
        let host = try Script.withAda()
        let mine = host.machine.position
        let life = EngineIncarnation(rawValue: 9)
        #expect(host.change(life) == [.scheduleBarrier(milliseconds: 1_500), .read(after: mine)])
        let gone = RoomRead(continues: false, snapshot: nil, entries: [], top: .start)
        #expect(host.loaded(gone, in: life) == [.heal(.behind(top: .start))])
        // What people want meanwhile waits.
        #expect(host.submit(2, .join(Cast.bob)) == [])
        #expect(host.reload() == [.read(after: mine)])
        let healed = Position(generation: 2, sequence: mine.sequence + 1, uid: 77)
        let snapshot = RoomRead.Snapshot(position: healed, room: host.machine.room)
        let read = RoomRead(continues: false, snapshot: snapshot, entries: [], top: healed)
        #expect(host.loaded(read, in: life) == [.heal(.replaced(before: mine)), .reset(snapshot)])
        #expect(host.fireBarrier(life) == [.read(after: healed)])
        #expect(host.read([], top: healed) == [])
        #expect(host.flush(uid: 3)?.after == healed)
    }

    @Test func aLogThatIsGoneFromAnEngineThatForgetsNothingWasRetired() throws {
        let host = try Script.withAda()
        #expect(host.learn(top: .start) == [.read(after: host.machine.position)])
        _ = host.submit(2, .join(Cast.bob))
        let gone = RoomRead(continues: false, snapshot: nil, entries: [], top: .start)
        let effects = host.loaded(gone)
        #expect(effects.outcomes == [2: .rejected(.roomEnded)])
        #expect(effects.last == .finished)
    }

    @Test func anAnswerFromBeforeALossDoesNotSayThatTheLogWasThereBehindIt() throws {
        let host = try Script.withAda()
        let (before, life) = (EngineIncarnation(rawValue: 1), EngineIncarnation(rawValue: 9))
        let top = host.machine.position
        _ = host.learn(top: Position(generation: 1, sequence: 2, uid: 50))
        let known = RoomRead(continues: true, snapshot: nil, entries: [], top: top)
        _ = host.loaded(known, in: life, askedIn: before)
        #expect(host.change(life).contains(.read(after: top)))
        let gone = RoomRead(continues: false, snapshot: nil, entries: [], top: .start)
        #expect(host.loaded(gone, in: life, askedIn: life) == [.heal(.behind(top: .start))])
    }

    @Test func aHistoryThatIsNotOursReplacesTheReplica() throws {
        let host = try Script.withAda()
        let mine = host.machine.position
        let other = Script()
        _ = other.load()
        let first = other.foreign(uid: 70, [.join(Cast.bob)])
        _ = other.hear(first)
        let second = other.foreign(uid: 71, [.media(Cast.bob, 2, audio: true)])
        _ = other.hear(second)
        _ = host.learn(top: second.position)
        let read = RoomRead(continues: false, snapshot: nil, entries: [first, second], top: second.position)
        let effects = host.loaded(read)
        #expect(effects.first == .heal(.replaced(before: mine)))
        #expect(effects.last == .reset(.init(position: second.position, room: other.machine.room)))
        #expect(host.machine.room == other.machine.room)
    }

    @Test func aShorterHistoryThatIsNotOursReplacesTheReplicaAsWell() throws {
        let host = try Script.withAda()
        _ = host.submit(2, .media(Cast.ada, 2, audio: true))
        _ = host.complete(try #require(host.flush(uid: 2)), .appended)
        let mine = host.machine.position
        let other = Script()
        _ = other.load()
        let first = other.foreign(uid: 70, [.join(Cast.bob)])
        _ = other.hear(first)
        _ = host.learn(top: first.position)
        let read = RoomRead(continues: false, snapshot: nil, entries: [first], top: first.position)
        #expect(first.position.sequence < mine.sequence)
        #expect(host.loaded(read).first == .heal(.replaced(before: mine)))
        #expect(host.machine.room == other.machine.room)
    }

    @Test func whoWroteTheEndRetiresTheLog() throws {
        let host = try Script.withAda()
        _ = host.submit(2, .leave(Cast.ada, 2))
        let append = try #require(host.flush(uid: 2))
        #expect(append.events.map(\.type) == ["left", "ended"])
        #expect(append.retention == .milliseconds(60_000))
        let effects = host.complete(append, .appended)
        #expect(effects.contains(.scheduleRetire(milliseconds: 10_000)))
        _ = host.submit(3, .join(Cast.bob))
        #expect(host.flushEffects(uid: 3).outcomes == [3: .rejected(.roomEnded)])
        var last: [RoomHostEffect] = []
        host.machine.retireTimerFired(&last)
        #expect(last == [.retire(expecting: append.position)])
        host.machine.retireCompleted(&last)
        #expect(last.last == .finished)
        #expect(host.learn(top: .start) == [])
    }

    @Test func whoHearsOfTheEndIsDoneAndOwesNobodyAnOutcome() throws {
        let host = try Script.withAda()
        _ = host.submit(2, .media(Cast.ada, 2, audio: true))
        let append = try #require(host.flush(uid: 2))
        let end = host.foreign(uid: 60, [.leave(Cast.ada, 2)])
        let effects = host.complete(append, .conflict(top: end.position, tail: [end]))
        // The other command of that number was first: this one was never decided by itself.
        #expect(effects.outcomes.count == 1)
        #expect(effects.last == .finished)
        #expect(host.submit(3, .join(Cast.bob)).outcomes == [3: .rejected(.roomEnded)])
    }

    @Test func aLongLogIsReplacedByASnapshot() throws {
        let host = try Script.withAda()
        var written: [(at: UInt64, keepFrom: UInt64)] = []
        for number in 2...600 as ClosedRange<UInt64> {
            _ = host.submit(number, .media(Cast.ada, number, audio: number % 2 == 0))
            let append = try #require(host.flush(uid: number))
            for case .writeSnapshot(let snapshot, let keepFrom) in host.complete(append, .appended) {
                #expect(snapshot.room == host.machine.room)
                written.append((snapshot.position.sequence, keepFrom))
            }
        }
        #expect(written.map(\.at).count == 2)
        #expect(written.map(\.keepFrom) == written.map { $0.at > 256 ? $0.at - 256 : 0 })
        #expect(written.last?.keepFrom != 0)
    }

    @Test func theEstimateOfAnEventIsNeverTooLow() throws {
        let name = try #require(try DisplayName(String(repeating: "\"", count: 128), bytesMax: 128))
        let alias = try #require(RoomAlias(String(repeating: "a", count: 64)))
        var room = Room(id: Cast.room, alias: alias, capacity: .max)
        var refused = RefusedCommands()
        for number in 1...20 as ClosedRange<UInt64> { refused.append(number, .unsupportedProtocol) }
        let at = Instant(milliseconds: 9_999_999_999_999)
        let identity = Cast.identity(1)
        let join = RoomCommand.Join(session: Cast.session(1), identity: identity, name: name, abilities: .init())
        var commands = [
            RoomCommand(participant: Cast.ada, number: 21, rejectedSince: refused, at: at, action: .join(join))
        ]
        let change = Participant.MediaChange(audio: true, video: true, screen: true)
        commands.append(RoomCommand(participant: Cast.ada, number: 22, at: at, action: .media(change)))
        commands.append(RoomCommand(participant: Cast.ada, number: nil, at: at, action: .interrupt(epoch: 1)))
        let node = NodeID(high: .max, low: .max)
        let attach = RoomCommand.Action.attach(.init(node: node, attempt: 9_007_199_254_740_991))
        commands.append(RoomCommand(participant: Cast.ada, number: nil, at: at, action: attach))
        commands.append(RoomCommand(participant: Cast.ada, number: 23, at: at, action: .leave))
        for command in commands {
            guard case .events(let events) = room.decide(command) else {
                Issue.record("refused: \(room.decide(command))")
                return
            }
            for event in events {
                room.evolve(event)
                #expect(event.json.encoded.count < event.bytesMax)
            }
        }
    }
}

@Suite struct RoomHostSimulationTests {
    @Test func threeHostsOfARoomNeverDisagreeAndNoCommandIsLostOrDoubled() {
        var counts: [String: Int] = [:]
        for seed in 0..<200 as Range<UInt64> {
            let simulation = RoomHostSimulation(seed: seed)
            simulation.run()
            #expect(simulation.violations.isEmpty, "seed \(seed)")
            counts.merge(simulation.counts, uniquingKeysWith: +)
        }
        // Trouble that did not happen was not survived.
        for what in ["entries", "conflicts", "ambiguous", "unavailable", "engine lives", "doubled commands"] {
            #expect(counts[what, default: 0] > 100, "\(what)")
        }
    }
}
