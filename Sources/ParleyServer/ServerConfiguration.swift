public import ParleyProtocol
public import ParleyRooms

/// What an operator may decide about a server, already checked.
public struct ServerConfiguration: Sendable {
    /// Where to listen: what other machines can reach takes tokens, and TLS or a proxy that has it.
    public var host = "127.0.0.1"
    /// 0 lets the system choose a free port.
    public var port = 8080
    /// Event loops, each with a thread of its own and its own part of the connections.
    public var loops = 1
    /// How logs call this server where there are several; empty: nobody has said.
    public var nodeName = ""
    /// Where clients of other nodes find this one, for example `wss://a.example.org`; `nil`: nobody is sent here.
    public var advertisedAddress: String?
    /// With it, the port speaks TLS only.
    public var certificates: ServerCertificates?
    /// Who may say for whom they speak.
    public var proxies = TrustedProxies()
    /// Pages that may connect, besides those of the server itself (and of this machine, in development mode).
    public var allowedOrigins: [AllowedOrigin] = []
    /// Whether limits by address hold for this machine's own programs, too.
    public var limitsLoopback = false
    /// Whether nobody comes in without showing who they are.
    public var requiresTokens = false
    /// Those without a credential are in every `welcome`; the others are told to those who are in a room.
    public var iceServers: [ICEServer] = []
    /// Relays with credentials that end.
    public var turn = TurnConfiguration()
    public var limits = Limits()
    /// The rule of rooms whose creating join names none.
    public var devices = DeviceRule.allow
    /// What each role allows in rooms whose creation says nothing else.
    public var roles = RoleTable()
    /// Whose tokens are believed. None: development mode, in which everybody from this machine is welcome.
    public var issuers: [TokenIssuer] = []
    /// Who is asked in place of issuers. With it whatever a client shows is its business.
    public var webhook: AuthorizationWebhook?
    /// Of whom people may know; `nil`: of all where nobody needs a token, else of those whom their token names.
    public var people: PeopleRule?
    /// Who is told of people who are rung.
    public var wakeWebhook: WakeWebhook?
    /// Those that are good for as long as the server runs. With one, nobody comes in without something to show.
    public var standingTickets: [StandingTicket] = []
    /// What people's addresses are called where somebody reads them.
    public var addressNames = AddressNames()
    /// Serve the meeting page and the JavaScript client from these folders instead of from the binary.
    public var assetFolders: AssetFolders?
    /// The newest semantics that this node says it knows; only tests say another.
    public var newestSemantics = RoomSemantics.current
    /// Only simulations leave any out.
    package var mechanisms = Mechanisms.all

    public init() {}

    /// Folders with the sources of what is otherwise part of the binary: for work on the page itself.
    public struct AssetFolders: Sendable {
        public var web: String
        public var client: String

        public init(web: String, client: String) {
            self.web = web
            self.client = client
        }
    }
}

/// Nothing prints what is in it: among it are secrets.
extension ServerConfiguration: CustomStringConvertible {
    public var description: String { "the configuration of a server" }
}

extension ServerConfiguration {
    /// Whether somebody has to show who they are. Where nobody has to, everybody may do everything.
    public var isGuarded: Bool {
        self.requiresTokens || !self.issuers.isEmpty || self.webhook != nil || !self.standingTickets.isEmpty
    }

    /// Whether only this machine can reach that address.
    public static func isLoopback(host: String) -> Bool {
        let bare = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        if bare == "localhost" || bare == "::1" || bare.hasSuffix(".localhost") { return true }
        let parts = bare.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
