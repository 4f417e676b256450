import { byNumber, said } from './sets.js'

/** Things that only so many may hold at once: the shared screen, the spotlight, the app's own. */
export const Floors = (Base) => class extends Base {
    get floors() { return Object.keys(this.state.floors ?? {}).sort().map((name) => this.floor(name)) }

    /**
     * `holders` and `queue` are participant ids in order, both empty for a floor that nobody has touched yet. `isMine`,
     * and `place`: how many are before you in the queue, undefined if you do not wait.
     */
    floor(name) {
        const { holders = {}, queue, ...rest } = this.state.floors?.[name] ?? {}
        const orders = Object.fromEntries(Object.entries(holders).map(([id, { order }]) => [id, order]))
        const waiting = byNumber(queue)
        const place = waiting.indexOf(this.self)
        return said({
            name, ...rest, holders: byNumber(orders), queue: waiting,
            isMine: Object.hasOwn(holders, this.self), place: place < 0 ? undefined : place,
        })
    }

    /** Resolves when it is yours, or when you wait for it: see `floor(name).isMine`. `wait: false`: `floor-busy` in place of that. */
    takeFloor(floor, { wait } = {}) { return this.command('take-floor', said({ floor, wait })) }
    /** Also gives up a place in the queue. */
    leaveFloor(floor) { return this.command('leave-floor', { floor }) }
    /** `instead`: a holder who loses it in the same moment. */
    giveFloor(floor, id, { instead } = {}) { return this.command('give-floor', said({ floor, participant: id, instead })) }
    revokeFloor(floor, id) { return this.command('revoke-floor', { floor, participant: id }) }
    /** `capacity: 0` takes the definition back. */
    defineFloor(floor, { capacity, policy, leaseMilliseconds } = {}) {
        return this.command('define-floor', said({ floor, capacity, policy, leaseMilliseconds }))
    }
}

const tell = (room, { participant, floor, by, reason }) => [room.floor(floor), room.person(participant), said({ by, reason })]

export const floorsEvents = {
    'floor-taken': tell, 'floor-queued': tell, 'floor-renewed': tell, 'floor-left': tell, 'floor-revoked': tell,
    'floor-defined': (room, { floor }) => [room.floor(floor)],
}
