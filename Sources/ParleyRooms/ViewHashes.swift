import ParleyProtocol

/// The state hash of every view, kept up to date by what changes in a section.
///
/// Costs one pass over the changed leaves per view that shows the section; asking costs nothing.
struct ViewHashes: Hashable {
    private var moderator = StateHash()
    private var participant = StateHash()
    private var audience = StateHash()
    private var waiting = StateHash()

    subscript(view: View) -> StateHash {
        switch view {
        case .moderator: self.moderator
        case .participant: self.participant
        case .audience: self.audience
        case .waiting: self.waiting
        }
    }

    mutating func add(_ value: JSONValue, at path: [String], in section: Section) {
        self.change(section) { $0.add(value, at: path) }
    }

    mutating func remove(_ value: JSONValue, at path: [String], in section: Section) {
        self.change(section) { $0.remove(value, at: path) }
    }

    private mutating func change(_ section: Section, _ body: (inout StateHash) -> Void) {
        if View.moderator.includes(section) { body(&self.moderator) }
        if View.participant.includes(section) { body(&self.participant) }
        if View.audience.includes(section) { body(&self.audience) }
        if View.waiting.includes(section) { body(&self.waiting) }
    }
}
