/** See `toldEvents`. */
export const lineEvents = {
    'availability-changed': (line) => [line.presence],
    missed: (line) => [line.missed[0]],
    blocked: (line) => [line.blocked],
    unblocked: (line) => [line.blocked],
}
