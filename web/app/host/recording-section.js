import { make, setText } from '../dom.js'
import { commandButton, section } from './section.js'

/** Recording needs the agreement of those who are in it: the server counts their answers. */
export function recordingSection(room) {
    const words = make('p', { class: 'hint', 'data-testid': 'recording-words' })
    const start = commandButton('recording-start', 'Ask to record', () => room.startRecording(), { icon: 'record' })
    const stop = commandButton('recording-stop', 'Stop recording', () => room.stopRecording(), { icon: 'record' })
    return {
        element: section('Recording', 'recording', make('div', { class: 'row' }, start, stop), words),
        update() {
            const { recording } = room
            start.hidden = recording !== undefined
            stop.hidden = recording === undefined
            setText(stop.querySelector('.label'), recording?.status === 'asking' ? 'Do not record' : 'Stop recording')
            setText(words, recordingInWords(recording))
        },
    }
}

function recordingInWords(recording) {
    if (recording === undefined) return 'Everybody is asked first.'
    const answers = Object.values(recording.consents ?? {})
    const agreed = answers.filter((answer) => answer === true).length
    const words = agreed === 1 ? 'One person has agreed' : `${agreed} people have agreed`
    return recording.status === 'asking' ? `${words} so far.` : `Recording is on. ${words}.`
}
