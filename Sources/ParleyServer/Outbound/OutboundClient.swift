import AsyncHTTPClient
import Foundation
public import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import ParleyProtocol
public import ServiceLifecycle

/// What the server asks of others: keys, authorizations, relays. By HTTPS; without it only on this machine.
public struct OutboundClient: Service, CustomStringConvertible {
    public var description: String { "the HTTP client" }
    private let client: HTTPClient

    /// - Parameter trustedRoots: a PEM file with authorities that are believed instead of the system's.
    public init(trustedRoots: String? = nil) {
        var tls = TLSConfiguration.makeClientConfiguration()
        if let trustedRoots { tls.trustRoots = .file(trustedRoots) }
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(3)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 8
        self.client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
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

    /// Any status is an answer; the library logs nothing of it, because an address may have a secret in it.
    ///
    /// - Throws: if it is longer than so many bytes, or later than so many milliseconds.
    package func ask(
        _ url: String,
        method: String = "GET",
        headers: [(String, String)] = [],
        body: [UInt8] = [],
        bytesMax: Int,
        timeoutMilliseconds: Int
    ) async throws -> (status: Int, body: [UInt8]) {
        guard Self.isAllowed(url) else { throw OutboundFault.addressNotAllowed }
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await self.client.execute(request, timeout: .milliseconds(Int64(timeoutMilliseconds)))
        let answer = try await response.body.collect(upTo: bytesMax)
        return (Int(response.status.code), Array(answer.readableBytesView))
    }

    /// - Throws: also for any status but 200.
    package func get(
        _ url: String,
        bytesMax: Int = Limits().keySetBytesMax,
        timeoutMilliseconds: Int = Limits().keySetMilliseconds
    ) async throws -> [UInt8] {
        let (status, body) = try await self.ask(url, bytesMax: bytesMax, timeoutMilliseconds: timeoutMilliseconds)
        guard status == 200 else { throw OutboundFault.status(status) }
        return body
    }

    package func post(
        _ url: String,
        json: [UInt8],
        headers: [(String, String)] = [],
        bytesMax: Int = Limits().webhookAnswerBytesMax,
        timeoutMilliseconds: Int
    ) async throws -> (status: Int, body: [UInt8]) {
        try await self.ask(
            url,
            method: "POST",
            headers: [("content-type", "application/json")] + headers,
            body: json,
            bytesMax: bytesMax,
            timeoutMilliseconds: timeoutMilliseconds
        )
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
