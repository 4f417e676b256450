import AsyncHTTPClient
import Foundation
public import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
public import ServiceLifecycle

/// What the server asks of others: keys, authorizations. By HTTPS; without it only on this machine.
public struct OutboundClient: Service, CustomStringConvertible {
    public var description: String { "the HTTP client" }
    private let client: HTTPClient
    private let logger: Logger

    /// - Parameter trustedRoots: a PEM file with authorities that are believed instead of the system's.
    public init(trustedRoots: String? = nil, logger: Logger) {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let trustedRoots { tls.trustRoots = .file(trustedRoots) }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(3)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 8
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        self.logger = logger
    }

    /// Until it is asked to stop.
    public func run() async throws {
        try? await gracefulShutdown()
        try await self.client.shutdown()
    }

    /// For a command that starts no services.
    public func end() async throws { try await self.client.shutdown() }

    /// Whether an address may be asked: nothing that others could read or change on its way.
    public static func isAllowed(_ url: String) -> Bool {
        guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty else { return false }
        return parts.scheme == "https" || parts.scheme == "http" && ServerConfiguration.isLoopback(host: host)
    }

    /// - Throws: for any status but 200, and for a longer body.
    package func get(_ url: String, bytesMax: Int = 262_144, timeoutMilliseconds: Int = 3_000) async throws -> [UInt8] {
        let request = HTTPClientRequest(url: url)
        return try await self.perform(request, bytesMax, timeoutMilliseconds).body
    }

    /// Any status is an answer.
    package func post(
        _ url: String,
        json: [UInt8],
        headers: [(String, String)] = [],
        bytesMax: Int = 65_536,
        timeoutMilliseconds: Int
    ) async throws -> (status: Int, body: [UInt8]) {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = .bytes(ByteBuffer(bytes: json))
        return try await self.perform(request, bytesMax, timeoutMilliseconds, anyStatus: true)
    }

    private func perform(
        _ request: HTTPClientRequest,
        _ bytesMax: Int,
        _ timeoutMilliseconds: Int,
        anyStatus: Bool = false
    ) async throws -> (status: Int, body: [UInt8]) {
        guard Self.isAllowed(request.url) else { throw OutboundFault.addressNotAllowed }
        let response = try await self.client.execute(
            request,
            timeout: .milliseconds(Int64(timeoutMilliseconds)),
            logger: self.logger
        )
        guard anyStatus || response.status == .ok else { throw OutboundFault.status(Int(response.status.code)) }
        let body = try await response.body.collect(upTo: bytesMax)
        return (Int(response.status.code), Array(body.readableBytesView))
    }
}

/// Why somebody else was no help.
public enum OutboundFault: Error, Hashable, Sendable {
    case addressNotAllowed
    case status(Int)
}

extension KeySet {
    /// Fetched from there.
    public init(url: String, client: OutboundClient, logger: Logger) {
        self.init(url: url, logger: logger) { try await client.get($0) }
    }
}
