import { Parley, Mesh, explain } from '/client/parley.js'
import { Call } from './call/call.js'
import { Devices } from './devices.js'
import { farewell } from './left.js'
import { LevelMeter } from './level.js'
import { Journey } from './journey.js'
import { lobby } from './lobby.js'
import { Meeting } from './meeting.js'
import { recall, remember, tabStorage } from './memory.js'
import { invitationOfAddress, roomOfAddress } from './names.js'
import { answerTabs, sessionElsewhere } from './tabs.js'
import { credentialOfAddress } from './token.js'
import { waitingRoom } from './door/waiting-room.js'
import { WAITING, explainJoin, explainOver } from './words.js'

// From the lobby to a meeting and back. One view at a time; the address behind `#` names the room.

// For end-to-end tests, and for curious people at the console: what this page is doing right now.
const page = { parley: null, room: null, mesh: null, call: null, devices: null }
window.parleyPage = page

const devices = new Devices()
const meter = new LevelMeter()
page.devices = devices
let view = null

function show(next, { withFocus = true } = {}) {
    view?.close()
    view = next
    document.getElementById('view').replaceChildren(next.element)
    if (withFocus) next.focus()
}

function showLobby({ trouble = null, withFocus = true } = {}) {
    show(lobby({ devices, meter, join, trouble }), { withFocus })
    meter.listen(devices.audio.track)
    // Whoever came in without camera and microphone the last time is not asked again by a page that just opens.
    devices.start(recall('wanted', { audio: true, video: true }))
}

// Whoever leaves and comes again is the same somebody: a host stays host, and a ban stays a ban.
let identity

function newParley(credentials) {
    const storage = tabStorage()
    const parley = new Parley({ client: { name: 'parley-page', version: '1' }, storage, credentials, identity, ...credentialOfAddress(storage) })
    parley.on('welcome', () => { identity = parley.credentials })
    return parley
}

/**
 * Answers with words for the lobby if it did not work; without words if it did, or was given up (`signal`).
 * A server out of reach is no refusal: the client tries on, and `say` tells so meanwhile. Whoever has to wait at the
 * door sees that in place of the lobby.
 */
async function join({ name, room: alias, pin, settings, signal, say, parley = newParley() }) {
    signal.addEventListener('abort', () => parley.close())
    const off = parley.on('status', ({ status }) => say(status === 'reconnecting' ? WAITING : null))
    const invitation = invitationOfAddress() ?? undefined
    let isAtDoor = false
    const onWaiting = (room) => {
        isAtDoor = true
        Object.assign(page, { parley, room })
        meter.listen(null)
        show(waitingRoom({ room, parley, alias, devices, onleave: () => room.leave() }))
    }
    try {
        const room = await parley.join(alias, { name, pin, settings, invitation, onWaiting })
        if (invitation === undefined) history.replaceState(null, '', `#${alias}`)
        remember('wanted', { audio: devices.audio.phase !== 'off', video: devices.video.phase !== 'off' })
        begin(parley, room, alias)
        return null
    } catch (error) {
        parley.close()
        if (isAtDoor) return refusedAtDoor(error)
        if (signal.aborted) return null
        return explainJoin(error.code) ?? { about: 'room', ...explain(error) }
    } finally {
        off()
    }
}

function refusedAtDoor({ code }) {
    Object.assign(page, { parley: null, room: null })
    // Whoever gave up is where they were before.
    if (code === 'closed') return showLobby()
    devices.stop()
    const reason = code === 'room-ended' ? 'ended' : code
    show(farewell({ ...explainOver({ reason, why: 'host', text: explain({ code }).text }), actions: afterwards() }))
}

function afterwards() {
    return [
        { id: 'join-again', label: 'Join again', kind: 'primary', onclick: () => showLobby() },
        { id: 'start-another', label: 'Start another meeting', onclick: () => { location.hash = '' } },
    ]
}

const journey = new Journey({
    begin: (parley, room) => begin(parley, room, room.alias ?? room.topic ?? room.id),
    show: (words) => show(farewell({ ...words, picture: 'people', testid: 'moving' })),
    fail(parley, words) {
        parley.close()
        devices.stop()
        show(farewell({ ...words, picture: 'warning', actions: afterwards() }))
    },
})

function begin(parley, room, alias) {
    const call = new Call({ parley, room, Mesh, devices, isAside: journey.isAway })
    Object.assign(page, { parley, room, mesh: call.mesh, call })
    meter.listen(null) // The call has its own ears.
    show(new Meeting({ call, devices, meter, room: alias }))
    call.own.enter()
    call.on('goes', (way) => journey.go(call, way))
    call.on('over', (why) => {
        const { name } = room
        Object.assign(page, { parley: null, room: null, mesh: null, call: null })
        if (why.reason === 'moved' || journey.over(why, parley)) return
        devices.stop()
        if (why.reason === 'superseded') return showSuperseded({ parley, name, alias })
        const text = why.code === undefined ? undefined : explain({ code: why.code }).text
        show(farewell({ ...explainOver({ ...why, text }), actions: afterwards() }))
    })
    return call
}

// The same session, so nobody is asked who they are; the other tab then shows what this one shows now.
function showSuperseded({ parley, name, alias }) {
    let isBusy = false
    const useHere = async () => {
        if (isBusy) return
        isBusy = true
        devices.start(recall('wanted', { audio: true, video: true }))
        // The other tab has a session of its own by now. With it we take its place; without it, nobody is there any more.
        const credentials = await sessionElsewhere(parley.identity)
        const mine = credentials ? newParley(credentials) : parley
        const trouble = await join({ name, room: alias, parley: mine, signal: new AbortController().signal, say() {} })
        if (trouble) showLobby({ trouble })
    }
    const actions = [{ id: 'use-here', label: 'Use it here', kind: 'primary', onclick: useHere }]
    show(farewell({ ...explainOver({ reason: 'superseded' }), picture: 'people', testid: 'superseded', actions }))
}

answerTabs(() => page.parley)

devices.on('track', ({ kind, track }) => {
    if (kind === 'audio' && page.call === null) meter.listen(track)
})

// Another room in the address: leave this one, politely, and look at the other.
window.addEventListener('hashchange', () => {
    if (page.call !== null && roomOfAddress() === page.room.alias) return
    if (page.call) page.call.leave()
    else page.parley?.close()
    showLobby()
})

// A closed tab should not keep its place until the server misses it; and a page that comes back from the browser's
// memory has neither socket nor devices, so it starts again.
window.addEventListener('pagehide', () => page.call?.leave())
window.addEventListener('pageshow', (event) => event.persisted && location.reload())

if (globalThis.RTCPeerConnection === undefined || globalThis.WebSocket === undefined) {
    show(farewell({
        title: 'This browser cannot make calls', picture: 'warning', testid: 'unsupported',
        text: 'It lacks WebRTC, or somebody has switched it off. A current Firefox, Chrome, Edge or Safari can.',
    }))
} else {
    showLobby({ withFocus: roomOfAddress() !== null || recall('name', '') === '' })
}
