/// One line of the table of everything that the server measures.
package struct MetricDeclaration: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case counter
        case gauge
    }

    package let name: String
    package let kind: Kind
    package let help: String
    /// What one of what is counted inside is worth outside, such as a microsecond in seconds. Gauges only.
    package var unit = 1.0
    /// Whether those of several loops make one, as numbers of people do. Gauges only.
    package var addsUp = true
    /// By what the counter is divided.
    package var label: String?

    package static let table: [MetricDeclaration] =
        [
            connectionsOpen, connectionsAccepted, connectionsRefused, refusals, socketsRefused, failuresNoted,
            connectionsClosed,
            sessionsDetached,
            sessionsResumed, roomsOpen, participants,
            messagesReceived, signalsRelayed, pulsesRelayed, chatDelivered, eventsDelivered, eventEntries, resyncs,
            slowCloses,
            stateDifferences, roundTrip, framesRejected, rejections, tokensRefused, ticketsMade, sessionsRevoked,
            commandsAccepted,
            appendConflicts,
            bytesReceived,
            bytesSent,
            leases, turnVendorFailures, draining, auditEntries, auditMissing,
            redisRefusals, redisTroubles, redisWarnings,
            engineDegraded, engineDegradations, fences, nodesAlive,
        ] + calls

    package static let engineDegraded = Self(
        name: "parley_engine_degraded",
        kind: .gauge,
        help: "1 while the engine is away: nobody joins, and nothing is decided.",
        addsUp: false
    )
    package static let engineDegradations = Self(
        name: "parley_engine_degradations_total",
        kind: .counter,
        help: "How often the engine was found to be away, by each loop."
    )
    package static let fences = Self(
        name: "parley_fences_total",
        kind: .counter,
        help: "How often a node has stood still for so long that it closed its connections and began anew."
    )
    package static let nodesAlive = Self(
        name: "parley_nodes_alive",
        kind: .gauge,
        help: "Nodes that have renewed their lease lately, this one included.",
        addsUp: false
    )
    package static let connectionsOpen = Self(
        name: "parley_connections_open",
        kind: .gauge,
        help: "WebSocket connections that are open now."
    )
    package static let connectionsAccepted = Self(
        name: "parley_connections_accepted_total",
        kind: .counter,
        help: "WebSocket connections that were opened."
    )
    package static let connectionsRefused = Self(
        name: "parley_connections_refused_total",
        kind: .counter,
        help: "WebSocket upgrades that were refused."
    )
    package static let refusals = Self(
        name: "parley_refusals_total",
        kind: .counter,
        help: "WebSocket upgrades that were refused, by reason.",
        label: "reason"
    )
    package static let rejections = Self(
        name: "parley_rejected_messages_total",
        kind: .counter,
        help: "Messages that were refused, by code.",
        label: "code"
    )
    package static let socketsRefused = Self(
        name: "parley_sockets_refused_total",
        kind: .counter,
        help: "Sockets that were closed at once because their address has too many."
    )
    package static let failuresNoted = Self(
        name: "parley_failed_attempts_total",
        kind: .counter,
        help: "Forged tokens and secrets, wrong PINs and the like."
    )
    package static let connectionsClosed = Self(
        name: "parley_connections_closed_total",
        kind: .counter,
        help: "WebSocket connections that have ended."
    )
    package static let sessionsDetached = Self(
        name: "parley_sessions_detached",
        kind: .gauge,
        help: "Sessions that wait for another connection."
    )
    package static let sessionsResumed = Self(
        name: "parley_sessions_resumed_total",
        kind: .counter,
        help: "Sessions that another connection has taken over."
    )
    package static let roomsOpen = Self(
        name: "parley_rooms_open",
        kind: .gauge,
        help: "Rooms that this node holds now."
    )
    package static let participants = Self(
        name: "parley_participants",
        kind: .gauge,
        help: "Participants in the rooms of this node now."
    )
    package static let messagesReceived = Self(
        name: "parley_messages_received_total",
        kind: .counter,
        help: "Messages that clients have sent."
    )
    package static let signalsRelayed = Self(
        name: "parley_signals_relayed_total",
        kind: .counter,
        help: "Signals handed to their recipient's connection."
    )
    package static let chatDelivered = Self(
        name: "parley_chat_delivered_total",
        kind: .counter,
        help: "Chat messages, each counted once per receiver."
    )
    package static let pulsesRelayed = Self(
        name: "parley_pulses_relayed_total",
        kind: .counter,
        help: "Pulses handed to a connection, per receiver."
    )
    package static let eventsDelivered = Self(
        name: "parley_events_delivered_total",
        kind: .counter,
        help: "Event frames handed to a connection, per receiver."
    )
    package static let eventEntries = Self(
        name: "parley_log_entries_total",
        kind: .counter,
        help: "Entries applied to the rooms of this node."
    )
    package static let resyncs = Self(
        name: "parley_resyncs_total",
        kind: .counter,
        help: "Snapshots for somebody who has fallen too far behind, or has asked for one."
    )
    package static let slowCloses = Self(
        name: "parley_slow_closes_total",
        kind: .counter,
        help: "Connections that were closed because their output did not leave (4408)."
    )
    package static let stateDifferences = Self(
        name: "parley_state_differences_total",
        kind: .counter,
        help: "Clients that held another state of a room than the server, and said so."
    )
    package static let roundTrip = Self(
        name: "parley_round_trip_seconds",
        kind: .gauge,
        help: "From a ping to its pong: the median of the connections.",
        unit: 0.000_001,
        addsUp: false
    )
    package static let tokensRefused = Self(
        name: "parley_tokens_refused_total",
        kind: .counter,
        help: "Tokens and tickets that were not good here; the log says why."
    )
    package static let ticketsMade = Self(
        name: "parley_tickets_made_total",
        kind: .counter,
        help: "Tickets for the address of a WebSocket."
    )
    package static let sessionsRevoked = Self(
        name: "parley_sessions_revoked_total",
        kind: .counter,
        help: "Sessions that ended because an operator had revoked them, their person or their token."
    )
    package static let framesRejected = Self(
        name: "parley_rejections_total",
        kind: .counter,
        help: "Messages that were refused by name."
    )
    package static let commandsAccepted = Self(
        name: "parley_commands_accepted_total",
        kind: .counter,
        help: "Commands that became events."
    )
    package static let appendConflicts = Self(
        name: "parley_append_conflicts_total",
        kind: .counter,
        help: "Appends that another writer had overtaken."
    )
    package static let bytesReceived = Self(
        name: "parley_received_bytes_total",
        kind: .counter,
        help: "Bytes of the messages received, without framing."
    )
    package static let bytesSent = Self(
        name: "parley_sent_bytes_total",
        kind: .counter,
        help: "Bytes of the messages sent, without framing."
    )
    package static let leases = Self(
        name: "parley_turn_leases_total",
        kind: .counter,
        help: "Lists of relays with credentials that were given to people in a room, renewals included."
    )
    package static let turnVendorFailures = Self(
        name: "parley_turn_vendor_failures_total",
        kind: .counter,
        help: "Questions to vendors of relays that brought nothing."
    )
    package static let auditEntries = Self(
        name: "parley_audit_entries_total",
        kind: .counter,
        help: "Entries given to the audit log."
    )
    package static let auditMissing = Self(
        name: "parley_audit_missing_total",
        kind: .counter,
        help: "Entries for which the audit log had no place; a line in it says how many."
    )
    package static let redisTroubles = Self(
        name: "parley_redis_troubles_total",
        kind: .counter,
        help: "Connections to a Redis that have failed or ended, by reason.",
        label: "reason"
    )
    package static let redisWarnings = Self(
        name: "parley_redis_warnings_total",
        kind: .counter,
        help: "What a Redis was found to be that it should not be, by reason.",
        label: "reason"
    )
    package static let draining = Self(
        name: "parley_draining",
        kind: .gauge,
        help: "1 while this server drains, 0 otherwise.",
        addsUp: false
    )
}

// MARK: - Engines

extension MetricDeclaration {
    package static let redisRefusals = Self(
        name: "parley_redis_refusals_total",
        kind: .counter,
        help: "Commands that a Redis has refused, by the code of the refusal.",
        label: "reason"
    )
}
