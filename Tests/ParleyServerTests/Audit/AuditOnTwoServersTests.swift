import Foundation
import Logging
import ParleyClient
import ParleyProtocol
import ParleyServer
import ParleyTestSupport
import Testing

/// Whoever decides is in the audit of the node where they were, once, and in no other.
@Suite("Audit on two servers", .timeLimit(.minutes(patience)))
struct AuditOnTwoServersTests {
    private static func log(_ path: String, limits: Limits = Limits()) throws -> AuditLog {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return try AuditLog(AuditConfiguration(path: path), limits: limits, logger: logger) {
            Instant(milliseconds: 1_795_226_400_000)
        }
    }

    /// - Returns: the lines of each file, whose chain holds.
    private static func written(
        _ count: Int,
        _ body: @Sendable ([AuditLog]) async throws -> Void
    ) async throws -> [[JSONValue]] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "parley-audit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let paths = (0..<count).map { folder.appending(path: "\($0).log").path }
        let logs = try paths.map { try Self.log($0) }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for log in logs { tasks.addTask { try await log.run() } }
            // The servers end them.
            try await body(logs)
            try await tasks.waitForAll()
        }
        return try paths.map { path in
            let lines = try Data(contentsOf: URL(filePath: path)).split(separator: 0x0A)
            var verification = AuditVerification(key: nil)
            verification.beginFile()
            for line in lines { try verification.read(line) }
            try verification.finish()
            return try lines.map { try JSONParser.parse(Array($0)) }
        }
    }

    @Test("each decision is in the file of the node where it was made, once, and both chains hold")
    func decisions() async throws {
        let files = try await Self.written(2) { logs in
            try await withServer(audit: logs[0]) { first in
                try await withServer(engine: first.engine, audit: logs[1]) { second in
                    let ada = try await first.connect()
                    let a = try await ada.join(alias("blue-fox"), name: "Ada")
                    let bob = try await second.connect()
                    let b = try await bob.join(.id(a.id), name: "Bob")
                    try await ada.ask(.role(.set(b.participant, .coHost)), in: a.id)
                    try await ada.ask(.lifecycle(.configure(RoomSettings(json: ["admission": "approval"]))), in: a.id)
                    // Each lets in somebody who waits on the other one's node, and sends them away.
                    for (number, server, asker) in [(0, second, ada), (1, first, bob)] {
                        let guest = try await server.connect()
                        let id = try await guest.join(.id(a.id), name: "Guest \(number)").participant
                        _ = await asker.nextReplica { $0.state["waiting"]?[id.description] != nil }
                        try await asker.ask(.admission(.admit(.some([id]))), in: a.id)
                        _ = await asker.nextReplica { $0.contains(id) }
                        try await asker.ask(.admission(.remove(id, .init())), in: a.id)
                        _ = await guest.nextRoomEvent("left")
                    }
                }
            }
        }
        let actions = files.map { $0.compactMap { $0["action"]?.string } }
        for action in ["admitted", "removed", "banned"] {
            #expect(actions.map { $0.count { $0 == action } } == [1, 1], "\(action)")
        }
        // And who it was: Ada in the first file, Bob in the second.
        let actors = files.map { file in
            let decisions = file.filter { ["admitted", "removed", "banned"].contains($0["action"]) }
            return Set(decisions.map { $0["actor"]?["identity"] })
        }
        #expect(actors.allSatisfy { $0.count == 1 } && actors[0] != actors[1])
        #expect(actions[0].count { $0 == "role-changed" } == 1 && !actions[1].contains("role-changed"))
        // Who comes is written where they come, once.
        #expect(actions.map { $0.count { $0 == "room-created" } } == [1, 0])
        #expect(actions.map { $0.count { $0 == "server-stopped" } } == [1, 1])
    }

    @Test("refusals are written one by one up to a bound, names are cut, and the others are counted")
    func bounds() async throws {
        var limits = Limits()
        (limits.auditRefusalBurst, limits.auditRefusalsPerSecond, limits.auditTextBytesMax) = (2, 1, 8)
        let key = try await TokenKey(secret: TokenTests.secret)
        let files = try await Self.written(1) { [limits] logs in
            try await withServer(
                limits: limits,
                issuers: [TokenIssuer(algorithms: [.hs256], keys: .fixed([key]))],
                audit: logs[0]
            ) { server in
                var strangers: [RawClient] = []
                for _ in 1...5 { strangers.append(try await RawClient.connect(to: server)) }
                var hello = Hello()
                hello.token = "nonsense"
                for client in strangers { client.send(.hello(hello)) }
                for client in strangers { _ = try await client.rest() }
                hello = Hello()
                hello.token = try await TokenTests.token(TokenTests.claims(["jti": "a long name of a token"]))
                hello.join = JoinCommand(id: 1, room: try alias("blue-fox"))
                _ = try await greeted(server, hello)
            }
        }
        let lines = files[0]
        // One more may have become free meanwhile.
        let refused = lines.filter { $0["action"] == "authentication-refused" }
        #expect((2...4).contains(refused.count))
        let counted = lines.filter { $0["action"] == "authentications-refused" }.compactMap {
            $0["details"]?["count"]?.integer
        }
        #expect(refused.count + Int(counted.reduce(0, +)) == 5)
        let tokens = lines.compactMap { $0["target"]?["token"]?.string ?? $0["actor"]?["token"]?.string }
        #expect(tokens.allSatisfy { $0.utf8.count <= 8 })
    }
}
