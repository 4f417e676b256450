import { Parley, explain } from '/client/parley.js'
import { Devices } from '/app/devices.js'
import { farewell } from '/app/left.js'
import { audioContext } from '/app/level.js'
import { credentialOfAddress } from '/app/token.js'
import { tabStorage } from '/app/memory.js'
import { Contacts } from './contacts.js'
import { Phone } from './phone.js'
import { PhoneView } from './phone-view.js'
import { signIn } from './sign-in.js'

// From signing in to being online and back. One view at a time.

// For end-to-end tests, and for curious people at the console: what this page is doing right now.
const page = {
    parley: null, phone: null, devices: new Devices(),
    get room() { return this.phone?.current?.call ?? null },
    get mesh() { return this.room?.mesh ?? null },
}
window.parleyPage = page

/** Of this tab, and not that of a meeting: it is another somebody there. */
function storageOf(tab) {
    if (tab === undefined) return undefined
    const keyOf = (key) => `call.${key}`
    return {
        getItem: (key) => tab.getItem(keyOf(key)), setItem: (key, value) => tab.setItem(keyOf(key), value), removeItem: (key) => tab.removeItem(keyOf(key)),
    }
}

const storage = storageOf(tabStorage())
const credential = credentialOfAddress(storage)
const hasToken = Object.keys(credential).length > 0
let view = null

function show(next) {
    view?.close()
    view = next
    document.getElementById('view').replaceChildren(next.element)
    next.focus()
}

function showSignIn(trouble = null) {
    document.title = 'Calls · Parley'
    show(signIn({ online, hasToken, trouble }))
}

/** A tab that is loaded again is online again, without a question. */
function remembered() {
    try { return JSON.parse(storage?.getItem('me') ?? 'null') } catch { return null }
}

/** Answers with words if it did not work. */
async function online({ user, name }) {
    // By a click the browser agrees to tones; without one it will, at the next.
    audioContext()
    const parley = new Parley({ client: { name: 'parley-page', version: '1' }, user, storage, ...credential })
    page.parley = parley
    try {
        // Who is in a call hears of another one, and may put the first on hold.
        const line = await parley.online({ name, whenBusy: 'ring' })
        storage?.setItem('me', JSON.stringify({ user, name }))
        begin(parley, line, user)
        return null
    } catch (error) {
        parley.close()
        return explain(error)
    }
}

function begin(parley, line, user) {
    const { devices } = page
    const phone = page.phone = new Phone({ parley, line, devices, contacts: new Contacts(), user })
    const offline = async () => {
        storage?.removeItem('me')
        await Promise.all(phone.conversations.map((one) => one.hangUp().catch(() => {})))
        await line.leave().catch(() => {})
        parley.close()
    }
    show(new PhoneView({ phone, onoffline: offline }))
    parley.on('status', ({ status, reason, code }) => {
        if (status !== 'closed') return
        phone.close()
        page.phone = page.parley = null
        devices.stop()
        if (reason === 'superseded') return showSuperseded()
        showSignIn(code === undefined ? null : explain({ code }))
    })
}

function showSuperseded() {
    const actions = [{ id: 'use-here', label: 'Use it here', kind: 'primary', onclick: () => location.reload() }]
    show(farewell({ title: 'Open in another tab', text: 'Calls ring there.', picture: 'phone', testid: 'superseded', actions }))
}

// Whoever closes or reloads it by mistake would hang up.
window.addEventListener('beforeunload', (event) => { if (page.phone?.conversations.length > 0) event.preventDefault() })
// Hung up by a tab that closes: whoever is left behind should not wait. The line stays for the grace of the server.
window.addEventListener('pagehide', () => page.phone?.conversations.forEach((one) => one.hangUp().catch(() => {})))
window.addEventListener('pageshow', (event) => event.persisted && location.reload())

if (globalThis.RTCPeerConnection === undefined || globalThis.WebSocket === undefined) {
    show(farewell({
        title: 'This browser cannot make calls', picture: 'warning', testid: 'unsupported',
        text: 'It lacks WebRTC, or somebody has switched it off. A current Firefox, Chrome, Edge or Safari can.',
    }))
} else {
    const me = remembered()
    showSignIn()
    if (me) online(me).then((trouble) => trouble && showSignIn(trouble))
}
