/** What a client can do, unless its app says otherwise. */
const everything = { rollback: true, trickle: true, restart: true }
const thisClient = { name: 'parley-client', version: '0.1.0' }

/** The first frame of a line. `resume`: the session of before; `identity`: that of another device; `join`: a first room. */
export function hello({ client = thisClient, abilities = everything, token, identity }, { resume, join }) {
    return {
        type: 'hello', protocol: 1, client, abilities,
        ...(token && { token }), ...(resume ? { resume } : identity && { identity }), ...(join && { join }),
    }
}

/** One address or several, as the app has said; in a page without a word about it: where the page comes from. */
export function endpointsOf({ endpoints, url }, { location }) {
    const all = [endpoints ?? url ?? []].flat()
    if (all.length > 0) return all
    if (!location) throw new TypeError('Outside a page, say the url: new Parley({ url })')
    return [`${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/v1/connect`]
}
