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

    func currentMeter() -> CostMeter {
        self.meter.tick(now: self.eventLoop.now.uptimeNanoseconds)
        return self.meter
    }
}

extension CostMeter {
    /// - Parameter top: how many of each kind.
    func report(top: Int, _ configuration: ServerConfiguration) -> JSONValue {
        let limits = configuration.limits
        let count = min(max(top, 1), limits.meterEntriesMax)
        let names = configuration.addressNames
        return [
            "halfLifeMilliseconds": .integer(Int64(limits.meterHalfLifeMilliseconds)),
            "addresses": Self.json(self.addresses.top(count), "address") { names.name(of: $0) },
            "identities": Self.json(self.identities.top(count), "identity") { $0.description },
            "sessions": Self.json(self.sessions.top(count), "session") { $0.description },
            "rooms": Self.json(self.rooms.top(count), "room") { $0.description },
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
