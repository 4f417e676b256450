import assert from 'node:assert/strict'
import { fakeCamera } from './fake-connection.js'
import { Hub } from './hub.js'

export const meeting = (...names) => meetingIn(new Hub(), ...names)

export async function meetingIn(hub, ...names) {
    const people = []
    for (const name of names) people.push(await hub.arrives(name, { mesh: { stream: fakeCamera() } }))
    await hub.pump()
    return { hub, people }
}

export function assertConnected(...people) {
    for (const somebody of people) assert.deepEqual(somebody.errors, [], somebody.name)
    assertInStep(...people)
}

// Each holds what the other has described: not merely two connections that are content with themselves.
export function assertInStep(...people) {
    for (const somebody of people) {
        for (const other of people) {
            if (other === somebody) continue
            const peer = somebody.peer(other)
            assert.deepEqual([peer?.state, peer?.connection.signalingState], ['connected', 'stable'], `${somebody.name} with ${other.name}`)
            assert.equal(peer.connection.remoteDescription.sdp, other.peer(somebody).connection.localDescription.sdp)
        }
    }
}
