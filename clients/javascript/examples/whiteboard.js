import { Parley, Mesh, explain } from '/client/parley.js'

const status = document.getElementById('status')
const board = document.getElementById('board')
const pen = board.getContext('2d')
const strokes = []

function draw([fromX, fromY, toX, toY]) {
    strokes.push([fromX, fromY, toX, toY])
    pen.beginPath()
    pen.moveTo(fromX, fromY)
    pen.lineTo(toX, toY)
    pen.stroke()
}

try {
    const room = await new Parley().join(location.hash.slice(1) || 'whiteboard')
    const mesh = new Mesh(room, { channels: ['board'] })
    mesh.on('channel-message', ({ data }) => draw(JSON.parse(data)))
    // The one who was here first shows a newcomer what is on the board.
    mesh.on('channel-open', ({ peer }) => {
        if (room.people[0].isSelf) for (const stroke of strokes) peer.channels.get('board').send(JSON.stringify(stroke))
    })
    const count = () => { status.textContent = `${room.people.length} at the board` }
    room.on('change', count)
    count()
    board.addEventListener('pointermove', (event) => {
        if (event.buttons === 0) return
        const stroke = [event.offsetX - event.movementX, event.offsetY - event.movementY, event.offsetX, event.offsetY]
        draw(stroke)
        mesh.broadcast('board', JSON.stringify(stroke))
    })
} catch (error) {
    status.textContent = error.code ? explain(error).text : error.message
}
