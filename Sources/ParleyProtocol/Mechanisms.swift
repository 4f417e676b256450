/// What keeps the promises, one by one. Always all of them; a simulation leaves one out to see what it is for.
package struct Mechanisms: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let all = Mechanisms(rawValue: .max)

    // MARK: The server's

    /// A command whose number the room has seen is not decided again.
    package static let commandDeduplication = Mechanisms(rawValue: 1 << 0)
    /// Signals of a pair are numbered without gaps, and one that is too high is refused.
    package static let denseSignals = Mechanisms(rawValue: 1 << 1)
    /// A pair whose past is lost goes on where its sender says.
    package static let signalFloor = Mechanisms(rawValue: 1 << 2)
    /// A sender hears that a signal is delivered when its recipient has it, not when the engine has it.
    package static let deliveredWatermark = Mechanisms(rawValue: 1 << 3)
    /// An engine that has lost its newest entries gets them back from a replica.
    package static let healing = Mechanisms(rawValue: 1 << 4)
    /// A position is compared in all three parts when somebody comes back.
    package static let positionUID = Mechanisms(rawValue: 1 << 5)
    /// After the engine began another life, nobody appends for a while.
    package static let barrier = Mechanisms(rawValue: 1 << 6)
    /// What a hint would have said is found out now and then without one.
    package static let lookingAgain = Mechanisms(rawValue: 1 << 7)
    /// Refusals are remembered, and the participant's next accepted event carries them.
    package static let rememberedRejections = Mechanisms(rawValue: 1 << 9)
    /// A late report about an earlier connection does not concern the present one.
    package static let epochs = Mechanisms(rawValue: 1 << 10)
    /// A command's acknowledgement is its event in the ordered stream, and nothing beside it.
    package static let orderedAcknowledgement = Mechanisms(rawValue: 1 << 11)
    /// A sender hears that a signal is delivered when the engine has the acknowledgement, which is behind the signal.
    package static let acknowledgementBehindMail = Mechanisms(rawValue: 1 << 12)
    /// A command is judged by the node that has the participant's connection, as the log knows it, and by no other.
    package static let oneJudge = Mechanisms(rawValue: 1 << 13)
    /// Whoever sees more or less from now on gets a snapshot.
    package static let viewSnapshots = Mechanisms(rawValue: 1 << 14)
    /// Everybody is sent the frames of their own view.
    package static let ownView = Mechanisms(rawValue: 1 << 15)

    // MARK: The engine's

    /// An append is compared with the newest entry in all three parts.
    package static let uidCompare = Mechanisms(rawValue: 1 << 16)
    /// An append is compared with the newest entry at all, and not only found to be greater.
    package static let exactCompare = Mechanisms(rawValue: 1 << 17)

    // MARK: The client's

    /// After a snapshot a client sends again what the room does not show.
    package static let resubmission = Mechanisms(rawValue: 1 << 24)
}
