// The one module that an app imports. Everything else lies in src/.
export { Parley } from './src/parley.js'
export { Room } from './src/room.js'
export { Mesh } from './src/mesh.js'
export { ParleyError, explain } from './src/errors.js'
export { stateHash } from './src/hash.js'
export { fold } from './src/patch.js'
export { politeness } from './src/politeness.js'
