import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyRooms
import ParleyServer
import Testing

@Suite("Whose turn it is in a room to which many nodes write")
struct RoomHostTurnTests {
    private static let far = NodeID(high: 3, low: 3)

    /// Loses so often; what it was told to do at the end.
    private func lose(_ host: Script, _ times: Int) throws -> [RoomHostEffect] {
        var effects: [RoomHostEffect] = []
        for time in 0..<times {
            let append = try #require(host.flush(uid: 100 + UInt64(time)))
            let winner = host.foreign(uid: 1_000 + UInt64(time), [.attach(Cast.ada, to: Cast.other)])
            effects = host.complete(append, .conflict(top: winner.position, tail: [winner]))
        }
        return effects
    }

    private func asks(_ effects: [RoomHostEffect]) -> UInt64? {
        for case .askForTurn(let sequence) in effects { return sequence }
        return nil
    }

    @Test("who has lost twelve times in a row asks for a turn, and again after twelve more")
    func asks() throws {
        let host = try Script.withAda()
        _ = host.submit(2, .join(Cast.bob))
        #expect(self.asks(try self.lose(host, 11)) == nil)
        #expect(self.asks(try self.lose(host, 1)) == host.machine.position.sequence)
        #expect(self.asks(try self.lose(host, 11)) == nil)
        #expect(self.asks(try self.lose(host, 1)) != nil)
        let append = try #require(host.flush(uid: 999))
        _ = host.complete(append, .appended)
        // Whoever has won begins anew.
        _ = host.submit(3, .media(Cast.bob, 2, audio: true))
        #expect(self.asks(try self.lose(host, 11)) == nil)
    }

    @Test("the others wait until they have seen an entry of it")
    func waits() throws {
        let host = try Script.withAda()
        let top = host.machine.position.sequence
        #expect(
            host.step { $0.heardTurn(of: Cast.other, after: top, &$1) }
                == [.scheduleTurnEnd(milliseconds: 250, number: 1)]
        )
        _ = host.submit(2, .join(Cast.bob))
        #expect(!host.machine.wantsAppend)
        _ = host.hear(host.foreign(uid: 5, [.attach(Cast.ada, to: Cast.other)]))
        #expect(host.machine.wantsAppend)
        // It has had its turn: the same request, late, means nothing.
        #expect(host.step { $0.heardTurn(of: Cast.other, after: top, &$1) } == [])
        #expect(host.machine.wantsAppend)
    }

    @Test("nobody waits for longer than a quarter of a second, and for the latest request")
    func ends() throws {
        let host = try Script.withAda()
        _ = host.submit(2, .join(Cast.bob))
        _ = host.step { $0.heardTurn(of: Self.far, after: 1, &$1) }
        #expect(
            host.step { $0.heardTurn(of: Cast.other, after: 1, &$1) }
                == [.scheduleTurnEnd(milliseconds: 250, number: 2)]
        )
        // A greater id waits as well.
        #expect(host.step { $0.heardTurn(of: Self.far, after: 1, &$1) } == [])
        _ = host.step { $0.turnTimerFired(1, &$1) }
        #expect(!host.machine.wantsAppend)
        _ = host.step { $0.turnTimerFired(2, &$1) }
        #expect(host.machine.wantsAppend)
    }

    @Test("of two that ask the smaller id goes first")
    func both() throws {
        let host = try Script.withAda()
        _ = host.submit(2, .join(Cast.bob))
        _ = try self.lose(host, 12)
        #expect(host.step { $0.heardTurn(of: Self.far, after: 100, &$1) } == [])
        #expect(host.machine.wantsAppend)
        let near = NodeID(high: 0, low: 1)
        #expect(host.step { $0.heardTurn(of: near, after: 100, &$1) }.count == 1)
        #expect(!host.machine.wantsAppend)
    }

    @Test("a request is read as it was written")
    func coding() throws {
        let hint = RoomHint.turn(after: 77)
        let decoded = try #require(RoomHint.decode(hint.encoded(author: Cast.other)))
        #expect(decoded.author == Cast.other && decoded.hint == hint)
        #expect(RoomHint.decode(ByteBuffer(bytes: Array(repeating: 0, count: 16) + [5, 1])) == nil)
    }
}
