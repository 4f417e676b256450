package import ParleyProtocol

/// What a join asks for, and what is asked for again if the place is lost.
package struct JoinWish: Hashable, Sendable {
    var name: DisplayName?
    var devices: DeviceRule?
    var kind: RoomKind?
    var call: CallJoin?
    var ticket: String?
    var queue: QueueWish?
    /// What a room is like that this join creates.
    var settings: RoomSettings?

    package init(
        name: DisplayName? = nil,
        devices: DeviceRule? = nil,
        kind: RoomKind? = nil,
        call: CallJoin? = nil,
        queue: QueueWish? = nil
    ) {
        self.name = name
        self.devices = devices
        self.kind = kind
        self.call = call
        self.queue = queue
    }

    func command(_ room: RoomReference) -> JoinCommand {
        var join = JoinCommand(id: 1, room: room, name: self.name, devices: self.devices)
        join.kind = self.kind
        join.call = self.call
        join.ticket = self.ticket
        join.queue = self.queue
        join.settings = self.settings
        return join
    }

    /// Nobody is rung twice, no ring is accepted twice, and what was a call may be a meeting.
    var again: Self {
        var wish = JoinWish(name: self.name, devices: self.devices)
        switch self.kind {
        case .line:
            wish.kind = .line
            wish.call = self.call
        case .queue:
            wish.kind = .queue
            wish.queue = self.queue
            wish.settings = self.settings
        case .meeting, .call, nil: break
        }
        return wish
    }
}
