const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value)

/**
 * JSON Merge Patch (RFC 7396): returns the new state and leaves the old one as it was. What the patch does
 * not touch is shared by both, so the cost is that of the patch and of the objects on its paths.
 */
export function fold(state, patch) {
    if (!isObject(patch)) return patch
    const result = isObject(state) ? { ...state } : {}
    for (const name of Object.keys(patch)) {
        if (patch[name] === null) delete result[name]
        else define(result, name, fold(own(result, name), patch[name]))
    }
    return result
}

const own = (object, name) => Object.hasOwn(object, name) ? object[name] : undefined

// A member called "__proto__" is data here, never the prototype.
function define(object, name, value) {
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true })
}
