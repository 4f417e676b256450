import { make, setText, setAttribute, button } from './dom.js'
import { announce } from './announce.js'
import { Banners } from './banners.js'
import { Bar } from './bar.js'
import { ChatPanel } from './chat/panel.js'
import { closeDialogs } from './dialog.js'
import { HostPanel, endForAll, hasHostPanel } from './host/panel.js'
import { invitationCard } from './invite.js'
import { listenToKeys } from './keys.js'
import { MeetingActions } from './meeting-actions.js'
import { closeMenu } from './menu.js'
import { Panels } from './panels.js'
import { PeoplePanel } from './people/panel.js'
import { Questions } from './questions.js'
import { reactionItems, showReaction } from './reactions.js'
import { Player } from './sound.js'
import { Stage } from './stage.js'
import { audienceInWords, countInWords } from './words.js'

/** The meeting on the screen: stage, panels, bar, and what has to be said. It draws what `call` and `devices` hold. */
export class Meeting {
    #call
    #room
    #alias
    #player = new Player()
    #offs = []
    #frame = null

    /** `room`: what the address names it. */
    constructor({ call, devices, meter, room: alias }) {
        this.#call = call
        this.#room = call.room
        this.#alias = alias
        const show = (id) => this.panels.show(id)
        this.questions = new Questions(call)
        this.banners = new Banners({
            call, questions: this.questions, onwaiting: () => show('people'), onscreen: () => this.actions.screen(),
            onhand: () => this.actions.hand(), redraw: () => this.#schedule(),
        })
        this.actions = new MeetingActions({ call, devices, meter, banners: this.banners, redraw: () => this.#schedule() })
        this.#makePanels()
        this.stage = new Stage({ player: this.#player, invitation: invitationCard(alias), onretry: (id) => call.mesh.restart(id) })
        this.bar = this.#makeBar()
        this.#makeElement()
        this.#listen(devices)
        this.#draw()
        this.chat.begin()
    }

    focus() { this.heading.focus() }

    close() {
        this.#offs.forEach((off) => off())
        cancelAnimationFrame(this.#frame)
        this.questions.close()
        closeMenu()
        closeDialogs()
        this.stage.close()
    }

    #makePanels() {
        const onclose = () => this.panels.show(null)
        const room = this.#room
        this.chat = new ChatPanel({ room, onclose })
        this.people = new PeoplePanel({
            room, alias: this.#alias, onclose,
            pin: { is: (id) => this.#call.isPinned(id), turn: (id) => this.#call.pin(id) },
            onwrite: (person) => {
                this.panels.show('chat')
                this.chat.writeTo(person)
            },
        })
        this.host = new HostPanel({ room, alias: this.#alias, onclose })
        this.panels = new Panels([this.people, this.chat, this.host], {
            opener: (id) => this.bar[id], redraw: () => this.#schedule(),
        })
    }

    #makeBar() {
        const { actions } = this
        const panel = (id) => () => this.panels.toggle(id)
        const leaving = () => [
            { id: 'leave-alone', label: 'Leave', icon: 'leave', onclick: () => actions.leave() },
            { id: 'end-for-all', label: 'End for everybody', icon: 'close', isDanger: true, onclick: () => endForAll(this.#room) },
        ]
        const more = () => [
            hasHostPanel(this.#room) ? { id: 'more-host', label: 'Host', icon: 'host', onclick: panel('host') } : null, 'line',
            ...(this.#room.may('react') ? reactionItems((name) => this.#call.react(name)) : []), 'line',
            { id: 'more-settings', label: 'Devices', icon: 'settings', onclick: () => actions.settings() },
            { id: 'more-help', label: 'Help', icon: 'help', onclick: () => actions.help() },
        ]
        const on = { people: panel('people'), chat: panel('chat'), host: panel('host') }
        for (const name of ['microphone', 'camera', 'screen', 'hand', 'settings', 'help', 'leave']) on[name] = () => actions[name]()
        return new Bar({ on, leaving, more, reactions: () => reactionItems((name) => this.#call.react(name)) })
    }

    #makeElement() {
        this.count = make('span', { class: 'meeting-count', 'data-testid': 'count' })
        this.audience = make('span', { class: 'meeting-count', 'data-testid': 'audience-count', hidden: true })
        this.marks = make('div', { class: 'marks', 'data-testid': 'marks' },
            make('span', { class: 'mark recording', 'data-testid': 'recording-mark', hidden: true }),
            make('span', { class: 'mark', 'data-testid': 'lock-mark', hidden: true, text: 'Locked' }))
        this.sound = button({
            id: 'sound-on', icon: 'sound', label: 'Turn sound on', kind: 'primary', hidden: true,
            onclick: () => this.#player.unblock(),
        })
        this.heading = make('h1', { class: 'meeting-room', tabindex: -1, 'data-testid': 'meeting-room' })
        this.element = make('main', { class: 'meeting', id: 'meeting', 'data-testid': 'meeting' },
            make('header', { class: 'meeting-header' }, this.heading, this.count, this.audience, this.marks, this.sound),
            this.banners.element,
            make('div', { class: 'meeting-body' }, this.stage.element, ...this.panels.elements),
            this.bar.element)
    }

    #listen(devices) {
        const { actions, panels } = this
        const tell = ({ name, text, isSelf, to }) => {
            if (!isSelf && !this.chat.isOpen) announce(`${name ?? 'Guest'}${to === undefined ? '' : ' (to you alone)'}: ${shortened(text)}`)
        }
        const timer = setInterval(() => this.#schedule(), 1000)
        this.#offs.push(
            this.#call.on('change', () => this.#schedule()),
            this.#call.on('said', (text) => announce(text)),
            this.#call.on('whispered', (text) => announce(text, { isQuiet: true })),
            this.#call.on('reaction', ({ id, name }) => showReaction(this.stage.tileOf(id), this.#room.person(id), name)),
            // On the stage one may read what was written before.
            this.#room.on('on-stage', ({ isSelf }) => { if (isSelf) this.chat.begin() }),
            this.#room.on('chat', (message) => { tell(message); this.#schedule() }),
            devices.on('change', () => this.#schedule()),
            this.#player.on('blocked', (isBlocked) => { this.sound.hidden = !isBlocked; }),
            listenToKeys({
                actions: {
                    m: () => actions.microphone(), v: () => actions.camera(), s: () => actions.screen(), h: () => actions.hand(),
                    p: () => panels.toggle('people'), c: () => panels.toggle('chat'),
                    o: () => hasHostPanel(this.#room) && panels.toggle('host'),
                    '?': () => actions.help(), Escape: () => panels.show(null),
                },
                talk: (isHeld) => this.#call.own.talk(isHeld),
            }),
            () => clearInterval(timer),
        )
    }

    /** Many changes in one moment are one drawing. A hidden page draws too, or its sound would not start. */
    #schedule() {
        if (this.#frame !== null) return
        const draw = () => {
            this.#frame = null
            this.#draw()
        }
        this.#frame = document.hidden ? setTimeout(draw, 50) : requestAnimationFrame(draw)
    }

    #draw() {
        const { people, devices } = this.#call
        const count = people.length
        const { isCounted, audience } = this.#room
        const isAlone = count === 1 && audience === 0 && !isCounted
        this.stage.update(people.filter((person) => person.hasPlace), { isAlone, speakerId: devices.speaker.deviceId })
        const hasHost = hasHostPanel(this.#room)
        if (!hasHost && this.panels.open === 'host') this.panels.show(null)
        // A list of hundreds is not drawn where nobody sees it.
        if (this.people.isOpen) this.people.update(people, this.#call.audienceHands)
        if (this.host.isOpen) this.host.update()
        this.chat.update()
        const { unread } = this.chat
        this.bar.update({ call: this.#call, openPanel: this.panels.open, unread, hasHost })
        this.banners.update()
        this.questions.update()
        this.#drawHeader(count)
        this.element.classList.toggle('with-panel', this.panels.open !== null)
    }

    #drawHeader(count) {
        const { topic, recording, isLocked, audience, isCounted } = this.#room
        setText(this.heading, topic || this.#alias)
        setAttribute(this.heading, 'title', topic ? this.#alias : null)
        setText(this.count, countInWords(count, this.#room))
        // In the audience the banner says it.
        this.audience.hidden = audience === 0 || isCounted
        setText(this.audience, audienceInWords(audience))
        const [record, lock] = this.marks.children
        record.hidden = recording === undefined
        setText(record, recording?.status === 'asking' ? 'Asking to record' : 'Recording')
        record.classList.toggle('is-on', recording?.status === 'on')
        lock.hidden = !isLocked
        const name = topic || this.#alias
        document.title = count > 1 && !this.#room.isCounted ? `${name} (${count}) · Parley` : `${name} · Parley`
    }
}

const shortened = (text) => text.length > 80 ? `${text.slice(0, 79)}…` : text
