import Crypto
import FoundationEssentials
public import ParleyTransport
import SwiftASN1
import X509

/// A certificate that vouches for itself, for those who try Parley in their own network: it encrypts, and says nothing
/// about who made it. Browsers ask their user before they go on.
public struct SelfSigned: Hashable, Sendable {
    /// `localhost`, `laptop.local`
    public var names: [String]
    public var addresses: [ClientAddress]
    /// Milliseconds since 1970; it is good for a week, and from a day before, since clocks differ.
    public var nowMilliseconds: Int64

    public init(names: [String], addresses: [ClientAddress], nowMilliseconds: Int64) {
        self.names = names
        self.addresses = addresses
        self.nowMilliseconds = nowMilliseconds
    }

    /// With a key that is only in this process's memory.
    func makeContents() throws(CertificateProblem) -> CertificateContents {
        let key = P256.Signing.PrivateKey()
        do {
            let certificate = try self.certificate(key: Certificate.PrivateKey(key))
            return CertificateContents(
                certificate: Array(try certificate.serializeAsPEM().pemString.utf8),
                key: Array(key.pemRepresentation.utf8)
            )
        } catch {
            throw CertificateProblem("A certificate for \(self.names.joined(separator: ", ")) cannot be made: \(error)")
        }
    }

    private func certificate(key: Certificate.PrivateKey) throws -> Certificate {
        let now = Date(timeIntervalSince1970: Double(self.nowMilliseconds) / 1_000)
        let name = try DistinguishedName { CommonName("Parley, to try") }
        return try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key.publicKey,
            notValidBefore: now.addingTimeInterval(-86_400),
            notValidAfter: now.addingTimeInterval(7 * 86_400),
            issuer: name,
            subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(
                    self.names.map { .dnsName($0) }
                        + self.addresses.map { .ipAddress(ASN1OctetString(contentBytes: $0.bytes[...])) }
                )
            },
            issuerPrivateKey: key
        )
    }
}
