/** On the wire a set is an object whose members are true: state and commands know no arrays. */
export const setOf = (ids) => Object.fromEntries([ids].flat().map((id) => [id, true]))

/** The names in an object of numbers, the lowest number first. */
export const byNumber = (numbers = {}) => Object.keys(numbers).sort((a, b) => numbers[a] - numbers[b])

/** An object of objects as a list: each with its key as `id`, in the order of `rank(value)`. */
export const listOf = (objects = {}, rank = ({ id }) => Number(id)) =>
    Object.entries(objects).map(([id, value]) => ({ id, ...value })).sort((a, b) => rank(a) - rank(b))

/** Only what was said: an optional member is left out, never undefined. */
export const said = (members) => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
