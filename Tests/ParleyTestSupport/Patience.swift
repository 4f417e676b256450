import FoundationEssentials

/// How much longer than usual everything may take: 1, or what `PARLEY_TEST_PATIENCE` says. A sanitizer makes the server
/// ten times as slow, and the machine may be busy.
public let patience = max(1, ProcessInfo.processInfo.environment["PARLEY_TEST_PATIENCE"].flatMap { Int($0) } ?? 1)
