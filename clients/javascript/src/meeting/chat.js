import { ChatLog } from './chat-log.js'

/** Talk in writing. It has a log of its own beside the room's, so it works with a state of any size. */
export const Chat = (Base) => class extends Base {
    #log = new ChatLog({
        send: (frame) => this.transmit({ ...frame, room: this.id }),
        told: (message) => this.emit('chat', this.#mark(message)),
    })

    /** What is known here, the oldest first; at most the last 500. */
    get messages() { return this.#log.messages.map((message) => this.#mark(message)) }

    /** Resolves with the message when it is in the log. `to`: for one person's eyes. */
    async chat(text, { to } = {}) {
        return this.#mark(await this.#log.say(text, to, this.isClosed))
    }

    /** Older messages, at most 100 at a time: those before `before`, or the last ones. They are in `messages` then as well. */
    async chatHistory({ before, limit = 50 } = {}) {
        const messages = await this.#log.fetch(before, limit, this.isClosed)
        return messages.map((message) => this.#mark(message))
    }

    // MARK: What the session tells

    /** Said in the chat, an answer to a question about chat or roster, or the refusal of any of these. */
    queryFrame(frame) {
        if ((frame.of ?? frame.type) === 'roster') this.rosterFrame(frame)
        else if (frame.type === 'chat') this.#log.take(frame)
        else if (frame.type === 'chat-history') this.#log.takeHistory(frame.messages ?? [])
        else this.#log.rejected(frame)
    }

    chatAgain() { this.#log.again() }
    chatRenewed() { this.#log.renewed() }
    closeChat(error) { this.#log.close(error) }

    #mark(message) { return { ...message, isSelf: message.from === this.self } }
}
