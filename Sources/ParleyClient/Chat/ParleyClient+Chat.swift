public import ParleyProtocol

/// What people write to each other: ``ClientEvent/chat(_:)`` tells each message once, in its order, those of this
/// client included, also over lost connections.
extension ParleyClient {
    /// Says something in writing, to everybody in the room or to one person.
    ///
    /// What is written in one room is said in the order of the calls. While the server asks to wait (5 messages a
    /// second, unless its operator says otherwise), the client waits and says it then.
    ///
    /// - Parameters:
    ///   - text: 1–4,096 bytes, no control characters but tab and newline.
    ///   - to: for that participant's eyes only.
    /// - Returns: the message as the room's chat has it: with its number, and the time by the server's clock.
    /// - Throws: `ClientError.rejected` with the server's reason, such as `not-permitted`; ``ClientError/renewed`` if
    ///   the session was lost over it, and with it the knowledge whether it was said;
    ///   ``ClientError/tooManyWaiting`` when 64 wait already.
    @discardableResult
    public func say(_ text: String, to: ParticipantID? = nil, in room: RoomID) async throws -> ChatMessage {
        let draft: ChatOutbox.Draft
        do throws(RejectionCode) {
            draft = ChatOutbox.Draft(text: try ChatText(text), to: to)
        } catch {
            // As the server would say it.
            throw ClientError.rejected(RejectedMessage(code: error.rawValue, message: error.message))
        }
        guard case .message(let message) = try await self.request({ $0.write(draft, in: room, request: $1, &$2) })
        else {
            throw ClientError.protocolViolation("A message was answered without it.")
        }
        return message
    }

    /// What was written earlier, oldest first; empty when there is no more.
    ///
    /// A moderator reads everything that the server has kept, everybody else what was written since they joined; of
    /// messages to one person, the two alone.
    ///
    /// - Parameters:
    ///   - before: only what has a smaller number; `nil`: the newest. For the next page, the number of the first
    ///     message of this one.
    ///   - limit: at most so many, 1–100; they are fewer if they are long.
    /// - Throws: ``ClientError``.
    public func chatHistory(of room: RoomID, before: UInt64? = nil, limit: Int = 100) async throws -> [ChatMessage] {
        let answer = try await self.request { $0.readChat(of: room, before: before, limit: limit, request: $1, &$2) }
        guard case .history(let messages) = answer else {
            throw ClientError.protocolViolation("A question for history was answered without it.")
        }
        return messages
    }
}
