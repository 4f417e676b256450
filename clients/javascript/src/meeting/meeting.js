import { lineEvents } from '../calls/line-events.js'
import { Queues, queuesEvents } from '../calls/queues.js'
import { Rings, ringsEvents } from '../calls/rings.js'
import { Emitter } from '../emitter.js'
import { Admission, admissionEvents } from './admission.js'
import { Attributes, attributesEvents } from './attributes.js'
import { Audience } from './audience.js'
import { Breakouts, breakoutsEvents } from './breakouts.js'
import { Chat } from './chat.js'
import { Consents, consentsEvents } from './consents.js'
import { DeviceAbilities, devicesEvents } from './devices.js'
import { Floors, floorsEvents } from './floors.js'
import { Lifecycle, lifecycleEvents } from './lifecycle.js'
import { Moderation, moderationEvents } from './moderation.js'
import { People } from './people.js'
import { Recording, recordingEvents } from './recording.js'
import { Roles, rolesEvents } from './roles.js'

const features = [
    People, Audience, Lifecycle, Admission, Roles, Moderation, Floors, Consents, Recording, Attributes, Breakouts, DeviceAbilities, Chat, Rings, Queues,
]

/**
 * What a room can do beyond being one: a class for each feature, one on top of the other. They read `state`, and act
 * through `command(type, members)`; the chat sends through `transmit(frame)`. `Room` stands on all of them.
 */
export const Meeting = features.reduce((Base, feature) => feature(Base), Emitter)

/**
 * By event type: what listeners of that name get, from (room, event, state before). Null: nobody is told. A type that
 * is not here is told as `event` alone.
 */
export const toldEvents = {
    ...lifecycleEvents, ...admissionEvents, ...rolesEvents, ...moderationEvents, ...floorsEvents, ...consentsEvents,
    ...recordingEvents, ...attributesEvents, ...breakoutsEvents, ...devicesEvents, ...ringsEvents, ...lineEvents, ...queuesEvents,
}
