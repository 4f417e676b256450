import ParleyProtocol

extension RoomKind {
    /// What may be asked of such a room at all.
    func allows(_ action: MeetingAction) -> Bool {
        switch (self, action) {
        case (.line, .line): true
        case (.line, _): false
        case (_, .line): false
        // Who may come in is decided by ringing, as long as it is no meeting.
        case (.call, .lifecycle(let action)): action == .end
        case (.call, .admission), (.call, .breakout): false
        case (.queue, .breakout), (.queue, .ring): false
        case (.queue, .queue): true
        case (_, .queue): false
        case (_, .ring): true
        case (_, .lifecycle), (_, .admission), (_, .role), (_, .attribute), (_, .breakout), (_, .device),
            (_, .moderation), (_, .floor), (_, .consent), (_, .recording):
            true
        }
    }
}

extension RoomEvent {
    var isEnd: Bool {
        switch self.fact {
        case .ended: true
        case .created, .joined, .mediaChanged, .interrupted, .attached, .left, .meeting: false
        }
    }
}
