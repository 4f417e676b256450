import { recall, remember } from '/app/memory.js'

// Whom one calls: on this device alone, by the name that they have for this server.

const KEY = 'contacts'

export const USER_FAULT = 'A name for calls is made of the letters a to z, digits and hyphens, 64 at most.'
const USER = /^[a-z0-9-]{1,64}$/
const IDENTITY = /^i_[A-Za-z0-9_-]{8,64}$/

export const isUser = (text) => USER.test(text) || IDENTITY.test(text)

/** What is wrong with somebody else's name, in words; `null`: nothing. `own`: our own one. */
export function nameFault(user, own) {
    if (user === '') return 'By which name can they be called? They see it at the top of this page.'
    if (user === own) return 'That is you: this is the name by which others call you.'
    return isUser(user) ? null : USER_FAULT
}

export class Contacts {
    /** `[{ user, name }]`, by name. */
    get all() {
        const list = recall(KEY, []).filter((one) => typeof one?.user === 'string' && isUser(one.user))
        return list.map(({ user, name }) => ({ user, name: typeof name === 'string' && name !== '' ? name : user }))
            .sort((a, b) => a.name.localeCompare(b.name))
    }

    add(user, name = '') { remember(KEY, [...recall(KEY, []).filter((one) => one?.user !== user), { user, name }]) }
    remove(user) { remember(KEY, recall(KEY, []).filter((one) => one?.user !== user)) }
    has(user) { return this.all.some((one) => one.user === user) }

    /** How somebody is called here, or calls themselves. `party`: `{ user, name, identity }` as the server says it. */
    nameOf({ user, name, identity } = {}) {
        return this.all.find((one) => one.user === user || one.user === identity)?.name ?? name ?? user ?? 'Somebody'
    }
}
