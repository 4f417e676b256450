import Crypto
import CryptoExtras
import Foundation
import ParleyServer

/// Pairs of keys as files have them, made anew for each run.
enum TokenTestKeys {
    static let pems: [(TokenAlgorithm, private: String, public: String)] = {
        let p256 = P256.Signing.PrivateKey()
        let p384 = P384.Signing.PrivateKey()
        let edwards = Curve25519.Signing.PrivateKey()
        var pems: [(TokenAlgorithm, private: String, public: String)] = [
            (.es256, p256.pemRepresentation, p256.publicKey.pemRepresentation),
            (.es384, p384.pemRepresentation, p384.publicKey.pemRepresentation),
            (
                .edDSA,
                Self.pem("PRIVATE KEY", Self.privateHead + edwards.rawRepresentation),
                Self.pem("PUBLIC KEY", Self.publicHead + edwards.publicKey.rawRepresentation)
            ),
        ]
        if let rsa = try? _RSA.Signing.PrivateKey(keySize: .bits2048) {
            for algorithm in [TokenAlgorithm.rs256, .ps256] {
                pems.append((algorithm, rsa.pemRepresentation, rsa.publicKey.pemRepresentation))
            }
        }
        return pems
    }()

    /// RFC 8410, section 10: what stands in front of the 32 bytes.
    private static let privateHead: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    private static let publicHead: [UInt8] = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]

    private static func pem(_ label: String, _ bytes: [UInt8]) -> String {
        "-----BEGIN \(label)-----\n\(Data(bytes).base64EncodedString())\n-----END \(label)-----"
    }
}
