import NIOCore
import ParleyProtocol
import ParleyRooms

/// Who speaks: people's clients say it of themselves by pulses, ``ActiveSpeaker`` makes one answer of it, and the log
/// takes it. Every node that holds the room hears the same pulses; the first one that says so is believed.
extension RoomHost {
    static let speaking = Array("speaking".utf8)

    /// - Parameter data: the raw JSON of a pulse `speaking`.
    func hear(_ id: ParticipantID, speaking data: UnsafeRawBufferPointer) {
        guard let value = try? JSONParser.parse(data), let isSpeaking = ActiveSpeaker.isSpeaking(value) else { return }
        self.hear(id, speaking: isSpeaking)
    }

    /// A whole pulse that another node has relayed.
    func hear(_ id: ParticipantID, pulse: ByteBufferView) {
        guard let value = try? JSONParser.parse(Array(pulse)), value["kind"] == "speaking", let data = value["data"],
            let isSpeaking = ActiveSpeaker.isSpeaking(data)
        else { return }
        self.hear(id, speaking: isSpeaking)
    }

    private func hear(_ id: ParticipantID, speaking isSpeaking: Bool) {
        guard self.room.maySpeak(id) || !isSpeaking else { return }
        self.speaker.hear(id, isSpeaking, now: Self.milliseconds(self.gateway.eventLoop.now))
        self.gateway.listen(to: self)
    }

    /// - Returns: whether there is anything to listen for.
    func findSpeaker(_ now: NIODeadline) -> Bool {
        guard !self.isOver else { return false }
        let room = self.room
        let change = self.speaker.tick(room.activeSpeaker, maySpeak: room.maySpeak, now: Self.milliseconds(now))
        if case .speaker(let id)? = change {
            self.submit(RoomCommand(operators: .moderation(.speaker(id)), at: self.gateway.now), seat: nil)
        }
        return !self.speaker.isIdle(room.activeSpeaker)
    }

    private static func milliseconds(_ now: NIODeadline) -> UInt64 { now.uptimeNanoseconds / 1_000_000 }
}

extension Gateway {
    func listen(to host: RoomHost) {
        guard !host.isListenedTo else { return }
        host.isListenedTo = true
        self.speakingRooms.append(host)
    }

    /// Costs what speaks: a silent room is not in the list.
    func findSpeakers(_ now: NIODeadline) {
        let hosts = self.speakingRooms
        self.speakingRooms = []
        for host in hosts {
            host.isListenedTo = false
            if host.findSpeaker(now) { self.listen(to: host) }
        }
    }
}
