import ArgumentParser
import Foundation
import Logging
import NIOCore
import ParleyEngine
import ParleyProtocol
import ParleyServer
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server: WebSocket, meeting page, JavaScript client, health and metrics on one port.",
        discussion: """
            Every setting can be given as a flag, as an environment variable (PARLEY_PORT for --port), or in a JSON \
            file ({"port": 8080, "ice-server": ["stun:stun.example.org"]}). A flag wins over the environment, the \
            environment over the file. Durations are milliseconds.
            """
    )

    @OptionGroup(title: "Listening") var listening: ListeningOptions
    @OptionGroup(title: "Engine") var engine: EngineOptions
    @OptionGroup(title: "Tokens") var tokens: TokenOptions
    @OptionGroup(title: "Authorization service") var webhook: WebhookOptions
    @OptionGroup(title: "TLS and proxies") var doors: DoorOptions
    @OptionGroup(title: "Calls") var calls: CallOptions
    @OptionGroup(title: "WebRTC") var webRTC: WebRTCOptions
    @OptionGroup(title: "TURN") var turn: TurnOptions
    @OptionGroup(title: "Rooms") var rooms: RoomOptions
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup(title: "Audit") var audit: AuditOptions
    @OptionGroup(title: "Several servers") var nodes: NodeOptions
    @OptionGroup(title: "Operation") var operation: OperationOptions

    func run() async throws {
        let settings: ServerSettings
        let tryOut: TryOut?
        do {
            let environment = ProcessInfo.processInfo.environment
            tryOut = try self.listening.isTry ? TryOut(nowMilliseconds: Self.systemMilliseconds()) : nil
            settings = try ServerSettings(
                try await SettingsReader(
                    flags: self.flags,
                    environment: environment,
                    file: self.operation.config ?? environment["PARLEY_CONFIG"]
                ),
                tryOut: tryOut
            )
        } catch let error as SettingError {
            throw ValidationError(error.description)
        }
        var logger = Logger(label: "parley") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = settings.logLevel
        let registry = PrometheusRegistry()
        let chosen = try Self.engine(settings, logger, registry)
        let audit = try Self.auditLog(settings, logger)
        let outbound = OutboundClient(trustedRoots: settings.tokens.trustedRoots)
        var configuration = settings.server
        do {
            configuration.issuers = try await settings.tokens.issuers(outbound, logger)
        } catch let error as SettingError {
            try await outbound.end()
            throw ValidationError(error.description)
        }
        configuration.webhook = settings.webhook?.webhook(outbound)
        configuration.wakeWebhook = settings.wake?.wakeWebhook(outbound)
        var server = ParleyServer(
            configuration: configuration,
            engine: chosen.engine,
            logger: logger,
            startMilliseconds: Self.systemMilliseconds(),
            audit: audit
        ) { address in
            let port = address.port ?? settings.server.port
            Announcement(settings.server, keeping: settings.engine.keeping, port: port, tryOut: tryOut).write()
        }
        server.registry = registry
        do {
            let others: [(any Service)?] = [outbound, audit, chosen.service]
            let services = others.compactMap { $0 } + [WhenStarted(engine: chosen, service: server)]
            try await Self.run(services, settings.server.certificates, audit, logger)
        } catch let error as ListenError {
            await chosen.close()
            throw ValidationError(error.description)
        } catch let error as EngineStartError {
            await chosen.close()
            throw ValidationError(error.description)
        }
        await chosen.close()
    }

    private static func engine(
        _ settings: ServerSettings,
        _ logger: Logger,
        _ metrics: PrometheusRegistry
    ) throws -> ChosenEngine {
        do throws(SettingError) {
            return try settings.engine.open(limits: settings.server.limits, logger: logger, metrics: metrics) {
                Instant(milliseconds: Self.systemMilliseconds())
            }
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// Until the server has ended.
    ///
    /// The first SIGTERM lets it drain; a second one is for somebody who does not want to wait, and so is SIGINT,
    /// which a developer's keyboard sends: these end it at once. The service group takes only one signal to each end,
    /// so the signals are watched here: its graceful shutdown is the drain, its cancellation the quick end.
    ///
    /// SIGHUP means that the certificate's files are to be read again, and that the audit log was moved away; without
    /// either, what it means to any program.
    private static func run(
        _ services: [any Service],
        _ certificates: ServerCertificates?,
        _ audit: AuditLog?,
        _ logger: Logger
    ) async throws {
        let configurations = services.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0,
                successTerminationBehavior: .gracefullyShutdownGroup
            )
        }
        let services = ServiceGroup(configuration: .init(services: configurations, logger: logger))
        let hasFiles = certificates != nil || audit != nil
        let trapped: [UnixSignal] = hasFiles ? [.sigterm, .sigint, .sighup] : [.sigterm, .sigint]
        let signals = await UnixSignalsSequence(trapping: trapped)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            tasks.addTask {
                var isDraining = false
                for await signal in signals {
                    if signal == .sighup {
                        certificates?.reload(logger)
                        audit?.reopen()
                        continue
                    }
                    guard signal == .sigterm, !isDraining else { return }
                    isDraining = true
                    await services.triggerGracefulShutdown()
                }
            }
            // Either the server has ended by itself, or it is to end now.
            try await tasks.next()
            tasks.cancelAll()
            try await tasks.waitForAll()
        }
    }

    private static func auditLog(_ settings: ServerSettings, _ logger: Logger) throws -> AuditLog? {
        guard let configuration = settings.audit else { return nil }
        do throws(AuditProblem) {
            return try AuditLog(configuration, limits: settings.server.limits, logger: logger) {
                Instant(milliseconds: Self.systemMilliseconds())
            }
        } catch {
            throw ValidationError(error.description)
        }
    }

    /// UTC, by this machine's clock: the only place where it is read.
    private static func systemMilliseconds() -> Int64 {
        Int64(Date().timeIntervalSince1970 * 1_000)
    }

    private var flags: [String: [String]] {
        let single: [(Setting, String?)] =
            self.listening.given + self.engine.given + self.webhook.given + self.doors.given + self.rooms.given
            + self.limits.given + self.operation.given + self.audit.given + self.nodes.given + self.calls.given
        var flags = self.tokens.flags.merging(self.turn.flags) { first, _ in first }
        for case (let setting, let value?) in single { flags[setting.key] = [value] }
        if !self.rooms.role.isEmpty { flags[Setting.role.key] = self.rooms.role }
        if !self.doors.behindProxy.isEmpty { flags[Setting.behindProxy.key] = self.doors.behindProxy }
        if !self.doors.allowedOrigin.isEmpty { flags[Setting.allowedOrigin.key] = self.doors.allowedOrigin }
        if !self.webRTC.iceServer.isEmpty { flags[Setting.iceServer.key] = self.webRTC.iceServer }
        return flags
    }
}

struct ListeningOptions: ParsableArguments {
    @Option(help: "The address to listen on. Without authentication only loopback is allowed. (default: 127.0.0.1)")
    var host: String?

    @Option(help: "The port to listen on; 0 takes any free one. (default: 8080)")
    var port: String?

    @Flag(
        name: .customLong("try"),
        help: ArgumentHelp(
            "To be tried from a telephone in the same network: prints a link, also as a QR code.",
            discussion: """
                Listens on all addresses, with a certificate made for this start (the browser warns), and lets in who \
                has the link.
                """
        )
    )
    var isTry = false

    @Option(
        help: ArgumentHelp(
            "Event loops: processors that sockets and rooms may take. (default: 1)",
            discussion: "One carries some 18,000 connections; more are for machines with many processors.",
            valueName: "count"
        )
    )
    var loops: String?

    var given: [(Setting, String?)] { [(.host, self.host), (.port, self.port), (.loops, self.loops)] }
}

struct WebRTCOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A STUN or TURN server that clients are told of; may be given several times.",
            discussion: "stun:stun.example.org:3478, or turn:turn.example.org:3478,USER,CREDENTIAL",
            valueName: "url[,user,credential]"
        )
    )
    var iceServer: [String] = []
}

struct RoomOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "What happens when somebody who is in a room joins it from another device. (default: allow)",
            discussion: """
                allow: each device is a participant; replace: the newest one takes the place of the earlier one; \
                reject: the join is rejected. Whoever creates a room can choose otherwise.
                """,
            valueName: "rule"
        )
    )
    var devices: String?

    @Option(
        help: ArgumentHelp(
            "What a role allows, where it is not as usual; may be given several times.",
            discussion:
                "participant.share=false: participants do not share their screens. A room can choose otherwise.",
            valueName: "role.permission=bool"
        )
    )
    var role: [String] = []

    var given: [(Setting, String?)] { [(.devices, self.devices)] }
}

struct LimitOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Participants per room. (default: 100)", valueName: "count"))
    var roomCapacity: String?

    @Option(
        help: ArgumentHelp(
            "People of a room who are announced one by one; who comes later is counted. (default: 50)",
            valueName: "count"
        )
    )
    var stageMax: String?

    @Option(help: ArgumentHelp("Connections in all. (default: 18000)", valueName: "count"))
    var connections: String?

    @Option(help: ArgumentHelp("Bytes of the longest message. (default: 65536)", valueName: "bytes"))
    var frameBytes: String?

    @Option(
        help: ArgumentHelp(
            "Messages per second and connection, in the long run. (default: 500)",
            valueName: "count"
        )
    )
    var messagesPerSecond: String?

    @Option(help: ArgumentHelp("Messages that a connection may send at once. (default: 2000)", valueName: "count"))
    var messageBurst: String?

    @Option(
        help: ArgumentHelp(
            "Signals per recipient that are not yet acknowledged. (default: 256)",
            valueName: "count"
        )
    )
    var unacknowledgedSignals: String?

    @Option(help: ArgumentHelp("The server pings after so much silence. (default: 2000)", valueName: "milliseconds"))
    var silenceMilliseconds: String?

    @Option(
        help: ArgumentHelp(
            "A connection that is silent for so long is closed. (default: 4500)",
            valueName: "milliseconds"
        )
    )
    var darkMilliseconds: String?

    @Option(
        help: ArgumentHelp(
            "Somebody whose connection is lost may come back for so long. (default: 30000)",
            valueName: "milliseconds"
        )
    )
    var graceMilliseconds: String?

    var given: [(Setting, String?)] {
        [
            (.roomCapacity, self.roomCapacity), (.stageMax, self.stageMax), (.connections, self.connections),
            (.frameBytes, self.frameBytes),
            (.messagesPerSecond, self.messagesPerSecond), (.messageBurst, self.messageBurst),
            (.unacknowledgedSignals, self.unacknowledgedSignals),
            (.silenceMilliseconds, self.silenceMilliseconds), (.darkMilliseconds, self.darkMilliseconds),
            (.graceMilliseconds, self.graceMilliseconds),
        ]
    }
}

struct OperationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A JSON file with settings. (environment: PARLEY_CONFIG)", valueName: "file"))
    var config: String?

    @Option(help: "What is logged: trace, debug, info, notice, warning, error, critical. (default: info)")
    var logLevel: String?

    @Option(
        help: ArgumentHelp(
            "How long clients have to go elsewhere before they are closed (SIGTERM, /v1/drain). (default: 45000)",
            valueName: "milliseconds"
        )
    )
    var drainMilliseconds: String?

    @Option(
        help: ArgumentHelp(
            "How long a stopping server waits for its connections to say goodbye. (default: 5000)",
            valueName: "milliseconds"
        )
    )
    var stopMilliseconds: String?

    @Option(help: "Serve the page from this folder instead of from the binary (with --client-folder).")
    var webFolder: String?

    @Option(help: "Serve the JavaScript client from this folder (with --web-folder).")
    var clientFolder: String?

    var given: [(Setting, String?)] {
        [
            (.logLevel, self.logLevel), (.drainMilliseconds, self.drainMilliseconds),
            (.stopMilliseconds, self.stopMilliseconds), (.webFolder, self.webFolder),
            (.clientFolder, self.clientFolder),
        ]
    }
}
