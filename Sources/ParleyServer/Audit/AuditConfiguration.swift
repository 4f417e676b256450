package import Crypto
import ParleyProtocol

/// Where an operator wants the audit.
public struct AuditConfiguration: Sendable {
    public var path: String
    /// Makes the hashes ones that nobody else can make.
    public var key: AuditKey?

    public init(path: String, key: AuditKey? = nil) {
        self.path = path
        self.key = key
    }
}

/// The key of an audit log. Nothing prints it.
public struct AuditKey: Sendable, CustomStringConvertible {
    package let symmetric: SymmetricKey
    public static let bytesMin = 32

    /// - Returns: `nil` if somebody might guess it: it has less than ``bytesMin`` bytes.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= Self.bytesMin else { return nil }
        self.symmetric = SymmetricKey(data: bytes)
    }

    public var description: String { "an audit key" }
}
