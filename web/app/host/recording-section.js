import { make, setText, button } from '../dom.js'
import { order } from '../order.js'
import { section } from './section.js'

/** Recording needs the agreement of those who are in it: the server counts their answers. */
export function recordingSection(room) {
    const words = make('p', { class: 'hint', 'data-testid': 'recording-words' })
    const start = button({ id: 'recording-start', icon: 'record', label: 'Ask to record', kind: 'small', onclick: () => order(room.startRecording()) })
    const stop = button({ id: 'recording-stop', icon: 'record', label: 'Stop recording', kind: 'small', onclick: () => order(room.stopRecording()) })
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
    return recording.status === 'asking' ? `${agreed} have agreed so far.` : `Recording is on. ${agreed} have agreed.`
}
