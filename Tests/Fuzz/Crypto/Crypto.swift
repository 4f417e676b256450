/// Stands in for swift-crypto while fuzzing: the same words, and sums instead of hashes. A fuzzer cannot forge a real
/// signature, so behind one it would see nothing; and the real library takes minutes to build with a sanitizer.
///
/// The ordinary tests run the same targets, and every input that is kept, with the real one.
public protocol HashFunction {
    static var digestBytes: Int { get }
}

public struct ToyDigest: Sequence, Hashable, Sendable {
    let bytes: [UInt8]

    public init(_ parts: [[UInt8]], count: Int) {
        var bytes = [UInt8](repeating: 0, count: count)
        for part in parts {
            for (index, byte) in part.enumerated() { bytes[index % count] = bytes[index % count] &* 31 &+ byte }
        }
        self.bytes = bytes
    }

    public func makeIterator() -> IndexingIterator<[UInt8]> { self.bytes.makeIterator() }
}

public struct SymmetricKey: Hashable, Sendable {
    let bytes: [UInt8]

    public init(data: some Sequence<UInt8>) { self.bytes = Array(data) }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try self.bytes.withUnsafeBytes(body)
    }
}

public enum HMAC<Hash: HashFunction> {
    public static func authenticationCode(for data: some Sequence<UInt8>, using key: SymmetricKey) -> ToyDigest {
        ToyDigest([key.bytes, Array(data)], count: Hash.digestBytes)
    }
}

extension HashFunction {
    public static func hash(data: some Sequence<UInt8>) -> ToyDigest {
        ToyDigest([Array(data)], count: self.digestBytes)
    }
}

public enum SHA256: HashFunction {
    public typealias Digest = ToyDigest
    public static let digestBytes = 32
}

public enum Insecure {
    public enum SHA1: HashFunction {
        public static let digestBytes = 20
    }

    public enum MD5: HashFunction {
        public static let digestBytes = 16
    }
}
