import NIOCore
import ParleyEngine
import ParleyProtocol

/// A room and its chat, which has a log of its own.
extension RoomHost {
    /// Begun when it is needed.
    var openChat: ChatHost {
        if let chat = self.chat { return chat }
        let chat = ChatHost(self)
        self.chat = chat
        return chat
    }

    /// The room goes on without this node.
    func closeChat() {
        self.chat?.close()
        self.chat = nil
    }

    /// The room is over, and with it what was written there. Whoever is first takes it away.
    func endChat() {
        self.closeChat()
        guard self.position != .start else { return }
        self.retireChat(triesLeft: 3)
    }

    private func retireChat(triesLeft: Int) {
        let gateway = self.gateway
        let log = LogID(.chat, self.id.description)
        gateway.engine.heads([log], on: gateway.eventLoop).assumeIsolated().whenSuccess { tops in
            guard let top = tops.first, top != .start else { return }
            gateway.engine.retire(log, expecting: top, on: gateway.eventLoop).assumeIsolated().whenSuccess { result in
                // A message that was on its way.
                guard case .conflict = result, triesLeft > 0 else { return }
                self.retireChat(triesLeft: triesLeft - 1)
            }
        }
    }

    /// Hints get lost: now and then the others are told that there is a chat, and the log is asked.
    func checkChat() {
        guard let chat = self.chat, !self.peopleElsewhere.isEmpty else { return }
        chat.check()
        self.publish(.chat)
    }
}
