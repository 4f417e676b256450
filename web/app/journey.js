import { explain } from '/client/parley.js'

const ON_THE_WAY = { title: 'One moment', text: 'You go to another room. Camera, microphone and connection stay.' }
const OVER = { title: 'The meeting is over', text: 'The main room has ended meanwhile.' }

/** From one room to another with one connection: to a small room and back, or to another meeting for good. */
export class Journey {
    /** The main room, while we are in a small one. */
    #main = null
    #offs = []

    /** `begin(parley, room)` shows a meeting, `show(words)` a page in between, `fail(parley, words)` the last one. */
    constructor(ways) { Object.assign(this, ways) }

    /** `way.to`: `breakout`, `main`, or `room`. */
    go(call, way) {
        if (way.to === 'breakout') return this.#away(call, way)
        if (way.to === 'main') return this.#back(call)
        return this.#transfer(call, way)
    }

    /** Whether we are in a small room, and the main one waits for us. */
    get isAway() { return this.#main !== null }

    /** A small room is over for us. Answers whether the main one goes on. */
    over({ reason }, parley) {
        if (this.#main === null) return false
        if (!['left', 'superseded', 'server', 'closed'].includes(reason)) {
            this.#return(parley)
            return true
        }
        // Whoever leaves means the meeting; the way back has a button of its own.
        if (reason === 'left') this.#main.leave().catch(() => {}).finally(() => parley.close())
        this.#forget()
        return false
    }

    async #away(call, { room: target }) {
        const { parley, room } = call
        await call.rest({ isBack: true })
        this.#main = room
        await this.#arrive(parley, target, { name: room.name })
    }

    async #back(call) {
        const { parley, room } = call
        const { isAway } = this
        await call.rest({ isBack: false })
        // Otherwise this page was loaded in the small room.
        if (isAway) this.#return(parley)
        else await this.#arrive(parley, room.parent, { name: room.name })
    }

    async #transfer(call, { room: target, ticket }) {
        const { parley, room } = call
        await call.rest({ isBack: false })
        await this.#arrive(parley, target, { name: room.name, ticket })
    }

    async #arrive(parley, target, options) {
        this.show(ON_THE_WAY)
        try {
            const room = await parley.join(target, options)
            const call = this.begin(parley, room)
            if (this.#main !== null) this.#listen(call)
        } catch (error) {
            if (this.#main !== null) this.#return(parley)
            else this.fail(parley, explain(error))
        }
    }

    // Whoever is in a small room is called back through the main one, in which they still are.
    #listen(call) {
        const back = () => this.#back(call)
        this.#offs = ['recalled', 'breakouts-closed', 'ended'].map((event) => this.#main.on(event, back))
    }

    #return(parley) {
        const main = this.#main
        if (main === null) return
        this.#forget()
        if (main.isClosed) this.fail(parley, OVER)
        else this.begin(parley, main)
    }

    #forget() {
        this.#main = null
        this.#offs.forEach((off) => off())
        this.#offs = []
    }
}
