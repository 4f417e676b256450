import { confirmed } from '../dialog.js'
import { displayName } from '../names.js'
import { order } from '../order.js'
import { givable, isAbove, roleInWords } from './roles.js'

/**
 * What can be done about one person, as items of a menu. Empty: nothing. `onwrite(person)`: a private message; `pin`: whom we
 * want large for ourselves, `{ is(id), turn(id) }`.
 */
export function actionsFor(person, { room, onwrite, pin }) {
    const name = displayName(person)
    if (person.isSelf && person.hand === undefined) return []
    if (person.isSelf) return [item('hand-lower', 'Lower your hand', 'hand', () => order(room.lowerHand()))]
    if (person.counted) return audienceActions(person, name, room)
    const all = [
        room.may('chat') ? item('write', `Write to ${name} alone`, 'chat', () => onwrite(person)) : null,
        item('pin', 'Large, for me alone', 'full', () => pin.turn(person.id), { isChecked: pin.is(person.id) }), 'line',
        ...soundActions(person, name, room), 'line',
        ...floorActions(person, name, room), 'line',
        ...roleActions(person, name, room), 'line',
        ...removal(person, name, room),
    ].filter((entry) => entry !== null)
    return all.some((entry) => entry !== 'line') ? all : []
}

const item = (id, label, icon, onclick, more) => ({ id: `do-${id}`, label, icon, onclick, ...more })

function soundActions({ id, role, media, hand, mayUnmute }, name, room) {
    if (!room.may('mute') || isAbove(role, room.role)) return []
    const asked = `${name} is asked.`
    const allow = () => order(room.allowSpeak(id, mayUnmute !== true))
    return [
        media.audio ? item('mute', 'Mute', 'microphone-off', () => order(room.mute(id), `${name} is muted.`))
            : item('ask-audio', 'Ask to unmute', 'microphone', () => order(room.askUnmute([id]), asked)),
        media.video ? item('stop-video', 'Stop the camera', 'camera-off', () => order(room.mute(id, { video: true })))
            : item('ask-video', 'Ask to start the camera', 'camera', () => order(room.askUnmute([id], { video: true }), asked)),
        room.rules.mayUnmute === false
            ? item('allow', 'May speak', 'microphone', allow, { isChecked: mayUnmute === true }) : null,
        hand === undefined ? null : item('lower', 'Lower the hand', 'hand', () => order(room.lowerHand(id))),
    ]
}

function floorActions({ id }, name, room) {
    if (!room.may('floors')) return []
    const isLit = room.floor('spotlight').holders.includes(id)
    const screen = room.floor('screen')
    const light = () => order(isLit ? room.revokeFloor('spotlight', id) : room.giveFloor('spotlight', id))
    return [
        item('spotlight', 'Spotlight for everybody', 'spotlight', light, { isChecked: isLit }),
        screen.holders.includes(id)
            ? item('stop-screen', 'Stop their sharing', 'screen-stop', () => order(room.revokeFloor('screen', id)))
            : null,
        screen.queue.includes(id)
            ? item('give-screen', 'Let them share now', 'screen', () => order(room.giveFloor('screen', id, { instead: screen.holders[0] })))
            : null,
    ]
}

function roleActions({ id, role }, name, room) {
    if (!room.may('roles') || !isAbove(room.role, role)) return []
    const give = (wanted) => order(room.setRole(id, wanted), wanted === 'audience' && room.audience > 0 ? undefined : `${name} is ${roleInWords(wanted)} now.`)
    const items = givable(room.role, role, room.audience > 0).map((one) => item(`role-${one.role}`, one.label, 'person', () => give(one.role)))
    return room.role === 'host' ? [...items, item('host', 'Make host in your place', 'host', () => transfer(id, name, room))] : items
}

/** Of somebody who is counted. */
function audienceActions(person, name, room) {
    return [
        ...stageActions(person, room),
        person.hand !== undefined && room.may('mute') ? item('lower', 'Lower the hand', 'hand', () => order(room.lowerHand(person.id))) : null,
        'line', ...removal(person, name, room),
    ].filter((entry) => entry !== null && (entry !== 'line' || room.may('remove')))
}

/** Whether one may bring somebody to the stage. */
export const mayStage = (person, room) => person.counted === true && room.may('roles') && isAbove(room.role, 'participant')

/** The room tells everybody when they are there. */
export const bringToStage = ({ id }, room) => order(room.setRole(id, 'participant'))

const stageActions = (person, room) => mayStage(person, room)
    ? [item('to-stage', 'Bring to the stage', 'spotlight', () => bringToStage(person, room))] : []

async function transfer(id, name, room) {
    const isSure = await confirmed({
        title: `Make ${name} the host?`, text: 'You stay as co-host, and cannot take it back yourself.', label: 'Hand it over',
    })
    if (isSure) order(room.transferHost(id), `${name} is the host now.`)
}

function removal({ id, role, owner }, name, room) {
    // Nobody is put out of a room that is their own.
    if (!room.may('remove') || !isAbove(room.role, role) || owner) return []
    const remove = async (ban) => {
        const isSure = await confirmed({
            title: `Remove ${name}?`, label: 'Remove',
            text: ban ? 'They leave this meeting, and cannot come back.' : 'They leave this meeting. With the link they can come back.',
        })
        if (isSure) order(room.remove(id, { ban }), `${name} is removed.`)
    }
    return [
        item('remove', 'Remove', 'leave', () => remove(false), { isDanger: true }),
        item('ban', 'Remove, and keep out', 'ban', () => remove(true), { isDanger: true }),
    ]
}
