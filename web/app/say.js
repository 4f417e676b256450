/** What `noticeLine` shows: a title and one paragraph, given in pieces. */
export function say(title, ...pieces) {
    return { title, text: pieces.join(' ') }
}
