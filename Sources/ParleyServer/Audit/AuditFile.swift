#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

import FoundationEssentials

/// Why there is no audit, or none for the moment: a sentence for the operator.
public struct AuditProblem: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }

    init(_ doing: String, _ path: String, _ code: CInt = errno) {
        self.description = "The audit log \(path) cannot be \(doing): \(String(cString: strerror(code)))."
    }
}

/// A file that is only ever written at its end, by one process at a time.
struct AuditFile: Sendable {
    let path: String
    private let descriptor: CInt
    /// Which file it is, whatever its name becomes.
    private let number: UInt64

    /// Opens it, or makes it: its owner alone may read it.
    init(path: String) throws(AuditProblem) {
        self.path = path
        let descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw AuditProblem("opened", path) }
        self.descriptor = descriptor
        guard let number = Self.number(of: path) else {
            close(descriptor)
            throw AuditProblem("The audit log \(path) is no file that could be read again.")
        }
        self.number = number
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw AuditProblem("The audit log \(path) is in use: another server writes it. Each server needs its own.")
        }
    }

    /// Whether what is at its path is not this file any more.
    var wasMoved: Bool { Self.number(of: self.path) != self.number }

    /// `nil`: there is no file of that name.
    private static func number(of path: String) -> UInt64? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular else { return nil }
        return attributes?[.systemFileNumber] as? UInt64
    }

    /// The last bytes, at most so many.
    func tail(_ bytesMax: Int) throws(AuditProblem) -> [UInt8] {
        let size = Int(lseek(self.descriptor, 0, SEEK_END))
        guard size >= 0 else { throw AuditProblem("read", self.path) }
        let count = min(size, bytesMax)
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let offset = off_t(size - count + done)
            let read = bytes.withUnsafeMutableBytes { buffer in
                pread(self.descriptor, buffer.baseAddress.map { $0 + done }, count - done, offset)
            }
            if read < 0, errno == EINTR { continue }
            guard read > 0 else { throw AuditProblem("read", self.path) }
            done += read
        }
        return bytes
    }

    /// - Returns: how many bytes were written, also if it has failed in between.
    func write(_ bytes: ArraySlice<UInt8>) -> (count: Int, problem: AuditProblem?) {
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes { buffer in
                #if canImport(Glibc)
                    Glibc.write(self.descriptor, buffer.baseAddress.map { $0 + done }, bytes.count - done)
                #elseif canImport(Musl)
                    Musl.write(self.descriptor, buffer.baseAddress.map { $0 + done }, bytes.count - done)
                #else
                    Darwin.write(self.descriptor, buffer.baseAddress.map { $0 + done }, bytes.count - done)
                #endif
            }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return (done, AuditProblem("written", self.path)) }
            done += written
        }
        return (done, nil)
    }

    /// Onto the disk.
    func synchronize() -> AuditProblem? {
        fsync(self.descriptor) == 0 ? nil : AuditProblem("written to the disk", self.path)
    }

    func end() {
        close(self.descriptor)
    }
}
