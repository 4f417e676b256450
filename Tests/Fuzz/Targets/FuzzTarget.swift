/// Something that reads what others have written, and what has to hold whatever that was.
///
/// Each target is run by a fuzzer (`./test --only fuzz`), and as an ordinary test with every input that is kept.
package struct FuzzTarget: Sendable {
    /// Also of its files in `Corpora` and `Failures`.
    package let name: String
    /// A crash is a finding, and so is what this throws.
    package let check: @Sendable (UnsafeRawBufferPointer) throws -> Void

    package init(name: String, check: @escaping @Sendable (UnsafeRawBufferPointer) throws -> Void) {
        self.name = name
        self.check = check
    }

    package static let all: [FuzzTarget] = [
        .frames, .closings, .envelopes, .json, .clientMessages, .serverMessages, .patches, .upgrades, .credentials,
        .addresses, .proxyHeaders, .tokens, .secrets, .stun, .probes, .roomLog, .chatLog, .hints, .accepting,
        .connections, .connecting, .claims, .answers, .revocations, .audit, .loadSignals, .relays, .keySets,
        .resp, .redisURLs,
    ]
}

/// What should have held and did not.
package struct Finding: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

func demand(_ holds: Bool, _ words: @autoclosure () -> String) throws {
    guard holds else { throw Finding(description: words()) }
}

/// Decisions, taken from the front of an input.
struct Feed {
    private(set) var rest: UnsafeRawBufferPointer

    init(_ input: UnsafeRawBufferPointer) { self.rest = input }

    /// 0 when there is no more.
    mutating func byte() -> UInt8 {
        guard let first = self.rest.first else { return 0 }
        self.rest = UnsafeRawBufferPointer(rebasing: self.rest[1...])
        return first
    }
}

/// Memory of exactly that size, so that the sanitizer sees every byte beyond it.
func withExactCopy<Result>(
    of bytes: UnsafeRawBufferPointer,
    _ body: (UnsafeRawBufferPointer) throws -> Result
) rethrows -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyMemory(from: bytes)
    return try body(UnsafeRawBufferPointer(copy))
}

/// The lines of an input, which is how targets take more than one part.
func lines(of input: UnsafeRawBufferPointer) -> [[UInt8]] {
    input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map { Array($0) }
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
