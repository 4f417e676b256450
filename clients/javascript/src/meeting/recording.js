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
        const answer = recording.consents?.[this.state.people?.[this.self]?.identity]
        const isAsked = answer === undefined && recording.by !== this.self && this.rules.recordingConsent !== 'inform'
        return said({ ...recording, answer, isAsked })
    }

    startRecording() { return this.command('start-recording') }
    stopRecording() { return this.command('stop-recording') }
    answerRecording(answer) { return this.command('answer-recording', { answer }) }
}

const tell = (room, { by, reason }) => [said({ by, reason })]

export const recordingEvents = {
    'recording-asked': tell, 'recording-started': tell, 'recording-refused': tell, 'recording-stopped': tell,
}
