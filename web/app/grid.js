// The arithmetic of the stage: pure functions, no document.

const WIDE = 16 / 9;
/** In an upright window a tile may grow as tall as this: faces fill it better than empty space. */
const UPRIGHT = 4 / 5;

/**
 * The largest equal tiles for `count` people in a box (all in CSS pixels).
 * Tiles are 16:9; in an upright box they may be taller, down to 4:5.
 * Tries every number of columns: at most a few dozen steps.
 */
export function bestFit(count, width, height, gap) {
  const narrowest = width < height ? UPRIGHT : WIDE;
  let best = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const ratio = Math.min(WIDE, Math.max(narrowest, cellWidth / cellHeight));
    const tileWidth = Math.min(cellWidth, cellHeight * ratio);
    const tile = { columns, width: Math.floor(tileWidth), height: Math.floor(tileWidth / ratio) };
    if (tile.width * tile.height > best.width * best.height) best = tile;
  }
  return best;
}

/**
 * A shared screen takes the large place, everybody else a strip: beside it in a wide box, below it in an upright
 * one. `stripCount` tiles are as large as the strip allows; more than fit are reached by scrolling.
 */
export function featuredFit(stripCount, width, height, gap) {
  if (stripCount === 0) return { side: 'none', featured: { width, height }, strip: { width: 0, height: 0 } };
  if (width >= height * 1.15) {
    const stripWidth = Math.round(Math.min(320, Math.max(140, width * 0.18)));
    const strip = { width: stripWidth, height: Math.floor(stripWidth / WIDE) };
    return { side: 'right', featured: { width: width - stripWidth - gap, height }, strip };
  }
  const stripHeight = Math.round(Math.min(160, Math.max(84, height * 0.16)));
  const strip = { width: Math.floor(stripHeight * WIDE * 0.8), height: stripHeight };
  return { side: 'below', featured: { width, height: height - stripHeight - gap }, strip };
}
