import { Emitter } from '/app/emitter.js'

/** What an agent is asked for so long whether they take the next one, then somebody else is. */
const OFFER_MILLISECONDS = 20_000

/**
 * A queue of this page: waiting in it, or serving it. It draws nothing. Emits `change`; `called` (a promise of a call, and
 * whom it is with) when somebody is taken.
 */
export class Desk extends Emitter {
    /** At whose door we wait. */
    door = null
    /** In which we serve. */
    room = null
    name = ''

    constructor(parley) {
        super()
        this.parley = parley
    }

    get isIdle() { return this.door === null && this.room === null }
    get me() { return this.room?.agents.find(({ isSelf }) => isSelf) }
    get customers() { return this.room?.customers ?? [] }
    /** Whom this agent is asked for. */
    get offered() { return this.customers.find(({ id }) => id === this.me?.offer?.participant) }

    /** Resolves with the call, once somebody takes us. */
    async wait(queue, { name, skills, mesh }) {
        this.name = queue
        try {
            return await this.parley.queue(queue, {
                name, mesh, skills: skills.length > 0 ? skills : undefined, onWaiting: (door) => {
                    this.door = door
                    this.#listen(door)
                },
            })
        } finally {
            this.door = null
            this.emit('change')
        }
    }

    async serve(queue, { name, skills }) {
        this.name = queue
        // If it does not exist yet. Whoever is in it takes people.
        const settings = { queue: { offerMilliseconds: OFFER_MILLISECONDS }, roles: { participant: { admit: true } } }
        const room = await this.parley.join(queue, { kind: 'queue', name, settings })
        this.room = room
        this.#listen(room)
        room.on('closed', () => { this.room = null; this.emit('change') })
        if (skills.length > 0) await room.serve(true, { skills })
    }

    /** The room in which they are then. */
    async take(customer) {
        const name = customer?.name ?? this.customers[0]?.name ?? 'Somebody'
        const event = await this.room.take(customer ? { participant: customer.id } : {})
        return { room: event?.room ?? this.me?.serving, name }
    }

    async leave() {
        const { door, room } = this
        this.door = this.room = null
        await (door ?? room)?.leave().catch(() => {})
        this.emit('change')
    }

    #listen(room) {
        for (const name of ['change', 'resynced', 'rejoined']) room.on(name, () => this.emit('change'))
        this.emit('change')
    }
}
