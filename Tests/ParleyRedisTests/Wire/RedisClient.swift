import Foundation
import Logging
import NIOCore
import NIOPosix
import ParleyEngine
import ParleyProtocol
import ParleyRedis

/// What tests say to the servers behind one URL.
struct RedisClient {
    let servers: RedisServers
    let loop: any EventLoop

    /// - Parameter change: limits other than usual.
    init(_ url: String, _ change: (inout Limits) -> Void = { _ in }) throws {
        var limits = Limits()
        change(&limits)
        let group = MultiThreadedEventLoopGroup.singleton
        self.servers = RedisServers(
            try RedisConfiguration(url: url),
            group: group,
            logger: Logger(label: "redis") { _ in SwiftLogNoOpLogHandler() },
            limits: limits
        )
        self.loop = group.next()
    }

    @discardableResult
    func send(_ texts: String..., key: String = "") async throws -> RESPValue {
        let command = RedisCommand(texts.map { ByteBuffer(string: $0) })
        return try await self.servers.send(command, key: RedisKey(key.isEmpty ? texts[1] : key), on: self.loop).get()
    }

    /// Until the condition holds; false if that takes too long.
    func waits(_ seconds: Double = 15, until holds: () async throws -> Bool) async rethrows -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        while clock.now < end {
            if try await holds() { return true }
            // A turn of the loop, later: nothing else tells when a server is there again.
            try? await self.loop.scheduleTask(in: .milliseconds(20)) {}.futureResult.get()
        }
        return false
    }

    /// What a start ends with.
    func trouble() async -> RedisTrouble? {
        do {
            try await self.servers.started()
            return nil
        } catch let complaint as RedisComplaint {
            return complaint.trouble
        } catch {
            return .noRedis
        }
    }
}

/// What was heard, in order.
actor Heard {
    private(set) var texts: [String] = []
    private(set) var again = 0

    func add(_ text: String) { self.texts.append(text) }
    func addAgain() { self.again += 1 }
}

extension RedisClient {
    func listen(_ channel: String) async throws -> Heard {
        let heard = Heard()
        let (stream, continuation) = AsyncStream.makeStream(of: String?.self)
        Task {
            for await text in stream {
                if let text { await heard.add(text) } else { await heard.addAgain() }
            }
        }
        try await self.servers.subscribe(
            RedisKey(channel),
            on: self.loop,
            handler: { continuation.yield(String(buffer: $0)) },
            resubscribed: { continuation.yield(nil) }
        ).get()
        return heard
    }
}
