/**
 * Our camera and microphone as the room has them: what we switch is told, what a moderator or our role takes away is
 * switched off here. Nothing is switched on but by its owner.
 */
export class OwnDevices {
    #room
    #devices
    #told = { audio: false, video: false, screen: false }
    #say
    #isSharing

    /** `isSharing()`: whether our screen is on. `say(text)`: a sentence for eye and ear. */
    constructor({ room, devices, isSharing, say }) {
        this.#room = room
        this.#devices = devices
        this.#isSharing = isSharing
        this.#say = say
    }

    /** In the audience nothing of ours goes out, also while one device after the other is being switched off. */
    get media() {
        if (this.#room.isCounted) return { audio: false, video: false, screen: false }
        return { audio: this.#devices.isAudible, video: this.#devices.video.phase === 'on', screen: this.#isSharing() }
    }

    /** Whether we may send anything at all. */
    get mayPublish() { return this.#room.may('publish') }

    get mayUnmute() { return this.#room.mayUnmute }

    /** Comes in as the rules want it: before anybody is told of a microphone. Called when what is said is heard. */
    enter() {
        if (this.#room.isCounted) this.refuse()
        const { rules } = this.#room
        const isHushed = rules.mutedOnJoin === true && !this.#room.may('speak')
        if ((isHushed || !this.mayUnmute) && this.#devices.isAudible && !this.#room.isCounted) {
            this.#devices.mute(true)
            this.#say('You come in muted: this meeting is set so.')
        }
        this.obeyRole()
        this.publish()
    }

    /** Tells the room what our devices do, if that differs from what we said last. */
    publish() {
        const own = this.media
        if (Object.keys(own).every((kind) => own[kind] === this.#told[kind])) return
        this.#told = own
        // Otherwise: the room is over, or it holds that already. After a reconnect it repeats it by itself.
        this.#room.media(own).catch(({ code }) => code === 'muted-by-rule' && this.#hush())
    }

    /** By kind, who did it. */
    muted(by) {
        if (by.audio !== undefined) this.#devices.mute(true)
        if (by.video !== undefined) this.#devices.turnOff('video')
        for (const kind of Object.keys(by)) this.#told[kind] = false
    }

    obeyRole() {
        if (this.mayPublish) return
        const taken = this.mayUnmute ? ['video'] : ['audio', 'video']
        for (const kind of taken) if (this.#devices[kind].phase !== 'off') this.#devices.turnOff(kind)
    }

    toggleMicrophone() {
        if (this.#devices.isAudible) return this.#devices.mute(true)
        if (!this.mayUnmute) return this.refuse()
        return this.unmute()
    }

    unmute() {
        this.#devices.mute(false)
        if (this.#devices.audio.phase !== 'on') return this.#devices.turnOn('audio')
    }

    toggleCamera() {
        const { phase } = this.#devices.video
        if (phase === 'on' || phase === 'asking') return this.#devices.turnOff('video')
        if (!this.mayPublish) return this.refuse()
        return this.startCamera()
    }

    startCamera() {
        if (this.#devices.video.phase !== 'on') return this.#devices.turnOn('video')
    }

    /** Push to talk: only for whoever is muted and may speak, and it leaves them muted. */
    talk(isHeld) {
        if (isHeld && !(this.#devices.audio.phase === 'on' && this.#devices.isMuted && this.mayUnmute)) return false
        this.#devices.mute(!isHeld)
        return true
    }

    /** Says why nothing is switched on. */
    refuse() {
        if (this.#room.isCounted) return this.#say('You are in the audience. Raise your hand to speak.')
        this.#say(this.mayPublish
            ? 'The host has muted everybody. Raise your hand to speak.'
            : 'You take part as a listener. Raise your hand to speak.')
    }

    #hush() {
        this.#devices.mute(true)
        this.#told.audio = false
        this.refuse()
    }
}
