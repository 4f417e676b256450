package import ParleyProtocol

/// What a join asks for, and what is asked for again if the place is lost.
package struct JoinWish: Hashable, Sendable {
    var name: DisplayName?
    var devices: DeviceRule?
    var kind: RoomKind?
    var call: CallJoin?
    var ticket: String?

    package init(
        name: DisplayName? = nil,
        devices: DeviceRule? = nil,
        kind: RoomKind? = nil,
        call: CallJoin? = nil
    ) {
        self.name = name
        self.devices = devices
        self.kind = kind
        self.call = call
    }

    func command(_ room: RoomReference) -> JoinCommand {
        var join = JoinCommand(id: 1, room: room, name: self.name, devices: self.devices)
        join.kind = self.kind
        join.call = self.call
        join.ticket = self.ticket
        return join
    }

    /// Nobody is rung twice, no ring is accepted twice, and what was a call may be a meeting.
    var again: Self {
        var wish = JoinWish(name: self.name, devices: self.devices)
        guard self.kind == .line else { return wish }
        wish.kind = .line
        wish.call = self.call
        return wish
    }
}
