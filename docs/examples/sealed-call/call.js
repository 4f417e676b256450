import { Mesh, Parley, Sealing, believing } from '/client/parley.js'

const status = document.getElementById('status')
const name = location.hash.slice(1) || 'ada'
let say = (words) => { status.textContent = words }
const { parley: url, key } = await (await fetch('/settings')).json()

const sealing = await Sealing.begin({
    // Your own service says whose key this is.
    assertion: async (publicKey) => {
        const response = await fetch('/assertion', { method: 'POST', body: JSON.stringify({ name, key: publicKey }) })
        if (!response.ok) throw new Error(await response.text())
        return response.text()
    },
    // And whom this page believes: that service, whose key did not come from the signaling server.
    verify: believing({ keys: [key] }),
})

const camera = await navigator.mediaDevices.getUserMedia({ audio: true, video: true })
const room = await new Parley({ url, sealing }).join('sealed', { name })
const mesh = new Mesh(room, { stream: camera })

mesh.on('stream', ({ peer, stream }) => {
    const video = document.createElement('video')
    Object.assign(video, { id: peer.id, autoplay: true, playsInline: true, srcObject: stream })
    document.getElementById('people').append(video)
})
mesh.on('peer-left', ({ id }) => document.getElementById(id)?.remove())
// The name that was vouched for, not the one that the server tells.
mesh.on('verified', (peer) => say(`You speak with ${peer.verified.name}.`))
room.on('unverified', () => say('Nobody vouches for whoever is there.'))
// What was meddled with was dropped; but somebody is trying, and that stays to be read.
room.on('unsealed', ({ error }) => { say(error.message); say = () => {} })
say('Waiting for somebody…')
