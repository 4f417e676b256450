import { explain } from '/client/parley.js'
import { Emitter } from '/app/emitter.js'
import { Conversation } from './conversation.js'
import { Desk } from './desk.js'
import { Ringer } from './ringer.js'
import { endInWords, incomingEndInWords } from './words.js'

const SECOND_CALL = 'One call at a time: the other one is on hold.'
const AWAY = 'The server is out of reach. Try again in a moment.'

/**
 * What this device does about calls: its line, whom it watches, what rings, the calls it is in. It draws nothing. Emits
 * `change`, `said` (a sentence for eye and ear), `incoming`, `over` (`{ title, text }`: a call that has ended).
 */
export class Phone extends Emitter {
    /** In the order in which they began; all but `current` are on hold. */
    conversations = []
    current = null
    presence = new Map()
    /** What begins: whom it is with. The browser may ask for the microphone meanwhile. Or null. */
    beginning = null
    /** The last one who has called and is not in the list: `{ user, name }`, or null. */
    stranger = null
    #ringer = new Ringer()
    /** What rings, and has been answered or declined here: it is not heard any more. */
    #handled = new Set()
    #begun = Promise.resolve()
    #offs
    #unwatch = () => {}
    #watched = ''

    /** `user`: our own name for calls, if we know it. */
    constructor({ parley, line, devices, contacts, user }) {
        super()
        Object.assign(this, { parley, line, devices, contacts, user, desk: new Desk(parley) })
        this.desk.on('change', () => this.#draw())
        line.on('incoming', (incoming) => this.#rings(incoming))
        for (const name of ['change', 'closed']) line.on(name, () => this.#draw())
        line.on('missed', (missed) => missed && this.emit('said', `You have missed a call from ${contacts.nameOf(missed.from)}.`))
        this.#offs = [
            parley.on('status', () => this.#draw()),
            devices.on('change', () => this.#draw()),
            this.#ringer.on('change', () => this.#draw()),
        ]
        this.watch()
    }

    close() {
        this.#offs.forEach((off) => off())
        this.#unwatch()
        this.#ringer.close()
    }

    get incoming() { return this.line.incoming }
    /** Answered or declined here, and the server does not know it yet. */
    isHandled(incoming) { return this.#handled.has(incoming) }
    /** What is heard now: `ring`, `ringback`, `busy`, or null. */
    get tone() { return this.#ringer.name }
    /** The browser lets nothing be heard before somebody has clicked. */
    get isMute() { return this.#ringer.isMute }
    get isOnline() { return this.parley.status === 'connected' }
    /** Those that wait while we speak with somebody else. */
    get waiting() { return this.conversations.filter((one) => one !== this.current) }

    /** Whoever is in the list, and nobody else. */
    watch() {
        const users = this.contacts.all.map(({ user }) => user)
        const said = users.join()
        if (said === this.#watched) return
        this.#watched = said
        this.#unwatch()
        this.#unwatch = this.parley.watch(users, (user, presence) => {
            this.presence.set(user, presence)
            this.#draw()
        })
    }

    setAvailability(availability) { return this.#try(() => this.line.setAvailability(availability)) }

    /** One at a time: whoever presses again while the browser asks does not call twice. */
    async call(user, { video = false } = {}) {
        if (this.beginning) return
        if (!this.isOnline) return this.emit('said', AWAY)
        const label = this.contacts.nameOf({ user })
        await this.#starts(label, video, async () => {
            const call = await this.parley.call(user, { name: this.line.me.name, intent: video ? 'video' : 'audio', mesh: this.#mesh })
            this.#begins(call, label)
        })
    }

    async accept(incoming, { video = false } = {}) {
        if (this.isHandled(incoming)) return
        this.#handled.add(incoming)
        const label = this.contacts.nameOf(incoming.from)
        await this.#starts(label, video, async () => {
            // Over while the browser asked: that has been said.
            if (!incoming.isRinging) return
            try {
                this.#begins(await incoming.accept({ name: this.line.me.name, mesh: this.#mesh }), label)
            } catch (error) {
                if (incoming.reason !== error.code) throw error
            }
        })
    }

    async decline(incoming, message) {
        if (this.isHandled(incoming)) return
        this.#handled.add(incoming)
        this.#draw()
        if (await this.#try(() => incoming.decline({ scope: 'person', message }))) return
        this.#handled.delete(incoming)
        this.#draw()
    }

    async continueHere(elsewhere) {
        await this.#starts('Your call', false, async () => this.#begins(await this.line.continueHere(elsewhere, { mesh: this.#mesh }), 'Your call'))
    }

    // MARK: Queues

    /** Until somebody takes us, or we give up. The microphone is asked for at once: then nobody has to wait for it. */
    async wait(queue, skills) {
        await this.#open(false)
        await this.#try(async () => {
            const call = await this.desk.wait(queue, { name: this.line.me.name, skills, mesh: this.#mesh })
            await this.#settleOthers()
            this.#begins(call, queue)
        })
        this.#closeUnused()
    }

    serve(queue, skills) { return this.#try(() => this.desk.serve(queue, { name: this.line.me.name, skills })) }

    async take(customer) {
        if (this.beginning) return
        await this.#starts(customer?.name ?? 'the next one', false, async () => {
            const { room, name } = await this.desk.take(customer)
            this.#begins(await this.parley.enter(room, { name: this.line.me.name, mesh: this.#mesh }), name)
        })
    }

    /** The current one, or back to it. */
    async toggleHold() {
        const { current } = this
        await this.#try(() => current.isHeld ? current.unhold() : current.hold())
    }

    /** To one that waits. */
    async switchTo(conversation) {
        const { current } = this
        this.current = conversation
        if (current && !current.isHeld) await this.#try(() => current.hold())
        if (conversation.isHeld) await this.#try(() => conversation.unhold())
        this.#draw()
    }

    /** Without a word beforehand: we are out of it at once. */
    transfer(user) { return this.#try(() => this.current.call.transferTo(user)) }
    add(user) { return this.#try(() => this.current.call.add(user)) }

    /** Those who wait, and those we speak with now: together, without us or with us. */
    merge(conversation, { leave }) { return this.#try(() => conversation.call.mergeInto(this.current.call, { leave })) }

    hangUp() { return this.#try(() => this.current?.hangUp()) }
    clearMissed() { return this.#try(() => this.line.missedSeen(this.line.missed[0].id)) }
    /** From now on in the list. */
    addStranger() {
        const { user, name } = this.stranger
        this.stranger = null
        this.contacts.add(user, name)
        this.watch()
        this.#draw()
    }

    isBlocked(user) { return this.line.blocked.some((one) => one.user === user || one.identity === user) }
    block(user, blocked = true) {
        return this.#try(() => this.line.block(user, blocked), blocked ? 'Their calls do not get through any more.' : 'Their calls get through again.')
    }

    /** Devices have names, and a microphone a level, only while one is open. Answers with what ends it. */
    lookAtDevices() {
        if (this.conversations.length === 0 && this.desk.door === null) this.#open(false)
        return () => this.#closeUnused()
    }

    // MARK: Inside

    /** One after the other: the devices, and which call is on hold, are those of all of them. */
    #starts(title, video, action) {
        // At once: the next click must see it.
        this.beginning ??= { title }
        this.#begun = this.#begun.then(async () => {
            this.beginning = { title }
            this.#draw()
            await this.#settleOthers()
            await this.#open(video)
            await this.#try(action)
        }).finally(() => {
            this.beginning = null
            this.#closeUnused()
            this.#draw()
        })
        return this.#begun
    }

    /** No light at the camera where nobody is called. */
    #closeUnused() {
        if (this.conversations.length === 0 && this.beginning === null && this.desk.door === null) this.devices.stop()
    }

    get #mesh() { return { stream: this.devices.stream } }

    /** A microphone that cannot be had is no reason not to listen: the page says what is wrong with it. */
    async #open(video) {
        this.devices.mute(false)
        if (this.devices.audio.phase !== 'on' || video) await this.devices.start({ audio: true, video })
    }

    // Who speaks with somebody else cannot be heard here meanwhile.
    async #settleOthers() {
        const busy = this.conversations.filter((one) => !one.isHeld)
        for (const one of busy) await one.hold().catch(() => {})
        if (busy.length > 0) this.emit('said', SECOND_CALL)
    }

    #begins(call, label) {
        const { contacts, devices } = this
        const conversation = new Conversation({ call, contacts, devices, label })
        this.conversations.push(conversation)
        this.current = conversation
        conversation.on('change', () => this.#draw())
        conversation.on('said', (text) => this.emit('said', text))
        conversation.on('over', (reason) => this.#ends(conversation, reason))
        if (call.isClosed) this.#ends(conversation, call.end?.reason)
        this.#draw()
    }

    #ends(conversation, reason) {
        if (!this.conversations.includes(conversation)) return
        this.conversations = this.conversations.filter((one) => one !== conversation)
        const wasCurrent = this.current === conversation
        if (wasCurrent) this.current = this.conversations.at(-1) ?? null
        this.#closeUnused()
        if (reason === 'busy') this.#ringer.play('busy')
        // Where nobody was rung, as from a queue, the room knows no answer.
        const why = reason === 'cancelled' && conversation.isAnswered ? 'hung-up' : reason
        this.emit('over', { title: conversation.title, text: endInWords(why, conversation.reply) })
        this.#draw()
    }

    #rings(incoming) {
        const name = this.contacts.nameOf(incoming.from)
        incoming.on('ended', (reason) => {
            this.#handled.delete(incoming)
            const { user, identity } = incoming.from
            if (![user, identity].some((one) => this.contacts.has(one))) this.stranger = { user: user ?? identity, name }
            const text = incomingEndInWords(name, reason)
            if (text !== null) this.emit('said', text)
            this.#draw()
        })
        this.emit('incoming', incoming)
        this.#draw()
    }

    /** Answers whether it did work. */
    async #try(action, done) {
        try {
            await action()
            if (done) this.emit('said', done)
            return true
        } catch (error) {
            if (error.code === 'closed') return false
            const { title, text } = explain(error)
            this.emit('said', `${title}. ${text}`)
            return false
        }
    }

    // Who rings is heard over who waits.
    #tone() {
        if (this.incoming.some((one) => !this.isHandled(one))) return this.#ringer.play('ring')
        const isCalling = this.current && !this.current.isAnswered && !this.current.isHeld
        if (isCalling) return this.#ringer.play('ringback')
        if (this.#ringer.name !== 'busy') this.#ringer.play(null)
    }

    #draw() {
        this.#tone()
        this.emit('change')
    }
}
