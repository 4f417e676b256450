extension MetricDeclaration {
    static let calls: [MetricDeclaration] = [ringsStarted, ringsEnded, devicesOnline, presencesTold, wakes]

    package static let ringsStarted = Self(
        name: "parley_rings_started_total",
        kind: .counter,
        help: "Rings that have begun, counted by the node that wrote that down."
    )
    package static let ringsEnded = Self(
        name: "parley_rings_ended_total",
        kind: .counter,
        help: "Rings that are over, by how, counted by the node that wrote that down.",
        label: "reason"
    )
    package static let devicesOnline = Self(
        name: "parley_devices_online",
        kind: .gauge,
        help: "Devices on people's lines that are connected to this node."
    )
    package static let presencesTold = Self(
        name: "parley_presences_told_total",
        kind: .counter,
        help: "Messages that have told somebody who is there."
    )
    package static let wakes = Self(
        name: "parley_wakes_total",
        kind: .counter,
        help: "What the wake-up service was to be told, by what came of it.",
        label: "outcome"
    )
}
