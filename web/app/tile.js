import { make, icon, setText, setAttribute, button } from './dom.js'
import { personInWords, tileInWords } from './words.js'
import { initials, tint } from './names.js'
import { qualityBars } from './quality.js'

// One place on the stage: somebody's face or somebody's screen. It keeps its <video> for as long as it lives, because
// a new one would flicker and stop the sound.

export class Tile {
    #video
    #face = make('span', { class: 'face', 'aria-hidden': 'true' })
    #name = make('span', { class: 'tile-name' })
    #muted = icon('microphone-off')
    #quality = qualityBars()
    #state = make('span', { class: 'tile-state' })
    #hand = make('span', { class: 'tile-hand', 'aria-hidden': 'true' }, icon('hand'), make('span'))
    #retry = button({ label: 'Try again', kind: 'small tile-retry', testid: 'retry', hidden: true,
        title: 'A firewall or a strict network may stand between you. A TURN server on Parley’s side helps.' })
    #player = null
    #isScreen
    #speakerId = ''
    #person = null

    /** `key`: participant id, with `:screen` for a screen. `player`: app/sound.js. `onretry`: connect once more. */
    constructor(key, { isScreen, isSelf, player, onretry }) {
        this.key = key
        this.#isScreen = isScreen
        this.#player = player
        this.#video = make('video', { class: isSelf && !isScreen ? 'mirrored' : null })
        // One's own sound would howl. Everything else plays, also without a picture.
        Object.assign(this.#video, { autoplay: true, playsInline: true, muted: isSelf })
        // The picture is there when its first frame is, not when its track is: until then the face stays.
        for (const name of ['loadeddata', 'resize']) this.#video.addEventListener(name, () => this.#drawPicture())
        this.#muted.classList.add('tile-muted')
        this.element = make('figure', {
            class: isScreen ? 'tile screen' : 'tile', 'data-testid': 'tile', dataset: { key, self: isSelf },
        },
            this.#video, this.#face, this.#state, this.#hand, this.#retry,
            make('figcaption', { class: 'tile-caption' }, this.#muted, this.#name, this.#quality.element))
        this.#retry.addEventListener('click', onretry)
        if (isScreen) this.element.append(this.#fullButton())
    }

    update(person, speakerId) {
        const stream = this.#isScreen ? person.screen : person.camera
        this.#person = person
        this.#show(stream, speakerId)
        this.#drawPicture()
        const { classList, dataset } = this.element
        classList.toggle('is-speaking', person.speaking && !this.#isScreen)
        classList.toggle('is-muted', !person.media.audio && !this.#isScreen)
        classList.toggle('is-away', !person.isSelf && person.link !== 'connected')
        classList.toggle('is-interrupted', person.isInterrupted)
        classList.toggle('has-hand', person.hand !== undefined && !this.#isScreen)
        setText(this.#hand.lastElementChild, person.handPlace > 0 ? String(person.handPlace) : '')
        dataset.state = person.link
        this.#retry.hidden = person.link !== 'failed' || this.#isScreen || person.beyond
        setText(this.#face, initials(person.name))
        setAttribute(this.#face, 'data-tint', tint(person.name))
        setText(this.#name, this.#caption(person))
        setText(this.#state, tileInWords(person))
        // A screen comes the same way as the face beside it; whoever is away has no way at all.
        this.#quality.show(this.#isScreen || person.isInterrupted ? null : person.quality, person.isSelf ? 'You' : person.name)
        const caption = this.#caption(person)
        setAttribute(this.element, 'aria-label', this.#isScreen ? caption : `${caption}: ${personInWords(person)}`)
    }

    remove() {
        this.#player.forget(this.#video)
        this.#video.srcObject = null
        this.element.remove()
    }

    #caption(person) {
        if (this.#isScreen) return person.isSelf ? 'Your screen' : `${person.name}’s screen`
        return person.isSelf ? `${person.name} (you)` : person.name
    }

    #drawPicture() {
        const { media, beyond } = this.#person
        const { srcObject, videoWidth } = this.#video
        const isMeant = !beyond && (this.#isScreen || media.video)
        const hasPicture = isMeant && srcObject !== null && videoWidth > 0
        this.element.classList.toggle('has-picture', hasPicture)
    }

    #show(stream, speakerId) {
        if (this.#video.srcObject !== stream) {
            this.#video.srcObject = stream
            if (stream !== null) this.#player.play(this.#video)
        }
        if (speakerId === this.#speakerId || this.#video.muted) return
        this.#speakerId = speakerId
        this.#video.setSinkId?.(speakerId).catch(() => {}) // An unplugged speaker: the browser's own choice stays.
    }

    #fullButton() {
        return make('button', {
            type: 'button', class: 'button round tile-full', title: 'Full size',
            'aria-label': 'Show the screen in full size',
            hidden: !document.fullscreenEnabled,
            // The browser may refuse; then the screen stays as large as it is.
            onclick: () => {
                const isFull = document.fullscreenElement !== null
                const change = isFull ? document.exitFullscreen() : this.element.requestFullscreen()
                change.catch(() => {})
            },
        }, icon('full'))
    }
}
