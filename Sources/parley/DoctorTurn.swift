import ArgumentParser
import Foundation
import ParleyProtocol
import ParleyServer

struct DoctorTurn: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "turn",
        abstract: "Ask every STUN and TURN server for what clients will ask of it, and say what failed.",
        discussion: """
            Reads the same flags, environment and file as "parley serve". Each TURN server is asked for a relay, with \
            every secret, and gets it back; then whether it would relay to addresses that nobody from outside \
            should reach. The exit status is 1 if a server does not do its work.
            """
    )

    @OptionGroup(title: "WebRTC") var webRTC: WebRTCOptions
    @OptionGroup(title: "TURN") var turn: TurnOptions

    @Option(help: ArgumentHelp("A JSON file with settings. (environment: PARLEY_CONFIG)", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Trust the certificates in this file, instead of those that the system trusts.",
            valueName: "file"
        )
    )
    var trust: String?

    func run() async throws {
        let (fixed, turn) = try await self.settings()
        var questions = fixed.flatMap { TurnQuestion.of($0) } + TurnQuestion.of(turn)
        var reports: [TurnReport] = []
        for vendor in turn.vendors {
            switch await Self.ask(vendor) {
            case .success(let grant): questions += grant.servers.flatMap { TurnQuestion.of($0, lentBy: vendor.name) }
            case .failure(let error): reports.append(TurnReport(vendor.name, isBad: true, "\(error)."))
            }
        }
        guard !(questions.isEmpty && reports.isEmpty) else {
            throw ValidationError("No STUN or TURN server is configured: see --ice-server and --turn-server.")
        }
        for report in reports { print(report.text) }
        for question in questions {
            let report = await question.ask(trusting: self.trust)
            print(report.text)
            reports.append(report)
        }
        let bad = reports.count(where: \.isBad)
        print(bad == 0 ? "All \(reports.count) are well." : "\(bad) of \(reports.count) failed.")
        if bad > 0 { throw ExitCode(1) }
    }

    /// For ten minutes: the vendor may count what it lends.
    private static func ask(_ vendor: any TurnVendor) async -> Result<VendorGrant, TurnVendorError> {
        let client = VendorClient()
        let result = await vendor.lendInTime(forSeconds: 600, by: client)
        await client.shutdown()
        return result
    }

    private func settings() async throws -> ([ICEServer], TurnConfiguration) {
        let environment = ProcessInfo.processInfo.environment
        var flags = self.turn.flags
        if !self.webRTC.iceServer.isEmpty { flags[Setting.iceServer.key] = self.webRTC.iceServer }
        do {
            let settings = try await SettingsReader(
                flags: flags,
                environment: environment,
                file: self.config ?? environment["PARLEY_CONFIG"]
            )
            let fixed = try settings.values(.iceServer, parse: ServerSettings.iceServer) ?? []
            return (fixed, try TurnConfiguration(settings))
        } catch let error as SettingError {
            throw ValidationError(error.description)
        }
    }
}

/// One server, and who we say that we are.
private struct TurnQuestion {
    let url: String
    /// Behind the address, for people: which secret, or whose it is.
    var note = ""
    var username: String?
    var password: String?
    /// The same, but good for as long as can be: whether it is the clock.
    var longer: (username: String, password: String)?

    static func of(_ server: ICEServer, lentBy vendor: String? = nil) -> [TurnQuestion] {
        server.urls.map { url in
            TurnQuestion(
                url: url,
                note: vendor.map { ", lent by \($0)" } ?? "",
                username: server.username,
                password: server.credential
            )
        }
    }

    static func of(_ turn: TurnConfiguration) -> [TurnQuestion] {
        let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
        return turn.servers.flatMap { url in
            turn.secrets.enumerated().map { index, secret in
                func credential(_ milliseconds: Int) -> TurnCredential {
                    TurnCredential(of: "doctor", until: now.advanced(milliseconds: milliseconds), signedWith: secret)
                }
                let usual = credential(turn.lifetimeMilliseconds)
                let longest = credential(TurnConfiguration.lifetimeMillisecondsMax)
                let isOnly = turn.secrets.count == 1
                return TurnQuestion(
                    url: url,
                    note: isOnly ? "" : ", secret \(index + 1)\(index == 0 ? " (which signs)" : "")",
                    username: usual.username,
                    password: usual.password,
                    longer: (longest.username, longest.password)
                )
            }
        }
    }

    /// Where a relay must lead nobody: this machine, networks that are not on the internet, and where clouds keep the
    /// credentials of their machines.
    private static let forbidden = [
        [127, 0, 0, 1], [10, 0, 0, 1], [172, 16, 0, 1], [192, 168, 0, 1], [169, 254, 169, 254],
    ].map { StunAddress($0, port: 80) }

    func ask(trusting certificates: String?) async -> TurnReport {
        guard let address = TurnAddress(self.url) else {
            return TurnReport(self, isBad: true, "this is no address of a STUN or TURN server.")
        }
        guard address.isRelay, let username, let password else {
            return TurnReport(self, await TurnInquiry.ask(address, .bind, trusting: certificates))
        }
        let began = ContinuousClock.now
        let finding = await TurnInquiry.ask(
            address,
            .allocate(username: username, password: password),
            forbidden: Self.forbidden,
            trusting: certificates
        )
        let time = began.duration(to: .now)
        guard finding == .unauthorized else { return TurnReport(self, finding, within: time) }
        if let longer {
            let retry = await TurnInquiry.ask(
                address,
                .allocate(username: longer.username, password: longer.password),
                trusting: certificates
            )
            if case .relays = retry {
                return TurnReport(
                    self,
                    isBad: true,
                    "takes a lease of a day, but not one of the usual length: its clock is ahead by more than that."
                )
            }
        }
        return TurnReport(self, finding)
    }
}

/// What is said of one server.
private struct TurnReport {
    let text: String
    let isBad: Bool

    /// - Parameter place: what it is about.
    init(_ place: String, isBad: Bool, _ words: String) {
        self.text = "\(isBad ? "FAIL" : "ok  ") \(place): \(words)"
        self.isBad = isBad
    }

    init(_ question: TurnQuestion, isBad: Bool, _ words: String) {
        self.init(question.url + question.note, isBad: isBad, words)
    }

    init(_ question: TurnQuestion, _ finding: TurnFinding, within time: Duration? = nil) {
        switch finding {
        case .relays(let address, let reached):
            let took = time.map { " (\($0.formatted(.units(allowed: [.milliseconds]))))" } ?? ""
            self.init(question, isBad: false, "relays from \(address)\(took).\(Self.warning(reached))")
        case .answers(let address): self.init(question, isBad: false, "sees us at \(address).")
        case .noAnswer:
            let isSecure = question.url.hasPrefix("turns:") || question.url.hasPrefix("stuns:")
            let guess = isSecure ? "Does it speak TLS on that port" : "Does it run"
            self.init(
                question,
                isBad: true,
                "no answer. \(guess), and does the firewall let us and the answer through?"
            )
        case .openToAnybody: self.init(question, isBad: true, "relays for anybody, without asking who it is.")
        case .unauthorized: self.init(question, isBad: true, Self.unauthorized(question))
        case .refused(let failure): self.init(question, isBad: true, Self.words(failure))
        case .nonsense: self.init(question, isBad: true, "what answers there is no such server.")
        case .unsigned:
            self.init(question, isBad: true, "the answer is not signed with our password: somebody else has answered.")
        case .unreachable(let reason): self.init(question, isBad: true, "it cannot be reached: \(reason).")
        case .tlsFailed(let reason): self.init(question, isBad: true, "TLS failed: \(reason).")
        case .unsupported:
            self.init(question, isBad: true, "TURN over DTLS is used by no browser, and cannot be tried from here.")
        }
    }

    private static func warning(_ reached: [StunAddress]) -> String {
        guard !reached.isEmpty else { return "" }
        let list = reached.map { String($0.description.prefix { $0 != ":" }) }.joined(separator: ", ")
        return "\n     Warning: it would relay to \(list): whoever has a lease reaches what is there "
            + "(coturn: denied-peer-ip)."
    }

    private static func unauthorized(_ question: TurnQuestion) -> String {
        guard question.longer == nil else {
            return "401: it does not know the secret (coturn: use-auth-secret, static-auth-secret)."
        }
        let expiry = question.username?.prefix { $0.isNumber }
        if let expiry, expiry.count >= 10, let seconds = Double(expiry), seconds < Date().timeIntervalSince1970 {
            return "401: the credential ended at \(Date(timeIntervalSince1970: seconds).formatted(.iso8601))."
        }
        return "401: it does not take that name and password."
    }

    private static func words(_ failure: StunFailure) -> String {
        let meaning =
            switch failure.code {
            case 300: "it sends us to another server, which browsers do not follow"
            case 400: "it does not understand the question"
            case 403: "it forbids that to this name or this address"
            case 437: "it mistakes our socket for an earlier one"
            case 438: "it takes none of its own nonces"
            case 441: "the name is not that of the relay's owner"
            case 442: "it does not relay over UDP"
            case 486: "this name has as many relays as it may have"
            case 508: "it has no relay left"
            case _: "it refuses"
            }
        let own = failure.reason.isEmpty ? "" : " (\(failure.reason.filter { !$0.isNewline }))"
        return "\(failure.code): \(meaning)\(own)."
    }
}
