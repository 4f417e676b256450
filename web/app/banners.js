import { make, setText } from './dom.js'
import { explainDevice } from './device-words.js'
import { displayName } from './names.js'
import { noticeLine } from './notice.js'
import { order } from './order.js'
import { floorLine } from './screen-line.js'
import { explainAudience, explainAway, explainCrowd, explainDegraded, untilInWords } from './words.js'

const line = (id, rest) => noticeLine(id, { kind: 'banner calm', picture: 'help', ...rest })

/** What has to be said above the stage, each in a line of its own, for as long as it is so. */
export class Banners {
    screenFault = null
    #call
    #room
    #lines = {}
    #crowdRead = null
    #ignoredFaults
    #endRead = null

    /** `onwaiting`: show who waits; `onscreen`: choose what to share; `onhand`: raise or lower it; `redraw`. */
    constructor({ call, onwaiting, onscreen, onhand, questions, redraw }) {
        this.#call = call
        this.#room = call.room
        // What went wrong in the lobby was said there.
        this.#ignoredFaults = { ...call.devices.faults }
        this.#lines = {
            away: line('server-away', { picture: 'again', isLive: false, action: { label: 'Try now', onclick: () => call.retry() } }),
            audience: line('audience-banner', {
                picture: 'people', isLive: false, action: { id: 'audience-hand', label: 'Raise hand', kind: 'small primary', onclick: onhand },
            }),
            trouble: line('meeting-trouble', { kind: 'banner', picture: 'warning', ondismiss: () => this.#dismissTrouble(redraw) }),
            door: this.#doorLine(onwaiting),
            floor: floorLine({ sharing: () => call.sharing, nameOf: (id) => this.#nameOf(id), onshare: onscreen }),
            question: line('question-banner', { action: { label: 'Answer', onclick: () => questions.open[0]?.ask() } }),
            breakout: line('breakout-banner', { picture: 'people', action: { label: 'Go there', onclick: () => this.#goToBreakout() } }),
            back: line('back-banner', {
                picture: 'people', isLive: false,
                action: { label: 'Back to the main room', onclick: () => call.emit('goes', { to: 'main' }) },
            }),
            ending: line('ending-banner', {
                kind: 'banner', picture: 'warning', isLive: false, ondismiss: () => { this.#endRead = this.#room.endsAt; redraw() },
            }),
            crowd: line('crowd', { picture: 'warning', ondismiss: () => { this.#crowdRead = this.#crowd; redraw() } }),
        }
        this.questions = questions
        this.element = make('div', { class: 'banners' }, ...Object.values(this.#lines).map(({ element }) => element))
    }

    #doorLine(onwaiting) {
        const first = () => this.#room.waiting[0]
        const admit = () => first() && order(this.#room.admit(first().id))
        return line('door-banner', {
            picture: 'people', isLive: false, actions: [
                { id: 'door-admit', label: 'Let in', kind: 'small primary', onclick: admit },
                { id: 'door-show', label: 'Show', onclick: onwaiting },
            ],
        })
    }

    /** A fault that was seen is shown again when it comes again. */
    heed(kind) { this.#ignoredFaults[kind] = null }

    update() {
        const { server, hasPeers, isDegraded } = this.#call
        const lines = this.#lines
        const isAway = server.status === 'reconnecting' || server.status === 'connecting'
        lines.away.show(isAway ? explainAway(server.retryAt - Date.now(), hasPeers) : isDegraded ? explainDegraded(hasPeers) : null)
        const crowd = this.#crowd
        lines.crowd.show(crowd === null || crowd === this.#crowdRead ? null : { title: '', text: crowd })
        this.#drawAudience(lines.audience)
        lines.trouble.show(this.screenFault ?? this.#deviceFault)
        lines.door.show(this.#door)
        lines.floor.update()
        const [question] = this.questions.open
        lines.question.show(question ? { title: question.title, text: 'You have not answered yet.' } : null)
        lines.breakout.show(this.#breakout)
        lines.back.show(this.#room.parent === undefined ? null : { title: 'Breakout room', text: this.#room.topic ?? '' })
        lines.ending.show(this.#ending)
    }

    #drawAudience(line) {
        const { isCounted, audience, me } = this.#room
        line.show(isCounted ? explainAudience({ audience, hand: me.hand, hasSound: this.#call.mesh.peers.size > 0 }) : null)
        const isUp = me.hand !== undefined
        setText(line.element.querySelector('.label'), isUp ? 'Lower hand' : 'Raise hand')
        line.element.querySelector('.button').hidden = !this.#room.may('react')
    }

    get #crowd() { return this.#room.isCounted ? null : explainCrowd(this.#call.count, this.#call.isSelfBeyond) }

    get #deviceFault() {
        const { faults } = this.#call.devices
        const kind = ['audio', 'video'].find((name) => faults[name] !== null && faults[name] !== this.#ignoredFaults[name])
        return kind === undefined ? null : explainDevice(kind, faults[kind])
    }

    get #door() {
        const { waiting } = this.#room
        if (waiting.length === 0 || !this.#room.may('admit')) return null
        const more = waiting.length === 1 ? '' : `and ${waiting.length - 1} more`
        return { title: `${displayName(waiting[0])} is waiting`, text: more }
    }

    #nameOf(id) {
        const person = this.#room.person(id)
        return person && displayName(person)
    }

    get #breakout() {
        const { breakout } = this.#room
        if (breakout?.people?.[this.#room.self] !== 'assigned') return null
        return { title: `You are in ${breakout.name}`, text: breakout.endsAt ? `It closes ${untilInWords(breakout.endsAt)}.` : '' }
    }

    get #ending() {
        const { endsAt } = this.#room
        if (endsAt === undefined || endsAt - Date.now() > 5 * 60_000 || endsAt === this.#endRead) return null
        return { title: `The meeting ends ${untilInWords(endsAt)}`, text: '' }
    }

    #goToBreakout() {
        const { breakout } = this.#room
        if (breakout) this.#call.emit('goes', { to: 'breakout', ...breakout })
    }

    #dismissTrouble(redraw) {
        this.screenFault = null
        this.#ignoredFaults = { ...this.#call.devices.faults }
        redraw()
    }
}
