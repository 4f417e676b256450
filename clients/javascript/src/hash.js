// The state hash of PROTOCOL.md, section 5: a sum over leaves, so the order of members does not matter.

const encoder = new TextEncoder()
const secondSeed = 0x9747b28c

/** MurmurHash3, x86, 32 bit. Returns an unsigned 32-bit integer. */
export function murmur3(bytes, seed) {
    let hash = seed | 0
    const blocksEnd = bytes.length & ~3
    for (let i = 0; i < blocksEnd; i += 4) {
        const block = bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 | bytes[i + 3] << 24
        hash = rotate(hash ^ scramble(block), 13)
        hash = Math.imul(hash, 5) + 0xe6546b64 | 0
    }
    let tail = 0
    for (let i = bytes.length - 1; i >= blocksEnd; i -= 1) tail = tail << 8 | bytes[i]
    hash ^= scramble(tail)
    return finish(hash ^ bytes.length)
}

const rotate = (value, bits) => value << bits | value >>> (32 - bits)
const scramble = (block) => Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593)

function finish(hash) {
    hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b)
    hash = Math.imul(hash ^ hash >>> 13, 0xc2b2ae35)
    return (hash ^ hash >>> 16) >>> 0
}

/** Sixteen lower-case hexadecimal digits. Costs one pass over all leaves. */
export function stateHash(state) {
    let first = 0
    let second = 0
    const visit = (value, path) => {
        if (value !== null && typeof value === 'object') {
            for (const name of Object.keys(value)) visit(value[name], path === null ? name : `${path}\u001f${name}`)
            return
        }
        const bytes = encoder.encode(`${path ?? ''}\u001e${leaf(value)}`)
        first = first + murmur3(bytes, 0) >>> 0
        second = second + murmur3(bytes, secondSeed) >>> 0
    }
    visit(state, null)
    return digits(first) + digits(second)
}

// A number of state is an integer; BigInt writes it without an exponent.
function leaf(value) {
    switch (typeof value) {
    case 'string': return `s${value}`
    case 'number': return `i${BigInt(value)}`
    case 'boolean': return `b${value}`
    default: throw new TypeError(`State holds strings, integers and booleans, not ${value === null ? 'null' : typeof value}`)
    }
}

const digits = (sum) => sum.toString(16).padStart(8, '0')
