import ParleyLoad
import ParleyProtocol
import Testing

struct FollowedRoomTests {
    private static let room = RoomID(high: 1, low: 1)
    private static let ada = ParticipantID(high: 1, low: 2)
    private static let bob = ParticipantID(high: 1, low: 3)

    private static func position(_ sequence: UInt64) -> Position {
        Position(generation: 1, sequence: sequence, uid: sequence)
    }

    private static func state(audio: Bool) -> JSONValue {
        ["people": .object(["\(Self.ada)": ["audio": .bool(audio)]] as JSONObject)]
    }

    private static func snapshot(_ state: JSONValue = state(audio: false), hash: StateHash? = nil) -> Snapshot {
        Snapshot(
            room: Self.room,
            participant: Self.ada,
            at: Self.position(1),
            view: "participant",
            state: state,
            hash: hash ?? StateHash(of: state),
            events: []
        )
    }

    /// The frame behind `sequence - 1`, which switches the microphone.
    private static func frame(_ sequence: UInt64, after: UInt64? = nil) -> HeardFrame {
        HeardFrame(
            EventsMessage(
                room: Self.room,
                at: Self.position(sequence),
                after: Self.position(after ?? sequence - 1),
                events: [
                    [
                        "type": "media-changed", "by": .string("\(Self.ada)"), "id": .integer(Int64(sequence)),
                        "patch": Self.state(audio: sequence % 2 == 0),
                    ]
                ]
            )
        )
    }

    private static func follow(_ frames: [HeardFrame]) -> (room: FollowedRoom, heard: [UInt64], Verdict) {
        var verdict = Verdict()
        var room = FollowedRoom(Self.snapshot(), &verdict)
        var heard: [HeardFrame] = []
        for frame in frames { heard += room.follow(frame, &verdict) }
        heard += room.settle(&verdict)
        return (room, heard.map(\.message.at.sequence), verdict)
    }

    @Test("Frame after frame nothing is wrong, and the state is folded")
    func inOrder() {
        let (room, heard, verdict) = Self.follow([2, 3, 4].map { Self.frame($0) })
        #expect(verdict.isGood)
        #expect(heard == [2, 3, 4])
        #expect(room.position == Self.position(4))
        #expect(room.stand.state == Self.state(audio: true))
        #expect(room.stand.hash == StateHash(of: room.stand.state))
        #expect(room.people == [Self.ada])
    }

    @Test("A frame that is lost, twice, late")
    func wrong() {
        let lost = Self.follow([2, 4, 5].map { Self.frame($0) })
        #expect(lost.2.lost == 1)
        #expect(lost.heard == [2, 4, 5])
        let twice = Self.follow([2, 2, 3].map { Self.frame($0) })
        #expect(twice.2.twice == 1)
        #expect(twice.heard == [2, 3])
        let late = Self.follow([3, 2, 4].map { Self.frame($0) })
        #expect(late.2.disordered == 1)
        #expect(late.2.lost == 0)
        #expect(late.heard == [2, 3, 4])
        let heldTwice = Self.follow([3, 3, 2].map { Self.frame($0) })
        #expect(heldTwice.2.twice == 1)
    }

    @Test("What waits behind a lost frame has a bound")
    func bounded() {
        var verdict = Verdict()
        var room = FollowedRoom(Self.snapshot(), &verdict)
        for sequence in 3..<UInt64(3 + FollowedRoom.heldMax) {
            #expect(room.follow(Self.frame(sequence), &verdict).isEmpty)
        }
        let last = UInt64(3 + FollowedRoom.heldMax)
        #expect(room.follow(Self.frame(last), &verdict).count == FollowedRoom.heldMax + 1)
        #expect(verdict.lost == 1)
        #expect(room.position == Self.position(last))
    }

    @Test("A state that has another hash than the server says")
    func hashes() {
        var verdict = Verdict()
        _ = FollowedRoom(Self.snapshot(hash: StateHash()), &verdict)
        #expect(verdict.differing == 1)
        verdict = Verdict()
        var room = FollowedRoom(Self.snapshot(), &verdict)
        let right = StateHash(of: Self.state(audio: false))
        room.compare(.init(room: Self.room, at: Self.position(1), hash: right), &verdict)
        // Of another place: nothing can be said.
        room.compare(.init(room: Self.room, at: Self.position(2), hash: StateHash()), &verdict)
        #expect(verdict.isGood)
        room.compare(.init(room: Self.room, at: Self.position(1), hash: StateHash()), &verdict)
        room.compare(.init(room: Self.room, at: Self.position(1), hash: StateHash()), &verdict)
        #expect(verdict.differing == 1)
    }

    @Test("One frame is folded once for all who held the same, and for others by itself")
    func sharing() {
        let frame = Self.frame(2)
        var verdict = Verdict()
        var (one, two) = (FollowedRoom(Self.snapshot(), &verdict), FollowedRoom(Self.snapshot(), &verdict))
        let other: JSONValue = ["people": .object(["\(Self.bob)": ["audio": true]] as JSONObject)]
        var three = FollowedRoom(Self.snapshot(other), &verdict)
        _ = one.follow(frame, &verdict)
        _ = two.follow(frame, &verdict)
        _ = three.follow(frame, &verdict)
        #expect(one.stand == two.stand)
        #expect(three.people == [Self.bob, Self.ada])
        #expect(three.stand.hash == StateHash(of: three.stand.state))
    }

    // MARK: Agreement

    @Test("Those who hold the same of those who are there are right")
    func agreement() {
        var verdict = Verdict()
        let room = FollowedRoom(Self.snapshot(), &verdict)
        RoomAgreement.judge([room, room], present: [Self.ada], &verdict)
        #expect(verdict.isGood)
        #expect(RoomAgreement.isReached([room, room], present: 1))
        #expect(!RoomAgreement.isReached([room, room], present: 2))
    }

    @Test("One who holds something else, one who is behind, ghosts, and somebody who is not in the list")
    func disagreement() {
        var verdict = Verdict()
        let room = FollowedRoom(Self.snapshot(), &verdict)
        var behind = room
        _ = behind.follow(Self.frame(2), &verdict)
        RoomAgreement.judge([behind, room, behind], present: [Self.ada], &verdict)
        #expect(verdict.differing == 1)
        #expect(!RoomAgreement.isReached([behind, room], present: 1))
        verdict = Verdict()
        RoomAgreement.judge([room], present: [Self.ada, Self.bob], &verdict)
        #expect(verdict.absent == 1)
        verdict = Verdict()
        RoomAgreement.judge([room], present: [], &verdict)
        #expect(verdict.ghosts == 1)
    }
}
