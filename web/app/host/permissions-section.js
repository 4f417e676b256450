import { section, toggleRow } from './section.js'

const audience = ['participant', 'audience']
/** What a host takes away from everybody at once and gives back. `roles`: who has it by themselves. */
const PERMISSIONS = [
    { permission: 'share', label: 'Share their screens', roles: ['participant'] },
    { permission: 'publish', label: 'Switch on camera and microphone', roles: ['participant'] },
    { permission: 'chat', label: 'Write in the chat', roles: audience },
    { permission: 'react', label: 'React, and raise a hand', roles: audience },
]

/** What participants may do. Hosts, co-hosts and speakers are left alone. */
export function permissionsSection(room) {
    const rows = PERMISSIONS.map(({ permission, label, roles }) => {
        const of = (isOn) => Object.fromEntries(roles.map((role) => [role, { [permission]: isOn }]))
        return { permission, ...toggleRow({ id: `may-${permission}`, label, onchange: (isOn) => room.configure({ roles: of(isOn) }) }) }
    })
    return {
        element: section('Participants may', 'permissions', ...rows.map(({ element }) => element)),
        update() { for (const { permission, show } of rows) show(room.roles.participant?.[permission] === true) },
    }
}
