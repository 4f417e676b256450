import Foundation
import ParleyClient
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import Testing

@Suite("The Swift client over TLS, with a real certificate", .timeLimit(.minutes(patience)))
struct SecureClientTests {
    /// For 127.0.0.1 alone, and good until 2120.
    private static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBQDCB56ADAgECAgEHMAoGCCqGSM49BAMCMBYxFDASBgNVBAMMC3BhcmxleSB0
        ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAWMRQwEgYDVQQD
        DAtwYXJsZXkgdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCXITySaHlSg
        aVvtVy067EOpeWWzt6DMc9hjT1Rq/3+cDyf0K7Zz2jupn95r/k2W2KWbr9Ao+0bC
        D6Tm6jLpHLyjJDAiMA8GA1UdEQQIMAaHBH8AAAEwDwYDVR0TAQH/BAUwAwEB/zAK
        BggqhkjOPQQDAgNIADBFAiEA5n1FQdfFiEmEWwqQHNPKy3O0SqjrBCDml5kA4z0S
        vyoCIEM4FUZxjCtz1qiWa1NXSUamozqB7Y7UqhSM53+EQLq3
        -----END CERTIFICATE-----
        """
    private static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0uK21N9Tv2jqDLBZ
        PsgMNVyqPZO8wfvdydSSpVGCwxShRANCAAQlyE8kmh5UoGlb7VctOuxDqXlls7eg
        zHPYY09Uav9/nA8n9Cu2c9o7qZ/ea/5Nltilm6/QKPtGwg+k5uoy6Ry8
        -----END PRIVATE KEY-----
        """

    private static func withSecureServer(_ body: @Sendable (RunningServer) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "parley-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = (folder.appending(path: "certificate.pem"), folder.appending(path: "key.pem"))
        try Data(Self.certificate.utf8).write(to: files.0)
        try Data(Self.key.utf8).write(to: files.1)
        let certificates = try ServerCertificates(
            files: CertificateFiles(certificate: files.0.path(), key: files.1.path(), operators: nil)
        )
        try await withServer(certificates: certificates, body)
    }

    private static func options(trusting certificates: String?) -> ClientOptions {
        var options = ClientOptions()
        options.trustedCertificates = certificates
        return options
    }

    @Test("who believes the certificate is in a room, and hears the others there")
    func trusted() async throws {
        try await Self.withSecureServer { server in
            let options = Self.options(trusting: Self.certificate)
            let ada = try await server.connect(to: ["wss://127.0.0.1:\(server.port)"], options)
            let room = try await ada.join("blue-fox", name: "Ada")
            let bob = try await server.connect(to: ["https://127.0.0.1:\(server.port)"], options)
            let b = try await bob.join(.id(room.id), name: "Bob")
            let joined = try #require(await ada.nextRoomEvent("joined"))
            #expect(joined.notice.participant == b.participant)
            await bob.send(.signal(data: ["text": "Hello."]), to: room.participant)
            #expect(await ada.nextSignal()?.from == b.participant)
        }
    }

    @Test("nobody speaks to a server whose certificate is not believed, nor to one that speaks TLS without it")
    func untrusted() async throws {
        try await Self.withSecureServer { server in
            for (address, trusted) in [("wss://127.0.0.1", nil), ("ws://127.0.0.1", Self.certificate)]
                as [(String, String?)]
            {
                await #expect(throws: ClientError.self, "\(address)") {
                    _ = try await server.connect(to: ["\(address):\(server.port)"], Self.options(trusting: trusted))
                }
            }
        }
    }
}
