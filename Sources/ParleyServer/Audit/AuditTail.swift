import Crypto
package import ParleyProtocol

/// The end of a file with which a server goes on.
package struct AuditTail: Hashable, Sendable {
    /// `nil`: the file is empty.
    package let last: AuditChain.Line?
    /// What was not written to its end, if something was: the process was killed, or the machine lost its power.
    package let torn: Torn?
    /// The last line is whole but for its end of line.
    package let lacksNewline: Bool

    package struct Torn: Hashable, Sendable {
        package let byteCount: Int
        package let hash: String

        package init(_ bytes: some Collection<UInt8>) {
            self.byteCount = bytes.count
            self.hash = AuditChain.hexadecimal(SHA256.hash(data: Array(bytes)))
        }

        /// Whether that line admits it.
        package func isSaid(by line: AuditChain.Line) -> Bool {
            line.action == AuditAction.lineTorn.rawValue
                && line.details["bytes"]?.integer == Int64(self.byteCount)
                && line.details["sha256"]?.string == self.hash
        }

        /// It stays where it is, ended by a newline; this says so behind it.
        package func entry(at now: Instant) -> AuditEntry {
            AuditEntry(
                .lineTorn,
                at: now,
                reason: "the line before was not written to its end",
                details: ["bytes": .integer(Int64(self.byteCount)), "sha256": .string(self.hash)]
            )
        }
    }

    /// - Parameters:
    ///   - bytes: the last ones of the file: all of it, or at least twice ``AuditChain/lineBytesMax``.
    ///   - chain: with the server's key.
    package init(_ bytes: [UInt8], _ chain: AuditChain) throws(AuditChain.Fault) {
        let end = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let rest = bytes[end...]
        if !rest.isEmpty, let line = try? chain.read(rest) {
            (self.last, self.torn, self.lacksNewline) = (line, nil, true)
            return
        }
        self.lacksNewline = false
        self.torn = rest.isEmpty ? nil : Torn(rest)
        guard end > 0 else {
            self.last = nil
            return
        }
        let start = bytes[..<(end - 1)].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        self.last = try chain.read(bytes[start..<(end - 1)])
    }
}
