package import Logging
package import ParleyProtocol

/// The keys of an issuer that publishes them (JWK Set, RFC 7517, section 5), fetched over HTTPS.
public actor KeySet {
    private let url: String
    private let fetch: @Sendable (String) async throws -> [UInt8]
    private let logger: Logger
    private let limits: Limits
    private var state: KeySetStateMachine
    private var fetching: Task<Void, Never>?

    /// - Parameters:
    ///   - url: `https:`, or `http:` on this machine.
    ///   - fetch: gives the body of an answer with status 200, and throws for any other.
    package init(
        url: String,
        limits: Limits = Limits(),
        times: KeySetTimes = KeySetTimes(),
        logger: Logger,
        fetch: @escaping @Sendable (String) async throws -> [UInt8]
    ) {
        self.url = url
        self.limits = limits
        self.state = KeySetStateMachine(times)
        self.logger = logger
        self.fetch = fetch
    }

    package func key(_ id: String?, at now: Instant) async throws(TokenFault) -> TokenKey {
        switch self.state.lookup(id, at: now) {
        case .key(let key): return key
        case .keyAndFetch(let key):
            self.begin(at: now)
            return key
        case .fetch: self.begin(at: now)
        case .wait: break
        case .fault(let fault): throw fault
        }
        await self.fetching?.value
        switch self.state.lookup(id, at: now, isSecond: true) {
        case .key(let key), .keyAndFetch(let key): return key
        case .fault(let fault): throw fault
        case .fetch, .wait: throw .keysUnavailable
        }
    }

    private func begin(at now: Instant) {
        self.fetching = Task {
            do {
                let body = try await self.fetch(self.url)
                guard let json = try? JSONParser.parse(body), let keys = await TokenKey.set(json, limits: self.limits)
                else { throw KeySetFault.notASet }
                self.logger.info("Keys were fetched.", metadata: ["url": "\(self.url)", "keys": "\(keys.count)"])
                self.state.fetched(keys, at: now)
            } catch {
                self.logger.warning(
                    "Keys cannot be fetched; those that are known stay good.",
                    metadata: ["url": "\(self.url)", "error": "\(error)"]
                )
                self.state.failed()
            }
            self.fetching = nil
        }
    }
}

private enum KeySetFault: Error {
    case notASet
}
