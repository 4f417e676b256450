import { mediaAbilities } from './codecs.js'

/** What a client can do, unless its app says otherwise. */
const everything = { rollback: true, trickle: true, restart: true }
const thisClient = { name: 'parley-client', version: '0.1.0' }

/** The first frame of a line. `resume`: the session of before; `identity`: that of another device; `join`: a first room. */
export function hello({ client = thisClient, abilities, environment, bounds, token, identity, user }, { resume, join }) {
    return {
        type: 'hello', protocol: 1, client, abilities: withMedia(abilities ?? everything, environment ?? {}, bounds),
        ...(token && { token }), ...(user && { user }), ...(resume ? { resume } : identity && { identity }), ...(join && { join }),
    }
}

// Asked for anew each time: a browser may learn codecs after the page has loaded. `media: null`: say nothing of it.
function withMedia({ media, ...others }, environment, bounds) {
    const said = media === undefined ? mediaAbilities(environment, bounds) : media
    return { ...others, ...(said && { media: said }) }
}

/** One address or several, as the app has said; in a page without a word about it: where the page comes from. */
export function endpointsOf({ endpoints, url }, { location }) {
    const all = [endpoints ?? url ?? []].flat()
    if (all.length > 0) return all
    if (!location) throw new TypeError('Outside a page, say the url: new Parley({ url })')
    return [`${location.protocol === 'https:' ? 'wss:' : 'ws:'}//${location.host}/v1/connect`]
}
