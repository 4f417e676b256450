package import NIOCore
package import ParleyEngine
import ParleyProtocol

/// What is in the log of revocations: JSON, in entries and in snapshots.
extension RevocationLog.Entry {
    /// What another version has written and this one cannot read is left out: its own nodes know of it.
    package init(_ entry: LogEntry) {
        let json = try? JSONParser.parse(Array(entry.payload.readableBytesView))
        self.init(
            position: entry.position,
            after: entry.after,
            changes: (json?["changes"]?.array ?? []).compactMap { RevocationChange(json: $0) }
        )
    }

    package var payload: ByteBuffer {
        ByteBuffer(bytes: JSONValue.object(["changes": .array(self.changes.map(\.json))]).encoded)
    }
}

extension RevocationLog {
    /// Of a snapshot.
    package static func payload(_ revocations: [Revocation]) -> ByteBuffer {
        ByteBuffer(bytes: JSONValue.object(["revocations": .array(revocations.map(\.json))]).encoded)
    }

    package static func revocations(in payload: ByteBuffer) -> [Revocation] {
        let json = try? JSONParser.parse(Array(payload.readableBytesView))
        return (json?["revocations"]?.array ?? []).compactMap { Revocation(json: $0) }
    }
}
