import ParleyProtocol

/// A place in a room, as the client keeps it over connections.
struct Membership: Sendable {
    var replica: RoomReplica
    var commands = CommandOutbox()
    var chat = Chat()
    /// As it was asked for, to be asked for again if the place is lost.
    var wish: JoinWish
    /// In milliseconds, by participant, as the server measures them.
    var roundTrips: [ParticipantID: Int] = [:]
    /// Those who were listed and are not, and who may be counted now: what the two have said goes on. Bounded by those
    /// to whom something was sent and of whom something was heard.
    var unlisted: Set<ParticipantID> = []
    /// Frames that did not follow, since the last one that did.
    var gapsInARow = 0
    /// A state that cannot be right was complained about once: a second wrong one is no accident of transport.
    var hasMistrusted = false
    /// What this client wants its devices to do, for a new membership in place of this one.
    var wanted = CommandOutbox.Media()

    /// Whether it wants to be on hold, likewise.
    var wantsHold = false
    /// Of a queue in which this client waits for the call that it is taken to.
    var visit: QueueVisit?

    init(_ replica: RoomReplica, _ wish: JoinWish) {
        self.replica = replica
        self.wish = wish
    }

    var isLine: Bool { self.wish.kind == .line }

    /// With whom there may be signals.
    var peers: [ParticipantID] { self.replica.people + self.unlisted.sorted() }

    /// How it is found again: an alias outlives the room that it names, and a line is that of whoever asks.
    var reference: RoomReference {
        self.isLine ? .new : self.replica.alias.map { .alias($0) } ?? .id(self.replica.id)
    }

    /// Where a resume goes on; `nil` asks for a snapshot: the same gap twice would come a third time.
    var resumePosition: Position? { self.gapsInARow > 1 ? nil : self.replica.position }

    /// By the server's clock. Of a room that does not list this client everything may be news.
    var joinedAt: Instant {
        let people = self.replica.state["people"]
        let milliseconds = people?[self.replica.participant.description]?["joinedAt"]?.integer
        return Instant(milliseconds: milliseconds ?? 0)
    }

    /// What a new membership in place of this one is to go on with.
    mutating func note(_ action: CommandOutbox.Action) {
        switch action {
        case .media(let media): self.wanted.merge(media)
        case .meeting(.ring(.hold(let isHeld))): self.wantsHold = isHeld
        case .meeting(.line(.availability(let status))):
            self.wish.call = self.wish.call ?? CallJoin()
            self.wish.call?.status = status
        case .meeting, .leave: break
        }
    }

    /// Whether the room is as that command wanted it.
    func shows(_ action: CommandOutbox.Action) -> Bool {
        switch action {
        // Of these the server says whether it knows them (`lastCommand`); the state alone would not tell.
        case .leave, .meeting: return false
        case .media(let wanted):
            let media = self.replica.state["people"]?[self.replica.participant.description]?["media"]
            func holds(_ name: String, _ wanted: Bool?) -> Bool {
                wanted.map { media?[name] == .bool($0) } ?? true
            }
            return holds("audio", wanted.audio) && holds("video", wanted.video) && holds("screen", wanted.screen)
        }
    }

    /// Takes over what was under way in an earlier membership.
    mutating func `continue`(_ earlier: Membership) {
        self.commands = earlier.commands
        self.chat = earlier.chat
        self.wanted = earlier.wanted
        self.wantsHold = earlier.wantsHold
        self.visit = earlier.visit
        self.wish = earlier.wish
    }
}
