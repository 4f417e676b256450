package import ParleyProtocol

extension Mechanisms {
    /// What can be left out, and is missed: a recorded seed of each fails without it. Where one only backs up another,
    /// both are left out together.
    package static let names: [(name: String, mechanisms: Mechanisms)] = [
        ("commandDeduplication", .commandDeduplication),
        ("denseSignals", .denseSignals),
        ("signalFloor", .signalFloor),
        ("deliveredWatermark", .deliveredWatermark),
        ("healing", .healing),
        ("positionUID", .positionUID),
        ("acknowledgementInStream", .acknowledgementInStream),
        ("acknowledgementWaitsForMailbox", .acknowledgementWaitsForMailbox),
        ("rememberedRejections", .rememberedRejections),
        ("epochs", .epochs),
        ("uidCompare", [.uidCompare, .barrier]),
        ("exactCompare", [.exactCompare, .barrier]),
        ("resubmission", .resubmission),
    ]
}
