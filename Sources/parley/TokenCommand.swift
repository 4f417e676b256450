import ArgumentParser
import Foundation
import Logging
import ParleyProtocol
import ParleyServer

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make tokens, and say in words what one allows.",
        subcommands: [TokenCreate.self, TokenInspect.self]
    )
}

/// What the settings say, for a command that starts no server.
private func readTokens(_ options: TokenOptions) async throws -> TokenSettings {
    let environment = ProcessInfo.processInfo.environment
    do {
        let reader = try await SettingsReader(
            flags: options.flags,
            environment: environment,
            file: environment["PARLEY_CONFIG"]
        )
        return try TokenSettings(reader)
    } catch let error as SettingError {
        throw ValidationError(error.description)
    }
}

struct TokenCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Sign a token with the server's own secret or key, and print it.",
        discussion: """
            For trying things out, for scripts, and as an example of what your own service has to make. The key is \
            the one that the server is given: PARLEY_TOKEN_SECRET, --token-secret-file, or a private key as --token-key.
            """
    )

    @OptionGroup(title: "Key") var key: TokenOptions

    @Option(
        help: ArgumentHelp(
            "A room: its id, its alias, the beginning of aliases (team-*), or *; may be given several times.",
            valueName: "room"
        )
    )
    var room: [String] = []

    @Option(help: "Who it is for (sub); the same person is the same identity. (default: nobody in particular)")
    var identity: String?

    @Option(help: "The name that others see.")
    var name: String?

    @Option(help: "host, co-host, speaker, participant, audience or observer. (default: as the room says)")
    var role: String?

    @Option(
        help: ArgumentHelp("What they may or may not, whatever the role says.", valueName: "permission=bool")
    )
    var permission: [String] = []

    @Option(
        help: ArgumentHelp(
            "What others see beside them: a text, or JSON; may be given several times.",
            valueName: "key=value"
        )
    )
    var attribute: [String] = []

    @Flag(help: "Joining a room that is not there creates it.")
    var create = false

    @Flag(help: "They come in without PIN and without waiting.")
    var bypass = false

    @Flag(help: "It is for a program that uses the operator's HTTP routes.")
    var `operator` = false

    @Option(help: "For how long it is good.")
    var minutes = 60

    @Option(help: "Names it, so that it can be revoked (jti). (default: a random one)")
    var id: String?

    func run() async throws {
        guard (1...525_600).contains(self.minutes) else { throw ValidationError("--minutes: 1 to 525600.") }
        let settings = try await readTokens(self.key)
        var claims = JSONObject()
        let now = Int64(Date().timeIntervalSince1970)
        if let issuer = self.key.tokenIssuer { claims.append("iss", .string(issuer)) }
        if let audience = self.key.tokenAudience { claims.append("aud", .string(audience)) }
        if let identity { claims.append("sub", .string(identity)) }
        if let name { claims.append("name", .string(name)) }
        claims.append("iat", .integer(now))
        claims.append("exp", .integer(now + Int64(self.minutes) * 60))
        claims.append("jti", .string(self.id ?? UUID().uuidString.lowercased()))
        claims.append("parley", try self.grant())
        do {
            print(try await settings.sign(claims))
        } catch let error as SettingError {
            throw ValidationError(error.description)
        }
    }

    private func grant() throws -> JSONValue {
        var object = JSONObject()
        if !self.room.isEmpty { object.append("room", .array(self.room.map { .string($0) })) }
        if self.create { object.append("create", true) }
        if let role { object.append("role", .string(role)) }
        var permissions = JSONObject()
        for text in self.permission {
            let sides = text.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2, let isAllowed = Bool(sides[1]) else {
                throw ValidationError("--permission \(text): it has the form share=false.")
            }
            permissions.append(sides[0], .bool(isAllowed))
        }
        if !permissions.isEmpty { object.append("permissions", .object(permissions)) }
        var attributes = JSONObject()
        for text in self.attribute {
            let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard sides.count == 2 else { throw ValidationError("--attribute \(text): it has the form team=red.") }
            attributes.append(sides[0], (try? JSONParser.parse(Array(sides[1].utf8))) ?? .string(sides[1]))
        }
        if !attributes.isEmpty { object.append("attributes", .object(attributes)) }
        if self.bypass { object.append("bypass", true) }
        if self.operator { object.append("operator", true) }
        do {
            return try Grant(json: .object(object), limits: Limits()).json
        } catch {
            throw ValidationError("\(error.member.split(separator: ".").last ?? "It"): that value is not allowed.")
        }
    }
}

struct TokenInspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say in words what a token allows, and why it would be refused now.",
        discussion: "Give the same settings as to the server. The exit status is 0 if the token is good."
    )

    @OptionGroup(title: "Keys") var keys: TokenOptions

    @Argument(help: "The token, or - to read it from standard input, which keeps it out of the list of processes.")
    var token: String

    func run() async throws {
        let text = self.token == "-" ? readLine() ?? "" : self.token
        let settings = try await readTokens(self.keys)
        let logger = Logger(label: "parley") { _ in SwiftLogNoOpLogHandler() }
        let client = OutboundClient(trustedRoots: settings.trustedRoots)
        let issuers: [TokenIssuer]
        do {
            issuers = try await settings.issuers(client, logger)
        } catch let error as SettingError {
            throw ValidationError(error.description)
        }
        let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        let report = await TokenReport(text.trimmingCharacters(in: .whitespacesAndNewlines), issuers, at: now)
        try await client.end()
        print(report.text)
        if !report.isGood { throw ExitCode(1) }
    }
}
