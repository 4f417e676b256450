import NIOCore
import ParleyEngine
import ParleyProtocol

/// Everything that was ever written to the engine, with its predecessor: what the engine forgets is still here, and the
/// way back from the newest place is the history that holds.
final class LogHistory {
    struct Written {
        let position: Position
        /// What it follows; for a reseed, where the replica stood that it was made from.
        let after: Position
        let events: [JSONValue]
        let at: NIODeadline
        let isReseed: Bool
    }

    private(set) var logs: [LogID: [Position: Written]] = [:]
    /// Of the logs that are gone for good: their last place.
    private(set) var retired: [LogID: Position] = [:]
    /// Everybody of whom some log has ever said that they left, also if that is lost.
    private(set) var left: Set<String> = []

    func record(_ record: EngineCluster.Record, at time: NIODeadline) {
        switch record {
        case .appended(let log, let entry):
            let events = (try? entry.payload.withUnsafeReadableBytes { try JSONParser.parse($0, depthMax: 64) })?.array
            for event in events ?? [] where event["type"] == "left" {
                event["participant"]?.string.map { _ = self.left.insert($0) }
            }
            self.logs[log, default: [:]][entry.position] = Written(
                position: entry.position,
                after: entry.after,
                events: events ?? [],
                at: time,
                isReseed: false
            )
        case .reseeded(let log, let position, let base):
            self.logs[log, default: [:]][position] = Written(
                position: position,
                after: base,
                events: [],
                at: time,
                isReseed: true
            )
        case .retired(let log, let position):
            self.retired[log] = position
        }
    }

    /// From the first to that place; `nil` if some place on the way was never written.
    func chain(of log: LogID, to top: Position) -> [Written]? {
        var chain: [Written] = []
        var place = top
        while place != .start {
            guard let written = self.logs[log]?[place] else { return nil }
            chain.append(written)
            place = written.after
        }
        return chain.reversed()
    }
}
