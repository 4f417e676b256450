package import Crypto
import ParleyProtocol

/// Follows the lines of one or several files, and knows where they stop holding on to each other.
package struct AuditVerification: Sendable {
    private var chain: AuditChain
    private var torn: AuditTail.Torn?
    private var isBegun = false

    package private(set) var lines = 0
    /// Of the first line; more than 1: what came before is in another file.
    package private(set) var first: Int64 = 0
    package private(set) var firstTime = ""
    package private(set) var lastTime = ""
    /// Entries that the server itself has counted as missing.
    package private(set) var missing: Int64 = 0
    package private(set) var tornLines = 0
    package private(set) var isKeyed = false
    /// The head that was asked for, if it was met: at which line.
    package private(set) var headAt: Int64?
    /// The file ends in the middle of a line.
    package private(set) var endsTorn = false
    /// Which line of the present file was read last, as an editor counts; where a fault is, if there is one.
    package private(set) var position = 0
    private var tornAt = 0
    private let head: String?

    package init(key: SymmetricKey? = nil, head: String? = nil) {
        self.chain = AuditChain(key: key)
        self.head = head
        // The head of a log that has no line yet.
        if head == AuditChain.beginning { self.headAt = 0 }
    }

    /// Another file goes on.
    package mutating func beginFile() { self.position = 0 }

    package var number: Int64 { self.chain.number }
    package var hash: String { self.chain.hash }

    /// - Parameters:
    ///   - bytes: without the end of line.
    ///   - isEnded: whether there was one.
    package mutating func read(_ bytes: some Collection<UInt8>, isEnded: Bool = true) throws(AuditChain.Fault) {
        self.position += 1
        let line: AuditChain.Line
        do throws(AuditChain.Fault) {
            line = try self.chain.read(bytes)
        } catch {
            guard error == .unreadable, self.torn == nil else { throw error }
            // It may be one that was never written to its end: the next one has to say so.
            self.torn = AuditTail.Torn(bytes)
            self.tornAt = self.position
            self.endsTorn = !isEnded
            return
        }
        if let torn {
            guard torn.isSaid(by: line) else {
                self.position = self.tornAt
                throw .unreadable
            }
            self.torn = nil
            self.tornLines += 1
        }
        if self.isBegun {
            try self.chain.follow(line)
        } else {
            self.isBegun = true
            self.first = line.number
            self.firstTime = line.time
            self.chain.stand(at: line)
        }
        self.lines += 1
        self.lastTime = line.time
        self.isKeyed = line.isKeyed
        if line.action == AuditAction.entriesMissing.rawValue {
            // Whoever has no key could have written any number.
            let (sum, isTooGreat) = self.missing.addingReportingOverflow(max(0, line.details["count"]?.integer ?? 0))
            self.missing = isTooGreat ? .max : sum
        }
        if line.hash == self.head { self.headAt = line.number }
    }

    /// Behind the last line of the last file.
    package func finish() throws(AuditChain.Fault) {
        guard self.torn == nil || self.endsTorn else { throw .unreadable }
    }
}
