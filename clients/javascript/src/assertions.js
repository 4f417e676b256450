const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
const lengthMax = 2_048

/** What makes assertions of the example's kind: a JWS (RFC 7515) by ES256, whose claims name a public key. */
export const claimsOf = {
    /** The public part of a key, in the order in which it is written. */
    key: ({ kty, crv, x, y }) => ({ kty, crv, x, y }),
}

/**
 * Believes what these issuers have signed, and nobody else: for `Sealing.begin({ verify })`.
 *
 * The server must not have their private keys: then it is the server that is believed.
 * @param {object} options `keys`: public keys (JWK, P-256) that came by another way than through the server; `issuer` and
 * `audience`: what `iss` and `aud` have to be, if they are given; `now()`: milliseconds
 */
export function believing({ keys, issuer, audience, now = Date.now }) {
    const known = Promise.all(keys.map((key) => crypto.subtle.importKey('jwk', claimsOf.key(key), algorithm, false, ['verify'])))
    return async (assertion) => {
        const parts = assertion.split('.')
        if (assertion.length > lengthMax || parts.length !== 3) throw new TypeError('It is no assertion.')
        const header = json(parts[0])
        if (header.alg !== 'ES256' || header.typ !== 'parley-assertion+jwt' || header.crit !== undefined) throw new TypeError('It is no assertion.')
        const signed = new TextEncoder().encode(`${parts[0]}.${parts[1]}`)
        const signature = bytesOf(parts[2])
        const results = await Promise.all((await known).map((key) => crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, signed)))
        if (!results.includes(true)) throw new TypeError('Nobody who is believed has signed it.')
        const claims = json(parts[1])
        if (issuer !== undefined && claims.iss !== issuer) throw new TypeError('It is by another issuer.')
        if (audience !== undefined && ![claims.aud].flat().includes(audience)) throw new TypeError('It is for another audience.')
        if (!(claims.exp * 1_000 > now())) throw new TypeError('It is over.')
        const { kty, crv } = claims.cnf?.jwk ?? {}
        if (kty !== 'EC' || crv !== 'P-256') throw new TypeError('It names no key.')
        return { ...claims, identity: claims.sub, name: claims.name, publicKey: claimsOf.key(claims.cnf.jwk) }
    }
}

const bytesOf = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0))
const json = (text) => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytesOf(text)))
