/** Time and chance, so that a test can drive them. `now` never goes back (milliseconds). */
export const systemClock = {
    now: () => performance.now(),
    setTimeout: (action, milliseconds) => setTimeout(action, milliseconds),
    clearTimeout: (timer) => clearTimeout(timer),
}

export const retryDelayMax = 5_000
const firstRetryDelayMax = 250

/**
 * Full jitter: a server that restarts meets its clients spread over the whole interval, not in waves.
 * @param {number} attempt 0 for the first try after a loss
 * @param {number} chance 0 <= chance < 1
 */
export function retryDelay(attempt, chance) {
    return Math.floor(chance * Math.min(retryDelayMax, firstRetryDelayMax * 2 ** Math.min(attempt, 16)))
}
