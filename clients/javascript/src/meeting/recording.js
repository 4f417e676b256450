import { said } from './sets.js'

/** Whether this meeting is recorded, and whether those in it agree. Parley records nothing itself: it says who may. */
export const Recording = (Base) => class extends Base {
    /**
     * Undefined while there is none. `status`: `asking` or `on`. `answer`: what you have said; `isAsked`: your answer is
     * awaited, also if you came when it was on already.
     */
    get recording() {
        const recording = this.state.recording
        if (!recording) return undefined
        const { status, by, consent, consents, rule = this.rules.recordingConsent } = recording
        const answer = consents?.[this.me.identity]
        const question = this.state.consents?.[consent]
        // While it is asked, the question says whom; later, whoever could be heard or seen in it.
        const isMeant = status === 'asking' && question ? question.asked?.[this.self] === true && question.answers?.[this.self] === undefined
            : by !== this.self && rule !== 'inform' && this.may('publish')
        return said({ ...recording, answer, isAsked: answer === undefined && isMeant })
    }

    startRecording({ deadlineMilliseconds } = {}) { return this.command('start-recording', said({ deadlineMilliseconds })) }
    stopRecording() { return this.command('stop-recording') }
    answerRecording(answer) { return this.command('answer-recording', { answer }) }
}

const tell = (room, { participant, by, reason }) => [said({ by: participant ?? by, reason })]

export const recordingEvents = {
    'recording-answered': (room, { participant, answer }) => [room.person(participant), answer],
    'recording-asked': tell, 'recording-started': tell, 'recording-refused': tell, 'recording-stopped': tell,
}
