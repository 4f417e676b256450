import { ParleyError } from './errors.js'
import { claimsOf } from './assertions.js'

const curve = { name: 'ECDH', namedCurve: 'P-256' }
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })
/** How long a payload is says little: it is filled up with spaces. */
const paddedBytes = 256

/**
 * The keys of this page, who vouches for them, and whom it believes: what a server that passes signals on cannot read,
 * change, repeat or put into somebody else's mouth (docs/PROTOCOL.md, section 21).
 *
 * The key pair lives as long as this object and is never written down, so a number is never used twice with one key.
 */
export class Sealing {
    #keys
    #verify
    /** By direction: the last number that was used. */
    #numbers = new Map()

    constructor({ keys, assertion, verify, policy }) {
        this.#keys = keys
        this.#verify = verify
        /** What others are shown of us: opaque to the server. */
        this.assertion = assertion
        this.policy = policy
    }

    /**
     * @param {object} options `assertion(publicKey)` asks your own service to vouch for this key (a JWK) and resolves with
     * what it says; `verify(assertion)` resolves with its claims, `publicKey` among them, or rejects; `policy`: `required`
     * (nobody is called who is not verified) or `preferred`
     */
    static async begin({ assertion, verify, policy = 'required' }) {
        if (!['required', 'preferred'].includes(policy)) throw new TypeError('policy: required or preferred')
        const keys = await crypto.subtle.generateKey(curve, false, ['deriveBits'])
        const publicKey = claimsOf.key(await crypto.subtle.exportKey('jwk', keys.publicKey))
        return new Sealing({ keys, assertion: await assertion(publicKey), verify, policy })
    }

    get isRequired() { return this.policy === 'required' }

    /** What that assertion claims, or null if it is not to be believed. */
    async claims(assertion) {
        if (typeof assertion !== 'string') return null
        try {
            const claims = await this.#verify(assertion)
            return claims?.publicKey ? claims : null
        } catch {
            return null
        }
    }

    /** The two keys of a pair of memberships: one for each direction. `place` is `{room, self, other, assertion}`. */
    async pair({ room, self, other, assertion }, { publicKey }) {
        const key = await crypto.subtle.importKey('jwk', publicKey, curve, false, [])
        const secret = await crypto.subtle.deriveBits({ name: 'ECDH', public: key }, this.#keys.privateKey, 256)
        const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
        const [ours, theirs] = [await digest(this.assertion), await digest(assertion)]
        const derive = (from, to, words, usage) => crypto.subtle.deriveKey(
            { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info: encoder.encode(words) },
            base, { name: 'AES-GCM', length: 256 }, false, [usage])
        // Each end names both assertions: a key that somebody else calls theirs leads to another secret.
        const outward = lines('parley sealing 1', room, self, other, ours, theirs)
        const inward = lines('parley sealing 1', room, other, self, theirs, ours)
        return {
            outward: { key: await derive(self, other, outward, 'encrypt'), name: outward },
            inward: { key: await derive(other, self, inward, 'decrypt'), last: 0 },
        }
    }

    /** @returns the text that stands for the payload */
    async seal({ key, name }, context, payload) {
        const number = (this.#numbers.get(name) ?? 0) + 1
        this.#numbers.set(name, number)
        const text = JSON.stringify(payload)
        const bytes = encoder.encode(text)
        const filled = new Uint8Array(Math.ceil((bytes.length + 1) / paddedBytes) * paddedBytes).fill(0x20)
        filled.set(bytes)
        const box = await crypto.subtle.encrypt(algorithm(number, context), key, filled)
        return `1.${number}.${base64url(new Uint8Array(box))}`
    }

    /** The payload, if that text is what the other side has sealed, and nothing that was here before. Throws otherwise. */
    async open(side, context, text) {
        const [version, number, box, ...rest] = String(text).split('.')
        const n = Number(number)
        if (version !== '1' || rest.length > 0 || !/^[1-9][0-9]{0,14}$/.test(number ?? '') || !box) throw broken('it is no seal')
        let bytes
        try {
            bytes = await crypto.subtle.decrypt(algorithm(n, context), side.key, bytesOf(box))
        } catch {
            throw broken('it was changed, or is somebody else\'s')
        }
        // Behind the proof: a forged number would shut out what comes after it.
        if (n <= side.last) throw broken('it was here before, or comes out of its order')
        side.last = n
        return JSON.parse(decoder.decode(bytes))
    }
}

/** What is in no payload, and cannot be exchanged either. */
const algorithm = (number, { room, from, to, type, negotiation }) => {
    const iv = new Uint8Array(12)
    new DataView(iv.buffer).setBigUint64(4, BigInt(number))
    const additionalData = encoder.encode(lines('parley seal 1', room, from, to, type, negotiation ?? '', number))
    return { name: 'AES-GCM', iv, additionalData, tagLength: 128 }
}

const lines = (...words) => words.join('\n')
const broken = (why) => new ParleyError('seal-broken', `A sealed signal was not opened: ${why}.`)
const digest = async (text) => base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))))

const base64url = (bytes) => {
    let text = ''
    for (const byte of bytes) text += String.fromCharCode(byte)
    return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
