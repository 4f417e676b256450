import NIOCore
import ParleyProtocol

/// The gateways of one process, each on an event loop of its own: to the engine, and to each other, they are as many
/// nodes.
struct GatewayLoops: Sendable {
    /// Never empty.
    let all: [NIOLoopBound<Gateway>]

    init(_ setup: GatewaySetup, on eventLoops: [any EventLoop]) async throws {
        precondition(!eventLoops.isEmpty, "a server without a loop")
        var all: [NIOLoopBound<Gateway>] = []
        for (index, eventLoop) in eventLoops.enumerated() {
            let setup = setup.onLoop(index)
            let gateway = try await eventLoop.submit {
                NIOLoopBound(Gateway(setup, eventLoop: eventLoop), eventLoop: eventLoop)
            }.get()
            all.append(gateway)
        }
        self.all = all
    }

    /// For whatever any of them can answer: what concerns rooms, tokens and tickets.
    var any: NIOLoopBound<Gateway> { self.all[0] }

    /// Call it on that loop.
    func gateway(on eventLoop: any EventLoop) -> Gateway? {
        self.all.first { $0.eventLoop === eventLoop }?.value
    }

    /// Asks one after the other.
    func each<Value: Sendable>(_ body: @escaping @Sendable (Gateway) -> Value) async throws -> [Value] {
        var values: [Value] = []
        for gateway in self.all {
            values.append(try await gateway.eventLoop.submit { body(gateway.value) }.get())
        }
        return values
    }

    /// Until the engine has given what is needed to let somebody in, or has had some time for it: from then on it is
    /// away, and `EngineWatch` says so.
    func untilTheyGreet() async {
        for _ in 0..<100 {
            let greet = try? await self.each { $0.canGreet }
            guard greet?.contains(false) ?? false else { return }
            // Cancelled: the server ends.
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { return }
        }
    }

    /// Nobody waits for it.
    func tellEach(_ body: @escaping @Sendable (Gateway) -> Void) {
        for gateway in self.all { gateway.eventLoop.execute { body(gateway.value) } }
    }

    // MARK: Operators

    /// - Returns: `nil` if it is too late for that.
    func answer(_ request: DrainRequest, by asker: Operator) async throws -> DrainReport? {
        let reports = try await self.each { $0.answer(request, by: asker) }
        return reports.reduce(nil as DrainReport?) { sum, report in
            guard let report else { return sum }
            let left = [sum?.millisecondsLeft, report.millisecondsLeft].compactMap { $0 }.max()
            return DrainReport(
                connections: (sum?.connections ?? 0) + report.connections,
                millisecondsLeft: left
            )
        }
    }

    /// - Parameter top: how many of each kind.
    func meterReport(top: Int, _ configuration: ServerConfiguration) async throws -> JSONValue {
        let meters = try await self.each { $0.currentMeter() }
        var sum = meters[0]
        for meter in meters.dropFirst() { sum.merge(meter) }
        return sum.report(top: top, configuration)
    }
}
