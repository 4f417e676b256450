import { announce } from './announce.js'
import { choose } from './dialog.js'
import { displayName } from './names.js'
import { order } from './order.js'

// What one is asked: to unmute, to be recorded, to be controlled, or what an app asks. One dialog at a time. Whoever
// closes it without an answer finds the question in a banner (`open`), until it is over.

export class Questions {
    #call
    #room
    /** What stands on the screen now: `{ key, stop }`. */
    #shown = null
    #closed = new Set()

    constructor(call) {
        this.#call = call
        this.#room = call.room
    }

    /** Those that were closed without an answer: `{ key, title, ask }`. */
    get open() { return this.#all().filter(({ key }) => this.#closed.has(key) && key !== this.#shown?.key) }

    update() {
        const all = this.#all()
        if (this.#shown !== null && !all.some(({ key }) => key === this.#shown.key)) this.#shown.stop.abort()
        const next = all.find(({ key }) => !this.#closed.has(key))
        if (this.#shown === null && next) this.#ask(next)
    }

    close() { this.#shown?.stop.abort() }

    async #ask(question) {
        const { key, title, text, answers, answer } = question
        const stop = new AbortController()
        this.#shown = { key, stop }
        announce(`${title} ${text}`, { isQuiet: true })
        const value = await choose({ id: 'question', title, text, signal: stop.signal, answers })
        this.#shown = null
        if (value !== undefined) await answer(value)
        // Closed without an answer, or taken back.
        else this.#closed.add(key)
        if (value === undefined && stop.signal.aborted) announce('The question is over.', { isQuiet: true })
        this.update()
        this.#call.emit('change')
    }

    #all() {
        const { recording } = this.#room
        // Of the recording its own state says more than the question does.
        const list = this.#room.questions.filter(({ kind }) => kind !== 'recording').map((consent) => this.#consent(consent))
        if (recording?.isAsked) list.unshift(this.#recording(recording))
        return list.map((question) => ({ ...question, ask: () => this.#again(question) }))
    }

    #again(question) {
        if (this.#shown !== null) return
        this.#closed.delete(question.key)
        this.#ask(question)
    }

    #recording({ status, by, since }) {
        const isOn = status === 'on'
        return {
            key: `recording-${since}`, title: isOn ? 'This meeting is recorded' : 'May this meeting be recorded?',
            text: isOn ? 'Recording has begun before you came. Do you agree that you are recorded as well?'
                : `${this.#name(by)} asks. It begins only if everybody agrees.`,
            answers: yesNo('I agree', 'I do not agree'),
            answer: (value) => order(this.#room.answerRecording(value)),
        }
    }

    #consent({ id, kind, by, question }) {
        const who = this.#name(by)
        const key = `consent-${id}`
        const answerTo = (act) => async (value) => {
            if (await order(this.#room.answer(id, value)) && value) await act?.()
        }
        const { own } = this.#call
        switch (kind) {
            case 'unmute-audio': return {
                key, title: `${who} asks you to unmute`, text: 'Everybody hears you then.',
                answers: yesNo('Unmute', 'Stay muted'), answer: answerTo(() => own.unmute()),
            }
            case 'unmute-video': return {
                key, title: `${who} asks you to start your camera`, text: 'Everybody sees you then.',
                answers: yesNo('Start the camera', 'Leave it off'), answer: answerTo(() => own.startCamera()),
            }
            case 'remote-control': return {
                key, title: `${who} asks to control your screen`, text: question ?? 'You can take it back at any time.',
                answers: yesNo('Allow', 'Do not allow'), answer: answerTo(),
            }
            default: return { key, title: question ?? kind, text: `${who} asks.`, answers: yesNo('Yes', 'No'), answer: answerTo() }
        }
    }

    #name(id) {
        const person = this.#room.person(id)
        return person ? displayName(person) : 'The host'
    }
}

const yesNo = (yes, no) => [
    { id: 'answer-no', label: no, value: false }, { id: 'answer-yes', label: yes, value: true, kind: 'primary' },
]
