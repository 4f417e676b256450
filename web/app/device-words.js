import { say } from './say.js'

// Camera and microphone: what went wrong, what it means, what to do about it. Faults: see `faultOf` in app/devices.js.

const DEVICES = {
    audio: { name: 'microphone', Name: 'Microphone', verb: 'hear' },
    video: { name: 'camera', Name: 'Camera', verb: 'see' },
}

/** Why there is no sound or no picture of yourself. */
export function explainDevice(kind, fault) {
    const { name, Name, verb } = DEVICES[kind]
    switch (fault) {
        case 'refused':
            return say(`${Name} not allowed`,
                `Your browser keeps the ${name} from this page. Open the site settings beside the address, allow the`,
                `${name}, then switch it on here. Until then the others cannot ${verb} you.`)
        case 'missing':
            return say(`No ${name} found`, 'Connect one and switch it on here. You can take part without it.')
        case 'busy':
            return say(`${Name} is busy`,
                `Another program or tab seems to hold the ${name}. Close it there, then switch it on here again.`)
        case 'gone':
            return say(`${Name} disconnected`, 'It was unplugged or taken away. Switch it on again to use another one.')
        case 'insecure':
            return say(`${Name} needs a secure address`,
                `Browsers open the ${name} only on pages that come over https://. You can take part and listen.`)
        default:
            return say(`${Name} did not start`, 'Your browser gave no reason. Try again, or choose another device.')
    }
}

/** Both at once are one story, not two. `null`: nothing is wrong. */
export function explainDevices(faults) {
    const both = faults.audio === faults.video ? explainBoth(faults.audio) : null
    if (both !== null) return both
    if (faults.video) return explainDevice('video', faults.video)
    return faults.audio ? explainDevice('audio', faults.audio) : null
}

function explainBoth(fault) {
    switch (fault) {
        case 'refused':
            return say('Camera and microphone not allowed',
                'Your browser keeps them from this page. Open the site settings beside the address, allow camera and',
                'microphone, then switch them on here. You can also take part as you are: you will see and hear the others.')
        case 'missing':
            return say('No camera, no microphone', 'None was found. You can join and will see and hear the others.')
        case 'insecure':
            return say('This address is not secure',
                'Browsers open camera and microphone only on pages that come over https://.',
                'You can join and will see and hear the others.')
        default:
            return null
    }
}

/** Why a screen is not shared. `null`: nobody needs to hear it, they have changed their mind. */
export function explainScreen(error) {
    if (error.name !== 'NotAllowedError') {
        return say('The screen cannot be shared',
            'Your browser could not record it. Try another window or the whole screen.')
    }
    if (!/system/i.test(error.message)) return null
    return say('The screen cannot be shared',
        'Your computer does not let the browser record the screen. Allow it in the computer’s privacy settings, then try',
        'again.')
}
