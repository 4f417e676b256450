import Crypto
import ParleyProtocol

/// The chain and its file: entries become lines, and lines bytes on a disk.
///
/// What could not be written stays, as the bytes that it is, and goes first next time: also half a line, when the disk
/// is full, is one line in the end.
struct AuditWriter: Sendable {
    private var chain: AuditChain
    private var file: AuditFile
    private var unwritten: ArraySlice<UInt8> = []
    /// Bytes of an earlier try may not be on the disk.
    private var isUnsynchronized = false

    /// Goes on where the file ends.
    ///
    /// - Parameter now: for what is to be said of how the file was found.
    init(path: String, key: SymmetricKey?, now: Instant) throws(AuditProblem) {
        self.chain = AuditChain(key: key)
        self.file = try AuditFile(path: path)
        do throws(AuditProblem) {
            try self.resume(now)
        } catch {
            self.file.end()
            throw error
        }
    }

    private mutating func resume(_ now: Instant) throws(AuditProblem) {
        let bytes = try self.file.tail(2 * AuditChain.lineBytesMax)
        let tail: AuditTail
        do throws(AuditChain.Fault) {
            tail = try AuditTail(bytes, self.chain)
        } catch {
            throw AuditProblem(
                """
                The last line of the audit log \(self.file.path) cannot be continued: \(error). Move the file away, \
                and keep it; a new one is begun.
                """
            )
        }
        if let last = tail.last { self.chain.stand(at: last) }
        if tail.lacksNewline || tail.torn != nil { self.unwritten.append(0x0A) }
        if let torn = tail.torn { self.add(torn.entry(at: now)) }
    }

    // MARK: Lines

    /// One more line, which ``flush()`` writes.
    mutating func add(_ entry: AuditEntry) {
        self.unwritten += self.chain.append(entry)
    }

    /// Writes what waits, and sees it on the disk: one write and one `fsync`.
    ///
    /// - Returns: why not, if it is not there; then it waits.
    mutating func flush() -> AuditProblem? {
        guard !self.unwritten.isEmpty || self.isUnsynchronized else { return nil }
        let (count, problem) = self.file.write(self.unwritten)
        self.unwritten = self.unwritten.dropFirst(count)
        self.isUnsynchronized = true
        if self.unwritten.isEmpty { self.unwritten = [] }
        if let problem { return problem }
        if let problem = self.file.synchronize() { return problem }
        self.isUnsynchronized = false
        return nil
    }

    /// The file at that path is another one now: the chain goes on in it. What waits for the old one goes there first.
    mutating func reopen(_ now: Instant) -> AuditProblem? {
        if let problem = self.flush() { return problem }
        do throws(AuditProblem) {
            guard self.file.wasMoved else { return nil }
            let other = try AuditFile(path: self.file.path)
            guard try other.tail(1).isEmpty else {
                other.end()
                throw AuditProblem(
                    "The audit log \(self.file.path) is another file that is not empty: it is left alone."
                )
            }
            self.file.end()
            self.file = other
        } catch {
            return error
        }
        self.add(AuditEntry(.fileOpened, at: now))
        return self.flush()
    }

    func end() {
        self.file.end()
    }
}
