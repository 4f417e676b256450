import ParleyProtocol
import ParleyRooms
import Testing

/// Time in milliseconds, who speaks in between, and what the room is told.
@Suite struct ActiveSpeakerTests {
    private struct Talk {
        var speaker = ActiveSpeaker()
        var current: ParticipantID?
        var muted: Set<ParticipantID> = []
        /// "at: who" for each change.
        var changes: [String] = []

        /// Ticks four times a second until then; whoever speaks says so again every two seconds.
        mutating func run(_ speaking: [ParticipantID], from: UInt64, to: UInt64) {
            for now in stride(from: from, to: to, by: 250) {
                if (now - from).isMultiple(of: 2_000) { for id in speaking { self.speaker.hear(id, true, now: now) } }
                self.tick(now)
            }
        }

        mutating func tick(_ now: UInt64) {
            let muted = self.muted
            let change = self.speaker.tick(self.current, maySpeak: { !muted.contains($0) }, now: now)
            guard case .speaker(let id)? = change else { return }
            self.current = id
            self.changes.append("\(now): \(id.map { Meeting.name($0) } ?? "nobody")")
        }
    }

    private let ada = Meeting.participant("Ada", membership: 1)
    private let bob = Meeting.participant("Bob", membership: 1)

    @Test func `somebody is noticed after a second, and is gone after three of silence`() {
        var talk = Talk()
        talk.run([self.ada], from: 0, to: 2_000)
        talk.speaker.hear(self.ada, false, now: 2_000)
        talk.run([], from: 2_000, to: 8_000)
        #expect(talk.changes == ["1000: Ada", "5000: nobody"])
        #expect(talk.speaker.isIdle(talk.current))
    }

    @Test func `a cough is nobody's turn`() {
        var talk = Talk()
        talk.run([self.ada], from: 0, to: 750)
        talk.speaker.hear(self.ada, false, now: 750)
        talk.run([], from: 750, to: 3_000)
        #expect(talk.changes == [])
    }

    @Test func `another one has it after a second, if the first one is silent`() {
        var talk = Talk()
        talk.run([self.ada], from: 0, to: 2_000)
        talk.speaker.hear(self.ada, false, now: 2_000)
        talk.run([self.bob], from: 2_000, to: 6_000)
        #expect(talk.changes == ["1000: Ada", "3000: Bob"])
    }

    @Test func `two who speak at once: the later one interrupts after two seconds, and nobody takes it back`() {
        var talk = Talk()
        talk.run([self.ada], from: 0, to: 2_000)
        talk.run([self.ada, self.bob], from: 2_000, to: 20_000)
        #expect(talk.changes == ["1000: Ada", "4000: Bob"])
    }

    @Test func `a lost pulse is silence in the end`() {
        var talk = Talk()
        talk.run([self.ada], from: 0, to: 250)
        talk.run([], from: 250, to: 10_000)
        #expect(talk.changes == ["1000: Ada", "6500: nobody"])
    }

    @Test func `whoever is muted does not speak`() {
        var talk = Talk()
        talk.muted = [self.ada]
        talk.run([self.ada, self.bob], from: 0, to: 2_000)
        #expect(talk.changes == ["1000: Bob"])
    }

    @Test func `there is no more than one change a second`() {
        var talk = Talk()
        talk.run([self.ada], from: 0, to: 1_250)
        // As if the room had silenced Ada meanwhile.
        talk.speaker.hear(self.ada, false, now: 1_250)
        talk.speaker.hear(self.bob, true, now: 0)
        talk.tick(1_250)
        talk.tick(1_999)
        talk.tick(2_000)
        #expect(talk.changes == ["1000: Ada", "2000: Bob"])
    }

    @Test func `what a pulse says`() {
        let datas: [(JSONValue, Bool?)] = [
            (true, true), (false, false), (["active": true], true), (["level": .number("0.5")], true),
            (["level": .number("1e-2")], false),
            (["level": 1], true), (["level": 0], false), ("loud", nil), ([:], nil), (7, nil),
        ]
        for (data, isSpeaking) in datas { #expect(ActiveSpeaker.isSpeaking(data) == isSpeaking) }
    }
}
