import Logging
import ParleyProtocol
import ParleyServer

/// The settings as the server wants them: each checked by itself, then against the others.
struct ServerSettings {
    let server: ServerConfiguration
    let engine: EngineChoice
    let logLevel: Logger.Level
    let tokens: TokenSettings
    let audit: AuditConfiguration?
    let webhook: WebhookSettings?
    let wake: WebhookSettings?

    init(_ settings: SettingsReader, tryOut: TryOut? = nil) throws {
        var server = ServerConfiguration()
        let host = try settings.value(.host, parse: { $0.isEmpty ? nil : $0 })
        server.host = host ?? server.host
        server.port = try settings.integer(.port, in: 0...65_535) ?? server.port
        server.loops = try settings.integer(.loops, in: 1...64) ?? server.loops
        server.iceServers = try settings.values(.iceServer, parse: Self.iceServer) ?? []
        server.turn = try TurnConfiguration(settings)
        server.devices = try settings.value(.devices) { DeviceRule(rawValue: $0) } ?? server.devices
        for change in try settings.values(.role, parse: Self.role) ?? [] {
            server.roles[change.role].set(change.permission, change.isAllowed)
        }
        server.assetFolders = try Self.assetFolders(settings)
        try Self.read(&server.limits, from: settings)
        self.tokens = try TokenSettings(settings)
        self.webhook = try WebhookSettings(settings)
        self.wake = try WebhookSettings(settings, .wake)
        server.people = try settings.value(.people) { PeopleRule(rawValue: $0) }
        guard self.tokens.isEmpty || self.webhook == nil else {
            throw SettingError("Either tokens are judged here, or auth-webhook is asked: take one of them away.")
        }
        server.requiresTokens = !self.tokens.isEmpty || self.webhook != nil
        server.certificates = try Self.certificates(settings)
        server.allowedOrigins = try Self.allowedOrigins(settings, max: server.limits.allowedOriginsMax)
        server.addressNames = AddressNames(shows: try settings.value(.showAddresses) { Bool($0) } ?? false)
        server.limitsLoopback = try settings.value(.limitLoopback) { Bool($0) } ?? false
        server.proxies = try Self.proxies(settings, max: server.limits.proxyRangesMax)
        try server.readNode(settings)
        try tryOut?.prepare(&server, isHostGiven: host != nil)
        self.server = server
        self.engine = try EngineChoice(settings)
        self.audit = try AuditConfiguration(settings)
        self.logLevel = try settings.value(.logLevel) { Logger.Level(rawValue: $0) } ?? .info
        try Self.refusePublicAddress(server)
    }

    private static func read(_ limits: inout Limits, from settings: SettingsReader) throws {
        func set(_ path: WritableKeyPath<Limits, Int>, _ setting: Setting, _ range: ClosedRange<Int>) throws {
            limits[keyPath: path] = try settings.integer(setting, in: range) ?? limits[keyPath: path]
        }
        try set(\.participantsPerRoomMax, .roomCapacity, 1...10_000)
        try set(\.stageUsual, .stageMax, 1...limits.stageMax)
        try set(\.connectionsMax, .connections, 1...1_000_000)
        try set(\.connectionsPerAddressMax, .connectionsPerAddress, 1...1_000_000)
        try set(\.upgradesPerSecond, .upgradesPerSecond, 1...1_000_000)
        // All who may be there may come back at once, and whoever sets a rate means it.
        limits.upgradesPerAddressBurst = max(limits.upgradesPerAddressBurst, limits.connectionsPerAddressMax)
        limits.upgradeBurst = limits.upgradesPerSecond * 5
        try set(\.frameBytesMax, .frameBytes, 1_024...1_048_576)
        try set(\.messagesPerSecond, .messagesPerSecond, 1...10_000_000)
        try set(\.messageBurst, .messageBurst, 1...10_000_000)
        // Whoever lets one session say more lets its room be told as much.
        limits.commandsPerRoomPerSecond = max(limits.commandsPerRoomPerSecond, 2 * limits.messagesPerSecond)
        limits.commandsPerRoomBurst = max(limits.commandsPerRoomBurst, 2 * limits.messageBurst)
        try set(\.unacknowledgedSignalsMax, .unacknowledgedSignals, 32...65_536)
        try set(\.silenceMilliseconds, .silenceMilliseconds, 2_000...5_000)
        try set(\.darkMilliseconds, .darkMilliseconds, 4_500...15_000)
        try set(\.graceMilliseconds, .graceMilliseconds, 1_000...3_600_000)
        try set(\.drainMilliseconds, .drainMilliseconds, 0...3_600_000)
        try set(\.stopMilliseconds, .stopMilliseconds, 0...60_000)
        if limits.darkMilliseconds < 2 * limits.silenceMilliseconds {
            throw SettingError(
                .darkMilliseconds,
                value: String(limits.darkMilliseconds),
                source: "with silence-milliseconds \(limits.silenceMilliseconds)"
            )
        }
    }

    static func iceServer(_ text: String) -> ICEServer? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard let url = parts.first, parts.allSatisfy({ !$0.isEmpty }) else { return nil }
        let isRelay = url.hasPrefix("turn:") || url.hasPrefix("turns:")
        guard isRelay || url.hasPrefix("stun:") || url.hasPrefix("stuns:") else { return nil }
        guard url.split(separator: ":", maxSplits: 1).count == 2 else { return nil }
        switch (isRelay, parts.count) {
        case (false, 1): return ICEServer(urls: [url])
        case (true, 3): return ICEServer(urls: [url], username: parts[1], credential: parts[2])
        case (false, _), (true, _): return nil
        }
    }

    /// `participant.share=false`
    private static func role(_ text: String) -> (role: Role, permission: Permission, isAllowed: Bool)? {
        let sides = text.split(separator: "=", omittingEmptySubsequences: false)
        guard sides.count == 2, let isAllowed = Bool(String(sides[1])) else { return nil }
        let words = sides[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 2, let role = Role(rawValue: words[0]), let permission = Permission(rawValue: words[1])
        else { return nil }
        return (role, permission, isAllowed)
    }

    private static func assetFolders(_ settings: SettingsReader) throws -> ServerConfiguration.AssetFolders? {
        let web = try settings.value(.webFolder, parse: { $0.isEmpty ? nil : $0 })
        let client = try settings.value(.clientFolder, parse: { $0.isEmpty ? nil : $0 })
        switch (web, client) {
        case (nil, nil): return nil
        case (let web?, let client?): return .init(web: web, client: client)
        case (let web?, nil): throw SettingError(.webFolder, value: web, source: "alone")
        case (nil, let client?): throw SettingError(.clientFolder, value: client, source: "alone")
        }
    }
}
