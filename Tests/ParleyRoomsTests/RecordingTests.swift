import ParleyProtocol
import ParleyRooms
import Testing

/// A recording alone, with people who are called by name.
struct RecordingStage {
    var recording: Recording?
    var now = Instant(milliseconds: 1_000)
    var limits = Limits()

    static func identity(_ name: String) -> IdentityID { IdentityID(high: 9, low: FloorStage.id(name).low) }

    mutating func start(_ name: String, _ rule: RecordingRule, question: UInt64?) -> String {
        let id = FloorStage.id(name)
        return self.apply([
            Recording.start(by: id, Self.identity(name), rule: rule, question: question, at: self.now)
        ])
    }

    mutating func close(_ outcome: ConsentRound.Outcome) -> String {
        self.now = self.now.advanced(milliseconds: 500)
        let identity = Self.identity(self.recording.map { FloorStage.name($0.by) } ?? "?")
        return self.apply((self.recording?.close(outcome, identity, at: self.now)).map { [$0] } ?? [])
    }

    mutating func answer(_ name: String, _ answer: Bool) -> String {
        do throws(RejectionCode) {
            let facts = try self.recording?.answer(
                answer,
                by: FloorStage.id(name),
                Self.identity(name),
                limits: self.limits
            )
            return self.apply(facts ?? [])
        } catch {
            return "rejected \(error.rawValue)"
        }
    }

    mutating func end(_ reason: RecordingFact.Ending) -> String {
        self.apply((self.recording?.end(reason)).map { [$0] } ?? [])
    }

    mutating func apply(_ facts: [RecordingFact]) -> String {
        facts.map { fact in
            Recording.evolve(&self.recording, fact)
            switch fact {
            case .asked(let by, _, _, let number, _): return "\(FloorStage.name(by)) asks (\(number))"
            case .started(let by, _, _, _): return "\(FloorStage.name(by)) records"
            case .answered(let id, _, let answer): return "\(FloorStage.name(id)) says \(answer ? "yes" : "no")"
            case .refused(let ending): return "does not begin: \(ending.rawValue)"
            case .stopped(let ending): return "is over: \(ending.rawValue)"
            }
        }.joined(separator: ", ")
    }
}

@Suite struct RecordingTests {
    @Test func `with everybody's consent it begins`() {
        var stage = RecordingStage()
        #expect(stage.start("Mod", .all, question: 3) == "Mod asks (3)")
        #expect(stage.recording?.consent == 3)
        #expect(stage.answer("Ada", true) == "Ada says yes")
        #expect(stage.answer("Ada", true) == "rejected no-change")
        #expect(stage.close(.granted) == "Mod records")
        #expect(stage.recording?.since == Instant(milliseconds: 1_500))
        #expect(stage.end(.stopped) == "is over: stopped")
        #expect(stage.recording == nil)
    }

    @Test func `a refusal, a deadline or an empty room: it does not begin`() {
        for outcome in [ConsentRound.Outcome.refused, .expired, .cancelled] {
            var stage = RecordingStage()
            _ = stage.start("Mod", .all, question: 1)
            #expect(stage.close(outcome) == "does not begin: \(outcome.rawValue)")
            #expect(stage.recording == nil)
        }
        var stage = RecordingStage()
        _ = stage.start("Mod", .all, question: 1)
        #expect(stage.end(.gone) == "does not begin: gone")
    }

    @Test func `a late joiner says no, or somebody changes their mind: it is over`() {
        var stage = RecordingStage()
        _ = stage.start("Mod", .all, question: nil)
        #expect(stage.answer("Ada", true) == "Ada says yes")
        #expect(stage.answer("Ada", false) == "Ada says no, is over: refused")
    }

    @Test func `where people are only told, a refusal is written down`() {
        var stage = RecordingStage()
        #expect(stage.start("Mod", .inform, question: nil) == "Mod records")
        #expect(stage.answer("Ada", false) == "Ada says no")
        #expect(stage.answer("Ada", true) == "Ada says yes")
        #expect(stage.recording?.consents.count == 2)
    }

    @Test func `answers have a bound`() {
        var stage = RecordingStage()
        stage.limits.recordingAnswersMax = 2
        _ = stage.start("Mod", .inform, question: nil)
        #expect(stage.answer("Ada", true) == "Ada says yes")
        #expect(stage.answer("Bob", true) == "rejected too-many")
        #expect(stage.answer("Ada", false) == "Ada says no")
    }

    @Test func `what everybody sees is what a snapshot keeps`() throws {
        var stage = RecordingStage()
        _ = stage.start("Mod", .all, question: 7)
        _ = stage.answer("Ada", true)
        let recording = try #require(stage.recording)
        let consents = [RecordingStage.identity("Ada").description, RecordingStage.identity("Mod").description]
        let json: JSONValue = [
            "status": "asking", "consent": 7, "by": .string(FloorStage.id("Mod").description), "since": 1_000,
            "rule": "all", "consents": .object([consents[0]: true, consents[1]: true]),
        ]
        #expect(recording.json == json)
        #expect(try Recording(json: json) == recording)
        _ = stage.close(.granted)
        let on = try #require(stage.recording)
        #expect(try Recording(json: on.json) == on)
        #expect(throws: RoomFormatError.member("status")) { try Recording(json: ["status": "paused"]) }
    }
}
