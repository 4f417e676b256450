public import ParleyProtocol

/// Who speaks in a room, found out from the pulses `speaking` that people's clients send of themselves.
///
/// ```
///             somebody for 1 s                      another for 1 s while this one is silent,
///  nobody ----------------------> this one           or for 2 s over this one, who began earlier
///    ^                              |  |                                |
///    +------------------------------+  +--------------------------------+---> the other one
///        silent for 3 s, nobody else
/// ```
///
/// At most one change a second; two who speak at once do not take it from each other for ever, since only who began
/// later interrupts. All times are monotonic milliseconds. Cost: O(those who speak) per tick.
public struct ActiveSpeaker: Hashable, Sendable {
    /// So long somebody must speak to be noticed.
    static let noticed: UInt64 = 1_000
    /// So long somebody must speak to be noticed over another one.
    static let interrupts: UInt64 = 2_000
    /// After so much silence nobody speaks.
    static let silence: UInt64 = 3_000
    /// Who speaks says so again while it lasts (every two seconds, in Parley's own page); a pulse may be lost.
    static let lasts: UInt64 = 3_500
    static let changesEvery: UInt64 = 1_000
    /// From 0 to 1; what is quieter counts as silence.
    static let levelMin = 0.05

    private struct Talk: Hashable {
        let since: UInt64
        var heard: UInt64
    }

    /// No more than there are people in the room: whoever may not speak is forgotten at the next tick.
    private var talks: [ParticipantID: Talk] = [:]
    /// The present one is silent since then.
    private var silentSince: UInt64?
    private var changedAt: UInt64?

    public init() {}

    /// Whether no tick would change anything.
    public func isIdle(_ current: ParticipantID?) -> Bool { self.talks.isEmpty && current == nil }

    /// What the data of a pulse `speaking` says: a boolean, `{"active": boolean}` or `{"level": 0 … 1}`; `nil`:
    /// nothing.
    public static func isSpeaking(_ data: JSONValue) -> Bool? {
        if let isSpeaking = data.bool ?? data["active"]?.bool { return isSpeaking }
        switch data["level"] {
        case .integer(let level)?: return Double(level) >= Self.levelMin
        case .number(let level)?: return (Double(level) ?? 0) >= Self.levelMin
        case .null?, .bool?, .string?, .array?, .object?, nil: return nil
        }
    }

    public mutating func hear(_ id: ParticipantID, _ isSpeaking: Bool, now: UInt64) {
        guard isSpeaking else {
            self.talks[id] = nil
            return
        }
        self.talks[id] = Talk(since: self.talks[id]?.since ?? now, heard: now)
    }

    public enum Change: Hashable, Sendable {
        /// `nil`: nobody speaks any more.
        case speaker(ParticipantID?)
    }

    /// - Parameters:
    ///   - current: who speaks, as the room has it.
    ///   - maySpeak: whether somebody is there with the microphone on.
    /// - Returns: `nil` if everything is as it was.
    public mutating func tick(
        _ current: ParticipantID?,
        maySpeak: (ParticipantID) -> Bool,
        now: UInt64
    ) -> Change? {
        self.talks = self.talks.filter { id, talk in talk.heard + Self.lasts > now && maySpeak(id) }
        let own = current.flatMap { self.talks[$0] }
        self.silentSince = current == nil || own != nil ? nil : self.silentSince ?? now
        if let changedAt, now < changedAt + Self.changesEvery { return nil }
        if let next = self.next(current, own, now) { return self.change(to: next, now) }
        guard let silentSince, now >= silentSince + Self.silence else { return nil }
        return self.change(to: nil, now)
    }

    private mutating func change(to id: ParticipantID?, _ now: UInt64) -> Change {
        self.changedAt = now
        self.silentSince = nil
        return .speaker(id)
    }

    /// Of those who have spoken for long enough, the one who began first.
    private func next(_ current: ParticipantID?, _ own: Talk?, _ now: UInt64) -> ParticipantID? {
        self.talks.filter { id, talk in
            guard id != current else { return false }
            guard let own else { return now >= talk.since + Self.noticed }
            return talk.since > own.since && now >= talk.since + Self.interrupts
        }
        .min { ($0.value.since, $0.key) < ($1.value.since, $1.key) }?.key
    }
}
