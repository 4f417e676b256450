// The arithmetic of the stage: pure functions, no document.

const WIDE = 16 / 9
/** In an upright window a tile may grow as tall as this: faces fill it better than empty space. */
const UPRIGHT = 4 / 5
/** The height of the smallest tile beside a shared screen. */
const STRIP_SMALLEST = 84

/**
 * The largest equal tiles for `count` people in a box (all in CSS pixels).
 * Tiles are 16:9; in an upright box they may be taller, down to 4:5.
 * Tries every number of columns: at most a few dozen steps.
 */
export function bestFit(count, width, height, gap) {
    const narrowest = width < height ? UPRIGHT : WIDE
    let best = { columns: 1, width: 0, height: 0 }
    for (let columns = 1; columns <= count; columns += 1) {
        const rows = Math.ceil(count / columns)
        const cellWidth = (width - gap * (columns - 1)) / columns
        const cellHeight = (height - gap * (rows - 1)) / rows
        if (cellWidth <= 0 || cellHeight <= 0) continue
        const ratio = Math.min(WIDE, Math.max(narrowest, cellWidth / cellHeight))
        const tileWidth = Math.min(cellWidth, cellHeight * ratio)
        const tile = { columns, width: Math.floor(tileWidth), height: Math.floor(tileWidth / ratio) }
        if (tile.width * tile.height > best.width * best.height) best = tile
    }
    return best
}

/**
 * A shared screen takes the large place. In a wide box the others are a strip beside it, as large as all of them fit,
 * and scrolling below a smallest size; in an upright one they share what the screen leaves below.
 */
export function featuredFit(count, width, height, gap) {
    if (count === 0) return { side: 'none', featured: { width, height }, tile: { width: 0, height: 0 } }
    if (width >= height * 1.15) {
        const widest = Math.min(360, Math.max(140, width * 0.18))
        const share = (height - gap * (count - 1)) / count
        const tileHeight = Math.floor(Math.max(STRIP_SMALLEST, Math.min(widest / WIDE, share)))
        const tile = { width: Math.floor(tileHeight * WIDE), height: tileHeight }
        return { side: 'right', featured: { width: width - tile.width - gap, height }, tile }
    }
    const featuredHeight = Math.floor(Math.min(height * 0.7, Math.max(width / WIDE, height * 0.42)))
    const tile = bestFit(count, width, height - featuredHeight - gap, gap)
    return { side: 'below', featured: { width, height: featuredHeight }, tile }
}
