import Crypto
import FoundationEssentials
import NIOCore
import NIOSSL

/// Where an operator keeps what TLS needs, each in PEM.
public struct CertificateFiles: Hashable, Sendable {
    /// The server's certificate, then those that lead to a root.
    public var certificate: String
    /// Its private key, without a passphrase.
    public var key: String
    /// Whoever has a certificate by one of these may do what an operator may.
    public var operators: String?

    public init(certificate: String, key: String, operators: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.operators = operators
    }

    func read(bytesMax: Int) throws(CertificateProblem) -> CertificateContents {
        CertificateContents(
            certificate: try Self.bytes(self.certificate, "tls-certificate", bytesMax),
            key: try Self.bytes(self.key, "tls-key", bytesMax),
            operators: try self.operators.map { path throws(CertificateProblem) in
                try Self.bytes(path, "admin-ca", bytesMax)
            }
        )
    }

    private static func bytes(_ path: String, _ setting: String, _ bytesMax: Int) throws(CertificateProblem) -> [UInt8]
    {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CertificateProblem("The file \(path) (\(setting)) does not exist or cannot be read.")
        }
        guard data.count <= bytesMax else {
            throw CertificateProblem("The file \(path) (\(setting)) has \(data.count) bytes; allowed: \(bytesMax).")
        }
        return Array(data)
    }
}

/// Why a certificate is not used: a sentence for the operator. It never holds what is in a key's file.
public struct CertificateProblem: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// What was in the files.
struct CertificateContents {
    var certificate: [UInt8]
    var key: [UInt8]
    var operators: [UInt8]?

    /// Tells contents apart without keeping a key.
    var fingerprint: SHA256Digest {
        var hash = SHA256()
        for part in [self.certificate, self.key, self.operators ?? []] {
            withUnsafeBytes(of: part.count) { hash.update(bufferPointer: $0) }
            hash.update(data: part)
        }
        return hash.finalize()
    }

    /// - Throws: if the certificate cannot be read, the key is not its key, or nobody could be an operator.
    func loaded() throws(CertificateProblem) -> LoadedCertificate {
        let chain = (try? NIOSSLCertificate.fromPEMBytes(self.certificate)) ?? []
        guard let leaf = chain.first else {
            throw CertificateProblem("The file of tls-certificate holds no certificate in PEM.")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: self.key, format: .pem) else {
            throw CertificateProblem(
                "The file of tls-key holds no private key in PEM, or one with a passphrase; the key must have none."
            )
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        // How long a peer may take to answer the end of TLS with its own.
        configuration.shutdownTimeout = .seconds(2)
        if let operators = self.operators {
            let roots = (try? NIOSSLCertificate.fromPEMBytes(operators)) ?? []
            guard !roots.isEmpty else {
                throw CertificateProblem("The file of admin-ca holds no certificate in PEM.")
            }
            configuration.trustRoots = .certificates(roots)
            configuration.certificateVerification = .optionalVerification
            // A browser asks its user only if it has a certificate by one of these.
            configuration.sendCANameList = true
        }
        let context: NIOSSLContext
        do {
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw CertificateProblem("The key of tls-key does not belong to the certificate of tls-certificate.")
        }
        return LoadedCertificate(context: context, leaf: leaf)
    }
}

/// A certificate that can be shown.
struct LoadedCertificate: Sendable {
    let context: NIOSSLContext
    /// The SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` and browsers show it, without colons.
    let fingerprint: String
    /// Seconds since 1970.
    let endSeconds: Int

    fileprivate init(context: NIOSSLContext, leaf: NIOSSLCertificate) {
        self.context = context
        self.endSeconds = Int(leaf.notValidAfter)
        let bytes = (try? leaf.toDERBytes()) ?? []
        self.fingerprint = SHA256.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 2 ? digits : "0" + digits
        }.joined()
    }

    /// UTC, to the second.
    var end: String {
        Date(timeIntervalSince1970: Double(self.endSeconds)).formatted(.iso8601)
    }
}
