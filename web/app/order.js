import { explain } from '/client/parley.js'
import { announce } from './announce.js'

/** Carries out a command of the room, and says in words how it went. Answers whether it did. */
export async function order(command, done) {
    try {
        await command
        if (done) announce(done)
        return true
    } catch (error) {
        // The room is over: its page says so.
        if (error.code === 'closed') return false
        const { title, text } = explain(error)
        announce(`${title}. ${text}`)
        return false
    }
}
