import ArgumentParser
import Foundation
import ParleyLoad
import ParleyServer

/// How the server is looked at from outside, besides by the load.
struct LoadProbeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The process of the server, if it is on this machine: its memory and its share of the processor.",
            valueName: "id"
        )
    )
    var pid: Int32?

    @Option(
        help: ArgumentHelp(
            "Where the server shows its metrics. (default: /metrics of the server, if it answers)",
            discussion: "By HTTPS, or on this machine.",
            valueName: "url"
        )
    )
    var metrics: String?

    func validate() throws {
        if let pid { try demand(pid > 0, "--pid is the number of a process.") }
        if let metrics {
            try demand(
                OutboundClient.isAllowed(metrics),
                "--metrics is an https: address, or an http: address of this machine."
            )
        }
    }

    /// - Parameter server: whose metrics are looked for where none are named.
    func probe(_ server: LoadServerOptions) throws -> ServerProbe {
        if let pid, ServerProbe.process(pid) == nil {
            throw ValidationError(
                "The process \(pid) (--pid) cannot be looked at: it is not there, or not a Linux."
            )
        }
        let address = self.metrics ?? server.metricsAddress
        return ServerProbe(pid: self.pid, metrics: address, trustedRoots: server.trustedRoots)
    }
}

struct ServerProbe {
    let pid: Int32?
    let metrics: String?
    private let client: OutboundClient

    init(pid: Int32?, metrics: String?, trustedRoots: String?) {
        self.pid = pid
        self.metrics = metrics.flatMap { OutboundClient.isAllowed($0) ? $0 : nil }
        self.client = OutboundClient(trustedRoots: trustedRoots)
    }

    var probe: LoadProbe { LoadProbe { await self.read() } }

    func end() async { try? await self.client.end() }

    private func read() async -> ServerReading {
        var reading = self.pid.flatMap { Self.process($0) } ?? ServerReading()
        if let metrics, let body = try? await self.client.get(metrics) {
            reading.gauges = Self.gauges(String(decoding: body, as: UTF8.self))
        }
        return reading
    }

    /// Prometheus' text format: those without labels.
    private static func gauges(_ text: String) -> [String: Double] {
        var gauges: [String: Double] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            if parts.count >= 2, let value = Double(parts[1]) { gauges[String(parts[0])] = value }
        }
        return gauges
    }

    /// proc(5): `statm` counts pages, `stat` clock ticks.
    static func process(_ pid: Int32) -> ServerReading? {
        guard let memory = try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8),
            let times = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        else { return nil }
        let pages = memory.split(separator: " ").dropFirst().first.flatMap { UInt64($0) }
        // The name of the program, in brackets, may hold anything.
        let fields = times.split(separator: ")").last?.split(separator: " ") ?? []
        guard let pages, fields.count > 12, let user = Double(fields[11]),
            let system = Double(fields[12])
        else {
            return nil
        }
        return ServerReading(
            residentBytes: pages * UInt64(sysconf(Int32(_SC_PAGESIZE))),
            cpuSeconds: (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        )
    }
}
