import { Parley, Mesh, explain } from '/client/parley.js'

const status = document.getElementById('status')
const tiles = new Map()

function show(id, stream, isMuted = false) {
    const video = tiles.get(id) ?? document.createElement('video')
    Object.assign(video, { autoplay: true, playsInline: true, muted: isMuted, srcObject: stream })
    tiles.set(id, video)
    document.getElementById('people').append(video)
}

try {
    const camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
    const parley = new Parley({ storage: sessionStorage })
    parley.on('status', (change) => { status.textContent = change.status })
    const room = await parley.join(location.hash.slice(1) || 'example', { name: 'Somebody' })
    room.on('change', () => { status.textContent = `${room.people.length} here` })
    show('self', camera, true)

    const mesh = new Mesh(room, { stream: camera })
    mesh.on('stream', ({ peer, stream }) => show(peer.id, stream))
    mesh.on('peer-left', ({ id }) => { tiles.get(id)?.remove(); tiles.delete(id) })
    await room.media({ audio: true, video: true })
} catch (error) {
    status.textContent = error.code ? explain(error).text : error.message
}
