package import ParleyProtocol

extension Mechanisms {
    /// What can be left out, and is missed: a recorded seed of each fails without it. Where one only backs up another,
    /// both are left out together. Exempt, because the others do their work as well: a node that closes its sockets
    /// when it cannot reach the engine, the barrier alone, not to append again blindly, and to tell a sender only when
    /// the engine has the acknowledgement (missed in none of 900 worlds).
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
        ("orderedAcknowledgement", .orderedAcknowledgement),
        ("oneJudge", .oneJudge),
        ("viewSnapshots", .viewSnapshots),
        ("ownView", .ownView),
        ("lookingAgain", .lookingAgain),
    ]
}
