package import ParleyProtocol

extension Mechanisms {
    /// What can be left out, and is missed: a recorded seed of each fails without it. Where one only backs up another,
    /// both are left out together. Exempt, because the others do their work as well: a node that closes its sockets
    /// when it cannot reach the engine, the barrier alone, and not to append again blindly.
    package static let names: [(name: String, mechanisms: Mechanisms)] = [
        ("commandDeduplication", .commandDeduplication),
        ("denseSignals", .denseSignals),
        ("signalFloor", .signalFloor),
        ("deliveredWatermark", .deliveredWatermark),
        ("healing", .healing),
        ("positionUID", .positionUID),
        ("rememberedRejections", .rememberedRejections),
        ("epochs", .epochs),
        ("uidCompare", [.uidCompare, .barrier]),
        ("exactCompare", [.exactCompare, .barrier]),
        ("resubmission", .resubmission),
        // Not missed so far, in 4,000 worlds each: what a client sends again after a snapshot and the floor of a sender
        // do their work as well.
        ("orderedAcknowledgement", .orderedAcknowledgement),
        ("acknowledgementBehindMail", .acknowledgementBehindMail),
        ("oneJudge", .oneJudge),
    ]
}
