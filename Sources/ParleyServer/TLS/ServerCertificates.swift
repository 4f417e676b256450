import Crypto
public import Logging
import NIOCore
import NIOSSL
public import ParleyProtocol
import Synchronization

/// The certificate that new connections are shown; it can become another one while the server runs.
///
/// A connection keeps the one with which it began. What cannot be used is reported, and the one before it stays.
public final class ServerCertificates: Sendable {
    private struct State {
        var current: LoadedCertificate
        var watch: CertificateWatch<Seen>
    }

    /// Files that cannot be read are something to see as well.
    private typealias Seen = Result<SHA256Digest, CertificateProblem>

    /// `nil`: a certificate of this process's own, which never changes.
    private let files: CertificateFiles?
    private let limits: Limits
    private let state: Mutex<State>

    /// - Throws: if they cannot be used.
    public init(files: CertificateFiles, limits: Limits = Limits()) throws(CertificateProblem) {
        let contents = try files.read(bytesMax: limits.certificateFileBytesMax)
        self.files = files
        self.limits = limits
        let watch = CertificateWatch(used: Seen.success(contents.fingerprint))
        self.state = Mutex(State(current: try contents.loaded(), watch: watch))
    }

    /// One that this process makes for itself.
    public init(_ selfSigned: SelfSigned, limits: Limits = Limits()) throws(CertificateProblem) {
        let contents = try selfSigned.makeContents()
        self.files = nil
        self.limits = limits
        let watch = CertificateWatch(used: Seen.success(contents.fingerprint))
        self.state = Mutex(State(current: try contents.loaded(), watch: watch))
    }

    /// Whether it vouches for itself.
    public var isSelfSigned: Bool { self.files == nil }

    /// Of the certificate that is shown now: its SHA-256 in hexadecimal.
    public var fingerprint: String { self.state.withLock(\.current.fingerprint) }

    /// Whether a client can show by a certificate that it is an operator.
    var admitsOperators: Bool { self.files?.operators != nil }

    /// In front of everything else on a new connection.
    func makeHandler() -> NIOSSLServerHandler {
        var configuration = NIOSSLServerHandler.Configuration()
        // A snapshot may be large, and is seldom: its memory is not kept.
        configuration.maximumPreservedOutboundBufferCapacity = 16_384
        return NIOSSLServerHandler(
            context: self.state.withLock(\.current.context),
            configuration: configuration
        )
    }

    /// Reads the files again, whether or not they look changed.
    public func reload(_ logger: Logger) {
        self.reload(logger) { watch, seen in
            watch.didTry(seen)
            return true
        }
    }

    /// Looks after the files until the task is cancelled.
    func watch(_ logger: Logger) async {
        guard self.files != nil else { return }
        let pause = Duration.milliseconds(self.limits.certificateCheckMilliseconds)
        while (try? await Task.sleep(for: pause)) != nil {
            self.reload(logger) { watch, seen in watch.look(seen) }
        }
    }

    /// What is used now, for the log.
    var description: Logger.Metadata {
        let current = self.state.withLock(\.current)
        return ["sha256": "\(current.fingerprint)", "validUntil": "\(current.end)"]
    }

    private func reload(_ logger: Logger, onlyIf isWanted: (inout CertificateWatch<Seen>, Seen) -> Bool) {
        guard let files = self.files else { return }
        let read = Result { () throws(CertificateProblem) in
            try files.read(bytesMax: self.limits.certificateFileBytesMax)
        }
        guard self.state.withLock({ isWanted(&$0.watch, read.map(\.fingerprint)) }) else { return }
        do throws(CertificateProblem) {
            let loaded = try read.get().loaded()
            self.state.withLock { $0.current = loaded }
            logger.notice("New connections are shown another certificate.", metadata: self.description)
        } catch {
            logger.error(
                "The new certificate is not used; the one before it stays.",
                metadata: ["why": "\(error)"].merging(self.description) { $1 }
            )
        }
    }
}
