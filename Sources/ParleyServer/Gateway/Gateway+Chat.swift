import NIOCore
import ParleyProtocol
import ParleyRooms

/// What people write, on its way to the chat of their room.
///
/// Judged by the room as this node holds it: a permission that is taken away at the same moment may come too late for
/// the last message, as it would in any order of the two.
extension Gateway {
    func chat(_ chat: ChatCommand, session: GatewaySession) {
        func refuse(_ code: RejectionCode, retryAfterMilliseconds: UInt64? = nil) {
            self.refuse(code, chat: chat.cid, in: chat.room, session, retryAfterMilliseconds: retryAfterMilliseconds)
        }
        guard let seat = session.seat(in: chat.room), seat.phase == .present,
            let participant = seat.host.room.participant(seat.id)
        else { return refuse(.notJoined) }
        let host = seat.host
        // Said again: whatever holds now, it was said.
        if host.openChat.knows(chat.cid, from: seat) == false {
            guard host.room.permits(seat.id, .chat) else { return refuse(.notPermitted) }
            if let to = chat.to {
                guard to != seat.id else { return refuse(.recipientIsSelf) }
                guard host.room.participant(to) != nil else { return refuse(.unknownParticipant) }
            }
            let outcome = seat.rates.chatMessages.take(now: self.eventLoop.now.uptimeNanoseconds)
            if case .retryAfterMilliseconds(let wait) = outcome {
                return refuse(.rateLimited, retryAfterMilliseconds: wait)
            }
        }
        host.openChat.say(
            .init(
                from: seat.id,
                name: participant.name,
                to: chat.to,
                text: chat.text,
                cid: chat.cid,
                // Nodes' clocks differ, and one may be put back: whoever is here as far as this node knows reads it as
                // something that was written since they came.
                at: max(self.now, host.latestArrival)
            )
        )
    }

    func chatHistory(_ request: ChatHistoryRequest, session: GatewaySession) {
        guard let seat = session.seat(in: request.room), seat.phase == .present else {
            return self.refuse(.notJoined, request, session)
        }
        let outcome = seat.rates.chatHistories.take(now: self.eventLoop.now.uptimeNanoseconds)
        if case .retryAfterMilliseconds(let wait) = outcome {
            return self.refuse(.rateLimited, request, session, retryAfterMilliseconds: wait)
        }
        seat.host.openChat.answer(request, to: seat)
    }

    func refuse(
        _ code: RejectionCode,
        chat cid: String,
        in room: RoomID,
        _ session: GatewaySession,
        retryAfterMilliseconds: UInt64? = nil
    ) {
        var rejection = Rejection(code, of: "chat")
        rejection.room = room.description
        rejection.cid = cid
        rejection.retryAfterMilliseconds = retryAfterMilliseconds
        session.reject(rejection, counters: &self.counters)
    }

    func refuse(
        _ code: RejectionCode,
        _ request: ChatHistoryRequest,
        _ session: GatewaySession,
        retryAfterMilliseconds: UInt64? = nil
    ) {
        var rejection = Rejection(code, of: "chat-history")
        rejection.room = request.room.description
        rejection.retryAfterMilliseconds = retryAfterMilliseconds
        session.reject(rejection, counters: &self.counters)
    }
}
