import { listOf, said, setOf } from './sets.js'

/** Questions with a deadline, that people answer for themselves. */
export const Consents = (Base) => class extends Base {
    /** All that are open, the oldest first. */
    get consents() { return listOf(this.state.consents) }

    /** Those that wait for your answer. */
    get questions() {
        return this.consents.filter(({ asked = {}, answers = {} }) => asked[this.self] === true && answers[this.self] === undefined)
    }

    /** `participants`: ids; absent: everybody. `rule`: when it is granted: `all`, `any`, `majority`, or `each` for themselves. */
    ask({ kind, participants, deadlineMilliseconds, rule, question }) {
        const whom = participants ? { participants: setOf(participants) } : { all: true }
        return this.command('ask-consent', said({ kind, ...whom, deadlineMilliseconds, rule, question }))
    }

    answer(id, answer) { return this.command('answer-consent', { consent: Number(id), answer }) }

    /** Takes a question of your own back. */
    cancel(id) { return this.command('cancel-consent', { consent: Number(id) }) }
}

const consent = (state, number) => ({ id: String(number), ...state.consents?.[number] })

export const consentsEvents = {
    'consent-asked': (room, event) => [consent(room.state, event.consent)],
    'consent-answered': (room, { consent: number, participant, by, answer }) =>
        [consent(room.state, number), room.person(participant ?? by), answer],
    'consent-excused': (room, { consent: number }) => [consent(room.state, number)],
    // It is not in the state any more, so it is told as it was.
    'consent-closed': (room, event, before) => [consent(before, event.consent), event.outcome],
}
