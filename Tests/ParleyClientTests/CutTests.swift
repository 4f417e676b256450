import ParleyProtocol
import Testing

@Suite("A short conversation, cut everywhere")
struct CutTests {
    private static let steps: [Conversation.Step] = [
        .join,
        .media(audio: true, video: nil),
        .bobSends("b1"),
        .send("a1"),
        .bobShows(true),
        .send("a2"),
        .media(audio: nil, video: true),
        .media(audio: false, video: nil),
        .bobSends("b2"),
        .send("a3"),
        .media(audio: false, video: nil),
        .bobShows(false),
        .bobSends("b3"),
    ]

    /// The number of the frame that it is. Whoever loses the connection before has no session yet, and is told.
    private static let welcome = 2

    @Test("without a cut, everything has its outcome")
    func whole() {
        let outcome = Conversation.run(Self.steps, .replays).outcome
        #expect(outcome.requests == [1: "done", 2: "done", 3: "done", 4: "done", 5: "done"])
        #expect(outcome.events.filter { $0.hasSuffix(" 0") } == ["media-changed 0", "media-changed 0"])
        #expect(outcome.events.filter { !$0.hasSuffix(" 0") } == (2...4).map { "media-changed \($0)" })
        #expect(outcome.signals == ["b1", "b2", "b3"])
        #expect(outcome.delivered == ["a1", "a2", "a3"])
        #expect(outcome.deliveredUpTo == 3)
        #expect(outcome.isStateEqual)
    }

    @Test("a cut behind any frame changes nothing", arguments: ModelServer.Memory.allCases)
    func once(_ memory: ModelServer.Memory) {
        let whole = Conversation.run(Self.steps, memory)
        #expect(whole.frameCount > 20)
        for cut in Self.welcome...whole.frameCount {
            let torn = Conversation.run(Self.steps, memory, cuts: [cut])
            #expect(torn.lossCount == 1)
            Self.compare(torn, whole, memory, "cut behind \(cut)")
        }
    }

    @Test("nor do two cuts behind any two frames", arguments: ModelServer.Memory.allCases)
    func twice(_ memory: ModelServer.Memory) {
        let whole = Conversation.run(Self.steps, memory)
        for first in Self.welcome...whole.frameCount {
            for second in 1...20 {
                let torn = Conversation.run(Self.steps, memory, cuts: [first, first + second])
                Self.compare(torn, whole, memory, "cut behind \(first) and \(first + second)")
            }
        }
    }

    private static func compare(
        _ torn: Conversation,
        _ whole: Conversation,
        _ memory: ModelServer.Memory,
        _ comment: Comment
    ) {
        #expect(torn.outcome.isStateEqual, comment)
        #expect(torn.outcome.requests == whole.outcome.requests, comment)
        #expect(torn.outcome.signals == whole.outcome.signals, comment)
        #expect(torn.outcome.delivered == whole.outcome.delivered, comment)
        #expect(torn.outcome.deliveredUpTo == whole.outcome.deliveredUpTo, comment)
        switch memory {
        // Every event, in its order among the others.
        case .replays: #expect(torn.outcome.events.sorted() == whole.outcome.events.sorted(), comment)
        // A snapshot stands for some of them: none twice, and nothing else.
        case .snapshots:
            #expect(Set(torn.outcome.events).isSubset(of: whole.outcome.events), comment)
            let commands = torn.outcome.events.filter { !$0.hasSuffix(" 0") }
            #expect(Set(commands).count == commands.count, comment)
        // Then a command may well come about a second time, for the first time was undone.
        case .losesCommands: #expect(Set(torn.outcome.events).isSubset(of: whole.outcome.events), comment)
        }
        if memory != .losesCommands { #expect(torn.outcome.state == whole.outcome.state, comment) }
    }
}
