// A camera that shows a drawn person instead of a test card, for pictures in the documents: real video, encoded,
// sent and decoded like any other. The page hears of no difference.
(() => {
    const palettes = [
        ['#2b4c6f', '#7fb2d9', '#e8b894', '#3a2418', '#c9503f'],
        ['#3d5a45', '#a7c79a', '#c68a5c', '#1d1512', '#e3b23c'],
        ['#5b3a63', '#cfa3cf', '#f0c9a8', '#8a4b2a', '#2f6f73'],
        ['#5a4632', '#d9bf94', '#9a6440', '#0f0b0a', '#4460a0'],
    ]

    function draw(pen, width, height, [wall, light, skin, hair, clothes], time) {
        const sway = Math.sin(time / 900) * 6
        const glow = pen.createRadialGradient(width * 0.75, height * 0.2, 20, width * 0.6, height * 0.4, width)
        glow.addColorStop(0, light)
        glow.addColorStop(1, wall)
        pen.fillStyle = glow
        pen.fillRect(0, 0, width, height)
        pen.fillStyle = 'rgba(255, 255, 255, 0.12)'
        pen.fillRect(width * 0.06, height * 0.12, width * 0.2, height * 0.5)
        const x = width / 2 + sway
        const disc = (color, cx, cy, rx, ry) => {
            pen.fillStyle = color
            pen.beginPath()
            pen.ellipse(cx, cy, rx, ry, 0, 0, 2 * Math.PI)
            pen.fill()
        }
        disc(clothes, x - sway / 2, height * 1.08, width * 0.27, height * 0.36)
        disc(hair, x, height * 0.4, height * 0.215, height * 0.25)
        disc(skin, x, height * 0.67, height * 0.075, height * 0.12)
        disc(skin, x, height * 0.45, height * 0.165, height * 0.205)
        disc(hair, x - height * 0.03, height * 0.27, height * 0.17, height * 0.075)
        const isBlinking = time % 4200 < 140
        for (const side of [-1, 1]) disc('#26201d', x + side * height * 0.062, height * 0.44, 6, isBlinking ? 1 : 7)
        pen.strokeStyle = '#7b3f35'
        pen.lineWidth = 5
        pen.lineCap = 'round'
        pen.beginPath()
        pen.arc(x, height * 0.5, height * 0.06, 0.25 * Math.PI, 0.75 * Math.PI)
        pen.stroke()
    }

    const palette = palettes[(window.portraitNumber ?? 0) % palettes.length]
    const devices = navigator.mediaDevices
    // The empty page before the first one.
    if (!devices) return
    const getUserMedia = devices.getUserMedia.bind(devices)
    devices.getUserMedia = async (wanted) => {
        const stream = await getUserMedia(wanted)
        const [camera] = stream.getVideoTracks()
        if (!camera) return stream
        const canvas = Object.assign(document.createElement('canvas'), { width: 960, height: 540 })
        const pen = canvas.getContext('2d')
        setInterval(() => draw(pen, canvas.width, canvas.height, palette, performance.now()), 66)
        const [portrait] = canvas.captureStream(15).getVideoTracks()
        portrait.getSettings = () => camera.getSettings()
        stream.removeTrack(camera)
        stream.addTrack(portrait)
        return stream
    }
})()
