import ParleyProtocol
import ParleyRooms

/// What a room's commands cost, by how many are there.
func roomBenchmarks() -> [Benchmark] {
    [100, 1_000].flatMap { count in
        [
            Benchmark("decide in a room of \(count)") {
                let crowd = Crowd(of: count)
                let command = crowd.media(of: count / 2, audio: true)
                return { if case .events = crowd.room.decide(command) { 1 } else { 0 } }
            },
            Benchmark("evolve a room of \(count)") {
                var crowd = Crowd(of: count)
                let on = crowd.events(crowd.media(of: count / 2, audio: true))
                for event in on { crowd.room.evolve(event) }
                let switches = [on, crowd.events(crowd.media(of: count / 2, audio: false, number: 3))]
                var turn = 0
                return {
                    turn &+= 1
                    return switches[turn & 1].reduce(0) { $0 + (crowd.room.evolve($1).isEmpty ? 0 : 1) }
                }
            },
            Benchmark("encode an event, room of \(count)") {
                var crowd = Crowd(of: count)
                let events = crowd.events(crowd.media(of: count / 2, audio: true))
                let patch = events.first.map { crowd.room.evolve($0).patch(for: .participant) } ?? nil
                let position = Position(generation: 1, sequence: 7, uid: 9)
                return {
                    var bytes: [UInt8] = []
                    ServerMessage.events(
                        EventsMessage(
                            room: crowd.room.id,
                            at: position,
                            after: position,
                            events: events.map { $0.wire(patch: patch) }
                        )
                    ).encode(into: &bytes)
                    return bytes.count
                }
            },
            Benchmark("join a room of \(count)") {
                let crowd = Crowd(of: count)
                let command = crowd.join(count + 1)
                return {
                    var room = crowd.room
                    guard case .events(let events) = room.decide(command) else { return 0 }
                    for event in events { room.evolve(event) }
                    return events.count
                }
            },
            Benchmark("snapshot of a room of \(count)") {
                let crowd = Crowd(of: count)
                return { crowd.room.state(for: .participant).encoded.count }
            },
        ]
    } + [
        Benchmark("policy for 1,000 devices") {
            var profiles = DeviceProfiles()
            for number in 1...1_000 as ClosedRange<UInt64> {
                let holder = DeviceProfiles.Holder(joined: number, id: ParticipantID(high: 1, low: number), name: nil)
                profiles.add(holder, Crowd.abilities(isOld: number == 700), .stage)
            }
            let made = profiles
            return { MediaPolicy(of: made, rules: MediaRules())?.video.count ?? 0 }
        }
    ]
}

/// A room with so many people in it.
private struct Crowd {
    var room: Room
    static let now = Instant(milliseconds: 1_795_226_400_000)

    init(of count: Int) {
        self.room = Room(id: RoomID(high: 1, low: 1), alias: nil, capacity: 10_000, stageMax: 1_000)
        for number in 1...count {
            for event in self.events(self.join(number)) { self.room.evolve(event) }
        }
    }

    func events(_ command: RoomCommand) -> [RoomEvent] {
        if case .events(let events) = self.room.decide(command) { events } else { [] }
    }

    func join(_ number: Int) -> RoomCommand {
        let join = RoomCommand.Join(
            session: SessionID(high: 7, low: UInt64(number)),
            identity: IdentityID(high: 9, low: UInt64(number)),
            name: try? DisplayName("Client \(number)", bytesMax: 128),
            abilities: Abilities(rollback: true, media: Self.abilities(isOld: false)),
            devices: .allow
        )
        return RoomCommand(participant: Self.id(number), number: 1, at: Self.now, action: .join(join))
    }

    func media(of person: Int, audio: Bool, number command: UInt64 = 2) -> RoomCommand {
        let change = Participant.MediaChange(audio: audio, video: nil, screen: nil)
        return RoomCommand(participant: Self.id(person), number: command, at: Self.now, action: .media(change))
    }

    private static func id(_ number: Int) -> ParticipantID { ParticipantID(high: 3, low: UInt64(number)) }

    static func abilities(isOld: Bool) -> MediaAbilities {
        let codecs = isOld ? ["VP8"] : ["VP9", "VP8", "H264", "AV1"]
        let direction = MediaAbilities.Direction(formats: codecs.map { MediaFormat(codec: $0, profile: nil) })
        let audio = MediaAbilities.Direction(formats: [MediaFormat(codec: "opus", profile: nil)])
        return MediaAbilities(
            video: .init(send: direction, receive: direction),
            audio: .init(send: audio, receive: audio)
        )
    }
}
