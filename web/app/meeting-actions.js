import { announce } from './announce.js'
import { openHelp, openSettings } from './dialogs.js'
import { order } from './order.js'
import { switchScreen } from './screen-line.js'

/** What the buttons of the bar, and their keys, do; and what is said about it. */
export class MeetingActions {
    #call
    #devices
    #meter
    #banners
    #redraw

    constructor({ call, devices, meter, banners, redraw }) {
        this.#call = call
        this.#devices = devices
        this.#meter = meter
        this.#banners = banners
        this.#redraw = redraw
    }

    async microphone() {
        if (this.#call.room.isCounted) return this.#call.own.refuse()
        this.#banners.heed('audio')
        const wasAudible = this.#devices.isAudible
        await this.#call.own.toggleMicrophone()
        const { isAudible } = this.#devices
        if (isAudible !== wasAudible) announce(`Microphone ${isAudible ? 'on' : 'off'}.`, { isQuiet: true })
    }

    async camera() {
        if (this.#call.room.isCounted) return this.#call.own.refuse()
        this.#banners.heed('video')
        const before = this.#devices.video.phase
        await this.#call.own.toggleCamera()
        const { phase } = this.#devices.video
        if (phase !== 'failed' && phase !== before) announce(`Camera ${phase === 'on' ? 'on' : 'off'}.`, { isQuiet: true })
    }

    async screen() {
        this.#banners.screenFault = null
        this.#banners.screenFault = await switchScreen(this.#call.sharing)
        this.#redraw()
    }

    hand() {
        const { room } = this.#call
        if (!room.may('react')) return
        const isUp = room.me.hand !== undefined
        order(isUp ? room.lowerHand() : room.raiseHand(), isUp ? 'Your hand is down.' : 'Your hand is up.')
    }

    settings() { openSettings(this.#devices, this.#meter) }

    help() { openHelp() }

    leave() { this.#call.leave() }
}
