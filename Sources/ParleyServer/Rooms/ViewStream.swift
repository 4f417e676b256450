import ParleyProtocol
import ParleyRooms

/// What everybody with one view of a room is told: the same frames, encoded once.
///
/// An entry that shows nothing to a view has no frame there, so that what moderators do among themselves costs a large
/// audience nothing. Each frame names the one before it *in this view*, and ``position`` is where somebody stands who
/// has all of them: the state there is the room's present state, as far as this view shows it.
struct ViewStream {
    var ring: ReplayRing
    var beat = RoomBeat()
    private(set) var position: Position
    /// The state at that position, as the last snapshot told it.
    var encodedState: (at: Position, hash: StateHash, bytes: [UInt8])?

    init(ring: ReplayRing, position: Position) {
        self.ring = ring
        self.position = position
    }

    /// Every later frame follows from there, whatever was before.
    mutating func restart(at position: Position) {
        self.ring.removeAll()
        self.position = position
    }

    /// - Returns: the frame's number.
    mutating func append(_ frame: ReplayRing.Frame) -> UInt64 {
        self.position = frame.at
        return self.ring.append(frame)
    }
}

/// The streams of the views that somebody here has, or had.
struct ViewStreams {
    private var streams: [ViewStream?] = View.allCases.map { _ in nil }
    /// By place: the number of the frame that will be next, so that nobody copies a stream to know it.
    private var nextFrames = SIMD4<UInt64>.zero
    private let emptyRing: ReplayRing

    init(emptyRing: ReplayRing) {
        self.emptyRing = emptyRing
    }

    /// In a fixed order.
    var views: [View] { View.allCases.filter { self.streams[Self.place(of: $0)] != nil } }

    subscript(view: View) -> ViewStream? {
        get { self.streams[Self.place(of: view)] }
        _modify {
            let place = Self.place(of: view)
            defer { self.nextFrames[place] = self.streams[place]?.ring.numbers.upperBound ?? 0 }
            yield &self.streams[place]
        }
    }

    /// The number of the frame that will be the next one of that view.
    func nextFrame(of view: View) -> UInt64 { self.nextFrames[Self.place(of: view)] }

    /// Somebody has that view: from now on it is told what happens.
    mutating func open(_ view: View, at position: Position) {
        guard self[view] == nil else { return }
        self[view] = ViewStream(ring: self.emptyRing, position: position)
    }

    mutating func restart(at position: Position) {
        for view in View.allCases { self[view]?.restart(at: position) }
    }

    mutating func somebodyCame(to view: View) {
        self[view]?.beat.somebodyCame()
    }

    private static func place(of view: View) -> Int {
        switch view {
        case .moderator: 0
        case .participant: 1
        case .audience: 2
        case .waiting: 3
        }
    }
}
