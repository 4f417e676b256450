import { ScreenShare } from '/app/call/screen-share.js'
import { Emitter } from '/app/emitter.js'
import { listInWords, ringInWords } from './words.js'

/**
 * One call of this page, from ringing to its end, also when it becomes another room. It draws nothing. Emits `change`,
 * `said` (a sentence), `over` (a reason).
 */
export class Conversation extends Emitter {
    call
    /** Our screen in it. */
    sharing
    /** When somebody was in it for the first time. */
    answeredAt = null
    isOver = false
    /** With which somebody has declined. */
    reply = null
    #offs = []
    #contacts
    #devices
    #label

    /** `label`: whom it is with, as long as nobody is in it. */
    constructor({ call, contacts, devices, label }) {
        super()
        this.#contacts = contacts
        this.#devices = devices
        this.#label = label
        this.#adopt(call)
    }

    get others() { return this.call.people.filter(({ isSelf }) => !isSelf) }
    get isAnswered() { return this.answeredAt !== null }
    /** Between two; a third makes a meeting of it. */
    get isCall() { return this.call.kind === 'call' }
    get isHeld() { return this.call.isHeld }
    /** Those who have put us on hold. */
    get heldBy() { return this.others.filter(({ held }) => held === true) }

    get title() {
        const { others } = this
        return others.length > 0 ? listInWords(others.map((person) => this.#contacts.nameOf(person))) : this.#label
    }

    /** What goes on, in a few words. `rung`: who does not answer yet. */
    get state() {
        if (this.call.isInterrupted) return 'Reconnecting…'
        if (this.isHeld) return 'On hold'
        if (this.heldBy.length > 0) return `${listInWords(this.heldBy.map((person) => this.#contacts.nameOf(person)))} has put you on hold`
        if (!this.isAnswered) return ringInWords(this.rung[0]?.state)
        return this.others.length === 0 ? this.rung.length > 0 ? ringInWords(this.rung[0].state) : 'Waiting…' : 'In a call'
    }

    /** Everybody who is being rung, with how far it is. */
    get rung() {
        return this.call.rings.flatMap(({ id, people }) => people.map((person) => ({ ...person, ring: id, name: this.#contacts.nameOf(person) })))
    }

    /** As the stage draws them. */
    get people() {
        const { call } = this
        return call.people.map((person) => {
            const peer = call.mesh?.peers.get(person.id)
            const isQuiet = this.isHeld || person.held === true
            return {
                ...person, name: this.#contacts.nameOf(person), link: person.isSelf ? 'connected' : peer?.state ?? 'connecting', quality: null,
                isInterrupted: !person.isSelf && person.connection === 'interrupted', beyond: false, speaking: false, isSpotlit: false, isPinned: false, handPlace: 0,
                camera: person.isSelf ? this.#devices.stream : peer?.camera ?? null,
                screen: person.isSelf ? this.sharing.stream : peer?.screen ?? null,
                media: isQuiet ? { audio: false, video: false, screen: false } : person.isSelf ? { ...this.#own, screen: this.sharing.stream !== null } : person.media,
            }
        })
    }

    hold() { return this.call.hold() }
    unhold() { return this.call.unhold() }
    hangUp() { return this.call.hangUp('normal') }

    /** Says what our devices do, where the room does not know it yet. */
    publish() {
        const { media = {} } = this.call.me
        const own = this.#own
        const isNews = ['audio', 'video'].some((kind) => media[kind] !== own[kind])
        if (isNews && !this.call.isClosed) this.call.media(own).catch(() => {})
    }

    get #own() { return { audio: this.#devices.isAudible, video: this.#devices.video.phase === 'on' } }

    #adopt(call) {
        this.#offs.forEach((off) => off())
        // What we share stays behind: nobody there has asked for it.
        this.sharing?.close()
        this.call = call
        this.sharing = new ScreenShare({ room: call, mesh: call.mesh, draw: () => this.#draw() })
        const check = () => this.sharing.check(call.me)
        const name = (person) => this.#contacts.nameOf(person)
        const draw = () => this.#draw()
        const say = (text) => this.emit('said', text)
        this.#offs = [
            call.on('change', draw),
            call.on('joined', (person) => { if (this.isAnswered) say(`${name(person)} is in the call.`) }),
            call.on('left', (person) => {
                if (this.others.length > 0) return say(`${name(person)} has left.`)
                // A call ends by itself then; a meeting waits for people, which is nothing that anybody here expects.
                if (!this.isCall && this.rung.length === 0) this.hangUp().catch(() => {})
            }),
            call.on('ring-changed', (person, { state, message }) => {
                if (message && !this.isAnswered) this.reply = message
                else if (message) say(`${name(person)}: ${message}`)
                else if (this.isAnswered && !['calling', 'ringing', 'answered'].includes(state)) say(`${name(person)}: ${ringInWords(state)}.`)
            }),
            call.on('held', (person) => { if (person && !person.isSelf) say(`${name(person)} has put you on hold.`) }),
            call.on('unheld', (person) => { if (person && !person.isSelf) say(`${name(person)} is back.`) }),
            call.on('media-changed', ({ isSelf }) => { if (isSelf) check() }),
            call.on('floor-revoked', check),
            call.on('resynced', check),
            call.on('screen-refused', () => this.sharing.stop({ isTold: true })),
            call.on('transfer-failed', () => say('They could not be reached. The call comes back.')),
            call.on('moving', () => say('You are being connected.')),
            call.on('moved', (next) => this.#adopt(next)),
            call.on('move-failed', () => { if (call.isClosed) this.#over('failed') }),
            call.on('closed', (reason) => { if (!call.isMoving) this.#over(call.end?.reason ?? reason) }),
            ...['peer', 'peer-left', 'state', 'stream', 'stream-removed'].map((event) => call.mesh.on(event, draw)),
            this.#devices.on('track', ({ kind, track }) => call.mesh.setTrack(kind, track)),
            this.#devices.on('change', () => { this.publish(); draw() }),
        ]
        this.#draw()
    }

    #draw() {
        if (this.others.length > 0) {
            this.answeredAt ??= Date.now()
            this.#label = listInWords(this.others.map((person) => this.#contacts.nameOf(person)))
        }
        this.emit('change')
    }

    #over(reason) {
        if (this.isOver) return
        this.isOver = true
        this.#offs.forEach((off) => off())
        this.sharing.close()
        this.call.mesh?.close()
        this.emit('over', reason)
    }
}
