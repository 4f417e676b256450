// Codecs as a room's policy names them: by what two devices must both know in order to understand each other
// (PROTOCOL.md, media policy; vectors: Tests/Vectors/media-formats.json).

const noCodecs = new Set(['rtx', 'red', 'ulpfec', 'flexfec', 'flexfec-03', 'cn', 'telephone-event'])
const listMax = 32

/** `H264`, `VP8`, `opus`: as registered; others in upper case. */
const registered = (name) => name.toUpperCase() === 'OPUS' ? 'opus' : name.toUpperCase()

/**
 * `{ codec, profile }` of an RTCRtpCodec; `profile` is absent where the name says it all. Null for what is no codec, or
 * matches with nobody.
 */
export function formatOf({ mimeType, sdpFmtpLine = '', clockRate, channels }) {
    const name = mimeType.slice(mimeType.indexOf('/') + 1)
    if (noCodecs.has(name.toLowerCase())) return null
    const codec = registered(name)
    const profile = profileOf(codec, parametersOf(sdpFmtpLine), clockRate, channels)
    if (profile === null) return null
    return { codec, ...(profile !== undefined && { profile }) }
}

function profileOf(codec, parameters, clockRate, channels) {
    switch (codec) {
    case 'H264': return h264Profile(parameters)
    case 'H265': return h265Profile(parameters)
    case 'VP9': return joined(numbered(parameters, 'profile-id', 0, []))
    case 'AV1': return joined(numbered(parameters, 'profile', 0, ['main', 'high', 'professional']), tierOf(parameters, 'tier'))
    default: return soundOf(codec, clockRate, channels)
    }
}

// By the bits that count of the two bytes in front of the level, as libwebrtc has them (RFC 6184, section 8.1).
const h264Profiles = [
    [0x42, 0x4F, 0x40, 'constrained-baseline'], [0x4D, 0x8F, 0x80, 'constrained-baseline'], [0x58, 0xCF, 0xC0, 'constrained-baseline'],
    [0x42, 0x4F, 0x00, 'baseline'], [0x58, 0xCF, 0x80, 'baseline'], [0x4D, 0xAF, 0x00, 'main'],
    [0x64, 0xFF, 0x00, 'high'], [0x64, 0xFF, 0x0C, 'constrained-high'], [0xF4, 0xFF, 0x00, 'high-444-predictive'],
]
const packetizations = { 0: '-single-nal', 1: '', 2: '-interleaved' }

function h264Profile(parameters) {
    const id = parameters.get('profile-level-id') ?? '42e01f'
    const packetization = packetizations[number(parameters, 'packetization-mode', 0)]
    if (!/^[0-9a-f]{6}$/i.test(id) || packetization === undefined) return null
    const [kind, constraints] = [parseInt(id.slice(0, 2), 16), parseInt(id.slice(2, 4), 16)]
    const known = h264Profiles.find(([first, mask, bits]) => first === kind && (constraints & mask) === bits)
    return (known?.[3] ?? `profile-${id.slice(0, 4).toLowerCase()}`) + packetization
}

const transmissions = { SRST: '', MRST: '-mrst', MRMT: '-mrmt' }

function h265Profile(parameters) {
    const mode = transmissions[(parameters.get('tx-mode') ?? 'SRST').toUpperCase()] ?? null
    return joined(numbered(parameters, 'profile-id', 1, ['profile-0', 'main', 'main-10']), tierOf(parameters, 'tier-flag'), mode)
}

function tierOf(parameters, name) {
    const tier = number(parameters, name, 0)
    return tier === null ? null : ['', '-high-tier'][tier] ?? `-tier-${tier}`
}

function numbered(parameters, name, absent, words) {
    const value = number(parameters, name, absent)
    return value === null ? null : words[value] ?? `profile-${value}`
}

// Heard, or shown, as usual: then the name is enough.
function soundOf(codec, clockRate, channels) {
    const usual = { opus: [48_000, 2], PCMU: [8_000, 1], PCMA: [8_000, 1], G722: [8_000, 1] }[codec] ?? [90_000, undefined]
    const [rate, count] = [clockRate ?? usual[0], channels ?? usual[1]]
    if (rate === usual[0] && count === usual[1]) return undefined
    return count === undefined ? `${rate}` : `${rate}-${count}`
}

function parametersOf(line) {
    const parameters = new Map()
    for (const part of line.split(';')) {
        const [, name, value] = /^ *([^=]*?) *= *(.*?) *$/.exec(part) ?? []
        if (value !== undefined && !parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value)
    }
    return parameters
}

function number(parameters, name, absent) {
    const text = parameters.get(name)
    if (text === undefined) return absent
    return /^[0-9]+$/.test(text) && Number(text) < 256 ? Number(text) : null
}

const joined = (...parts) => parts.includes(null) ? null : parts.join('')

// MARK: What this device can

/**
 * What a browser can send and receive, as `abilities.media`; undefined where there is nothing that could be asked.
 * `bounds` is `{ height, frameRate }`, the most that is wanted of a picture.
 */
export function mediaAbilities({ RTCRtpSender, RTCRtpReceiver }, bounds = {}) {
    if (!RTCRtpSender?.getCapabilities || !RTCRtpReceiver?.getCapabilities) return undefined
    const kinds = ['video', 'audio'].map((kind) => {
        const send = direction(RTCRtpSender.getCapabilities(kind))
        const receive = direction(RTCRtpReceiver.getCapabilities(kind), kind === 'video' ? bounds : {})
        return [kind, { ...(send && { send }), ...(receive && { receive }) }]
    })
    return Object.fromEntries(kinds)
}

function direction(capabilities, { height, frameRate } = {}) {
    if (!capabilities) return undefined
    const codecs = []
    for (const format of capabilities.codecs.map(formatOf)) {
        if (format && !codecs.some((other) => isSame(other, format))) codecs.push(format)
    }
    // A server refuses longer lists as a whole; what comes last is wanted least.
    return { codecs: codecs.slice(0, listMax), ...(height && { height }), ...(frameRate && { frameRate }) }
}

const isSame = (a, b) => a.codec === b.codec && a.profile === b.profile

// MARK: What the room wants

/** The entries of `policy.video` or `policy.audio`, the first one first. */
export const ranked = (entries = {}) =>
    Object.keys(entries).sort((a, b) => a - b).map((rank) => entries[rank])

/**
 * All of these RTCRtpCodecs, those that the room prefers first. None is left out: Firefox describes a shortened list in
 * words that Chromium refuses, and repair belongs to whatever is used.
 */
export function preferred(codecs, wanted) {
    const placeOf = (codec) => {
        const format = formatOf(codec)
        if (!format) return Infinity
        const exact = wanted.findIndex((entry) => isSame(entry, format))
        if (exact >= 0) return exact * 2
        // Another profile of the same codec is nearer than another codec.
        const near = wanted.findIndex(({ codec: name }) => name === format.codec)
        return near >= 0 ? near * 2 + 1 : wanted.length * 2
    }
    return codecs.map((codec) => ({ codec, place: placeOf(codec) }))
        .sort((a, b) => a.place === b.place ? 0 : a.place - b.place).map(({ codec }) => codec)
}
