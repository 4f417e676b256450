import ParleyLoad
import Testing

struct ServerHistoryTests {
    private static func reading(_ megabytes: UInt64, cpu: Double, rooms: Double = 0) -> ServerReading {
        ServerReading(residentBytes: megabytes << 20, cpuSeconds: cpu, gauges: ["parley_rooms_open": rooms])
    }

    @Test("What a connection costs, and what of a processor all of them do")
    func costs() {
        var history = ServerHistory(before: Self.reading(10, cpu: 1))
        #expect(history.bytesPerConnection(10) == nil)
        #expect(history.cpuShare == nil)
        history.opened = Self.reading(20, cpu: 2)
        history.add(Self.reading(20, cpu: 2), at: 0)
        history.add(Self.reading(20, cpu: 3), at: 4)
        #expect(history.bytesPerConnection(10) == Double(1 << 20))
        #expect(history.cpuShare == 0.25)
    }

    @Test("What is left over behind everybody is named; what cannot be seen is not blamed")
    func leftOver() {
        var history = ServerHistory(before: Self.reading(10, cpu: 1, rooms: 3))
        #expect(history.isAsBefore)
        history.after = Self.reading(10, cpu: 1, rooms: 3)
        #expect(history.isAsBefore)
        history.after = Self.reading(10, cpu: 1, rooms: 4)
        #expect(!history.isAsBefore)
        #expect(history.leftOver.map(\.name) == ["parley_rooms_open"])
        history.after = ServerReading()
        #expect(history.isAsBefore)
    }

    @Test("However long it goes on, so many samples are kept")
    func bounded() {
        var history = ServerHistory(before: ServerReading())
        for second in 0..<10_000 { history.add(ServerReading(), at: Double(second)) }
        #expect(history.samples.count <= ServerHistory.samplesMax)
        #expect(history.samples.last?.seconds == 9_999)
    }
}
