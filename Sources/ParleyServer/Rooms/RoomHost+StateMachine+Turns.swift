package import ParleyProtocol

extension RoomHostStateMachine {
    /// Whose turn it is, where many nodes write to one room at once.
    ///
    /// A node that is far from the engine loses to others that are near as often as they write: if they write more
    /// often than its round trip takes, for ever. So whoever has lost many times in a row asks for a turn, and the
    /// others append nothing until they have seen an entry of it, or a quarter of a second is over. A request that is
    /// lost, or heard by some only, costs another try; nothing is decided by it.
    struct Turns: Sendable {
        /// So many losses in a row, and so many more.
        static let lossesBeforeTurn = 12
        static let milliseconds: Int64 = 250
        /// Authors whose newest entries are remembered.
        private static let authorsMax = 64

        private var losses = 0
        /// Who goes first.
        private var first: (node: NodeID, number: UInt64)?
        private var numbers: UInt64 = 0
        private var newest: [NodeID: UInt64] = [:]

        var isWaiting: Bool { self.first != nil }

        mutating func won() { self.losses = 0 }

        /// - Returns: whether to ask for a turn.
        mutating func lost() -> Bool {
            self.losses += 1
            return self.losses.isMultiple(of: Self.lossesBeforeTurn)
        }

        mutating func heard(_ sequence: UInt64, by author: NodeID) {
            if self.first?.node == author { self.first = nil }
            if self.newest.count >= Self.authorsMax, self.newest[author] == nil { self.newest.removeAll() }
            self.newest[author] = sequence
        }

        /// - Returns: the number of a turn that has begun.
        mutating func heardTurn(of node: NodeID, after sequence: UInt64, here: NodeID) -> UInt64? {
            // It has come through meanwhile.
            guard self.newest[node, default: 0] <= sequence else { return nil }
            // Of two that ask the smaller id goes first, here as everywhere.
            if self.losses >= Self.lossesBeforeTurn, here < node { return nil }
            if let first = self.first, first.node < node { return nil }
            self.numbers += 1
            self.first = (node, self.numbers)
            return self.numbers
        }

        mutating func end(_ number: UInt64) {
            if self.first?.number == number { self.first = nil }
        }
    }

    /// Another node asks to go first.
    package mutating func heardTurn(of node: NodeID, after sequence: UInt64, _ effects: inout [RoomHostEffect]) {
        switch self.phase {
        case .finished: return
        case .loading, .idle, .appending, .reading, .waiting, .healing:
            guard node != self.node,
                let number = self.turns.heardTurn(of: node, after: sequence, here: self.node)
            else { return }
            effects.append(.scheduleTurnEnd(milliseconds: Turns.milliseconds, number: number))
        }
    }

    package mutating func turnTimerFired(_ number: UInt64, _ effects: inout [RoomHostEffect]) {
        self.turns.end(number)
        self.readIfIdle(&effects)
    }
}
