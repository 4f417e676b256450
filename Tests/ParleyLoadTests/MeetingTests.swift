import ParleyLoad
import Testing

struct MeetingTests {
    private static let second: UInt64 = 1_000_000_000

    /// What happens in so many seconds to seats whose people come in at once and go at once.
    private static func run(_ rates: MeetingScript.Rates, seats: Int, seed: UInt64, seconds: Int) -> [String] {
        var script = MeetingScript(seats: seats, rates, seed: seed, at: 0)
        var told: [String] = []
        for step in 0..<(seconds * 100) {
            let now = UInt64(step) * Self.second / 100
            for (action, due) in script.due(at: now) {
                #expect(due <= now)
                told.append("\(action)")
                switch action {
                case .come(let seat): script.enter(seat, at: now)
                case .leave(let seat): script.vacate(seat)
                case .microphone, .hand: break
                }
            }
        }
        return told
    }

    @Test("The same seed makes the same meeting, another one another")
    func seeds() {
        let told = Self.run(.init(), seats: 10, seed: 1, seconds: 60)
        #expect(told == Self.run(.init(), seats: 10, seed: 1, seconds: 60))
        #expect(told != Self.run(.init(), seats: 10, seed: 2, seconds: 60))
    }

    @Test("So much happens as was asked for")
    func rates() {
        var rates = MeetingScript.Rates()
        rates.arrivalsPerSecond = 100
        rates.staySeconds = 0
        rates.microphonesPerMinute = 60
        rates.handsPerMinute = 30
        let told = Self.run(rates, seats: 10, seed: 3, seconds: 100)
        #expect(told.count { $0.hasPrefix("come") } == 10)
        #expect(told.count { $0.hasPrefix("leave") } == 0)
        // Ten people, a hundred seconds.
        #expect((850...1_150).contains(told.count { $0.hasPrefix("microphone") }))
        #expect((400...600).contains(told.count { $0.hasPrefix("hand") }))
    }

    @Test("A seat that somebody has is nobody else's, and whoever has gone makes room")
    func seats() {
        var rates = MeetingScript.Rates()
        rates.arrivalsPerSecond = 50
        rates.staySeconds = 1
        var script = MeetingScript(seats: 3, rates, seed: 4, at: 0)
        var (taken, came) = (Set<Int>(), 0)
        for step in 0..<3_000 {
            let now = UInt64(step) * Self.second / 100
            for (action, _) in script.due(at: now) {
                switch action {
                case .come(let seat):
                    #expect(taken.insert(seat).inserted)
                    came += 1
                    script.enter(seat, at: now)
                case .leave(let seat):
                    #expect(taken.remove(seat) != nil)
                    script.vacate(seat)
                case .microphone(let seat, _), .hand(let seat, _): #expect(taken.contains(seat))
                }
            }
        }
        #expect((60...120).contains(came))
        script.end()
        #expect(script.due(at: .max / 2).isEmpty)
    }

    @Test("Sizes are read, and refused if they are none")
    func sizes() throws {
        let sizes = try #require(RoomSizes("2:3,10:1"))
        #expect(sizes.text == "2:3,10:1")
        let rooms = sizes.sizes(1_000, seed: 1)
        #expect(rooms == sizes.sizes(1_000, seed: 1))
        #expect(Set(rooms) == [2, 10])
        #expect((200...300).contains(rooms.count { $0 == 10 }))
        for text in ["", "2", "2:", ":1", "0:1", "2:0", "2:1,", "a:b", "1001:1", "2:1:1"] {
            #expect(RoomSizes(text) == nil, "\(text)")
        }
    }

    // MARK: The server

    private static func history(_ megabytes: [UInt64]) -> ServerHistory {
        var history = ServerHistory(before: ServerReading())
        for (index, value) in megabytes.enumerated() {
            history.add(ServerReading(residentBytes: value << 20), at: Double(index * 10))
        }
        return history
    }

    @Test("Growth within the bound is none, also before the warm-up is over; beyond it, it is told")
    func growth() {
        var growth = SoakGrowth()
        growth.megabytes = 5
        var verdict = Verdict()
        _ = growth.judge(Self.history([10, 50, 100, 100, 101, 110, 114]), warmupSeconds: 20, &verdict)
        #expect(verdict.isGood)
        let figures = growth.judge(Self.history([10, 50, 100, 100, 101, 120, 121]), warmupSeconds: 20, &verdict)
        #expect(verdict.faults.count == 1)
        #expect(figures.map(\.key) == ["serverSamples", "serverMegabytesFirst", "serverMegabytesLast"])
    }

    @Test("Where memory was seen, but not for long enough, that is a fault; where nothing was seen, it is none")
    func short() {
        var verdict = Verdict()
        _ = SoakGrowth().judge(Self.history([10, 10]), warmupSeconds: 10, &verdict)
        #expect(!verdict.isGood)
        verdict = Verdict()
        var blind = ServerHistory(before: ServerReading())
        blind.add(ServerReading(), at: 0)
        _ = SoakGrowth().judge(blind, warmupSeconds: 0, &verdict)
        #expect(verdict.isGood)
    }

    @Test("What is left when everybody has gone is told by its name")
    func ghosts() {
        var history = ServerHistory(before: ServerReading(gauges: ["parley_participants": 0]))
        history.after = ServerReading(gauges: ["parley_participants": 1])
        var verdict = Verdict()
        _ = SoakGrowth().judge(history, warmupSeconds: 0, &verdict)
        #expect(verdict.faults.count == 1)
        #expect(verdict.faults.first?.hasPrefix("parley_participants was 0") == true)
    }
    @Test("A server that can no longer be looked at is not taken for one of which nothing is left")
    func blind() {
        var history = ServerHistory(before: ServerReading(gauges: ["parley_participants": 0]))
        history.after = ServerReading()
        var verdict = Verdict()
        _ = SoakGrowth().judge(history, warmupSeconds: 0, &verdict)
        #expect(!verdict.isGood)
    }
}
