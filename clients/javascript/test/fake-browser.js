/** A browser's classes, as far as they tell which codecs it has: `{ video: ['VP8'], audio: ['opus'] }`. */
export function browserOf(codecs) {
    const getCapabilities = (kind) => ({ codecs: (codecs[kind] ?? []).map((name) => ({ mimeType: `${kind}/${name}` })) })
    return { RTCRtpSender: { getCapabilities }, RTCRtpReceiver: { getCapabilities } }
}
