import NIOCore
import ParleyProtocol
import ParleyTransport

/// Who costs what: counted by each connection for itself, and told to the meter now and then.
extension Gateway {
    func meter(_ cost: Cost, _ address: ClientAddress?, _ session: GatewaySession?) {
        self.meter.add(cost, address: address)
        guard let session else { return }
        self.meter.add(
            cost,
            session: session.id,
            of: session.identity,
            in: session.seats.filter(\.isInRoom).map(\.host.id)
        )
    }

    /// - Parameter top: how many of each kind.
    func meterReport(top: Int) -> JSONValue {
        self.meter.tick(now: self.eventLoop.now.uptimeNanoseconds)
        let count = min(max(top, 1), self.limits.meterEntriesMax)
        let names = self.configuration.addressNames
        return [
            "halfLifeMilliseconds": .integer(Int64(self.limits.meterHalfLifeMilliseconds)),
            "addresses": Self.json(self.meter.addresses.top(count), "address") { names.name(of: $0) },
            "identities": Self.json(self.meter.identities.top(count), "identity") { $0.description },
            "sessions": Self.json(self.meter.sessions.top(count), "session") { $0.description },
            "rooms": Self.json(self.meter.rooms.top(count), "room") { $0.description },
        ]
    }

    private static func json<Key>(
        _ entries: [TopCosts<Key>.Entry],
        _ kind: String,
        _ name: (Key) -> String
    ) -> JSONValue {
        .array(
            entries.map { entry in
                [
                    kind: .string(name(entry.key)),
                    "weight": .integer(Int64(entry.cost.weight)),
                    "connections": .integer(Int64(entry.cost.connections)),
                    "messages": .integer(Int64(entry.cost.messages)),
                    "bytes": .integer(Int64(entry.cost.bytes)),
                    "failures": .integer(Int64(entry.cost.failures)),
                    "refused": .integer(Int64(entry.cost.refused)),
                    "mayBeMoreBy": .integer(Int64(entry.inherited)),
                ]
            }
        )
    }
}
