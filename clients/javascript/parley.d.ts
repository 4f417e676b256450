// Types of the Parley client. Instants are UTC milliseconds, durations say their unit.

export type Off = () => void
/** By rank. An observer is seen by moderators alone. */
export type Role = 'host' | 'co-host' | 'speaker' | 'participant' | 'audience' | 'observer' | (string & {})
/** `granted`: a token has brought it, and nobody in the room can change it. */
export interface Attribute { value: Value; version: number; granted?: true }

export type Permission = 'admit' | 'remove' | 'roles' | 'settings' | 'end' | 'mute' | 'floors' | 'record' | 'breakouts' | 'attributes'
    | 'speak' | 'publish' | 'share' | 'chat' | 'react' | 'roster'
/** A number, text, true, false, or an object of such. */
export type Value = string | number | boolean | { [name: string]: Value }
/** `[generation, sequence, uid]`: compare all three. */
export type Position = [number, number, string]

export interface Abilities {
    rollback?: boolean; trickle?: boolean; restart?: boolean
    /** Default: what the browser says. Null: say nothing, and be taken for one that knows what every browser must. */
    media?: MediaAbilities | null
}
/** What a device can send and receive. An absent kind or direction is one that it does not do. */
export interface MediaAbilities { video?: MediaDirections; audio?: MediaDirections }
export interface MediaDirections { send?: MediaDirection; receive?: MediaDirection }
export interface MediaDirection {
    /** In the device's own order. `fmtp` is `sdpFmtpLine`; or `profile`, the word that a policy has for it. */
    codecs: { codec: string; fmtp?: string; profile?: string; clockRate?: number; channels?: number }[]
    /** Lines of a picture, pictures a second: the most. */
    height?: number; frameRate?: number
    simulcast?: boolean
}
export interface Media { audio: boolean; video: boolean; screen: boolean }

export interface Person {
    id: string
    name?: string
    identity: string
    /** Who somebody else says that they are: opaque, and not yet believed by anybody. */
    assertion?: string
    role: Role
    /** `interrupted`: the server has lost them, and they may be back soon. Media may go on meanwhile. */
    connection: 'connected' | 'interrupted' | (string & {})
    /** Only while `interrupted`. */
    interruptedAt?: number
    /** Grows with every join: the order of arrival. */
    joined: number
    joinedAt: number
    abilities: Abilities
    media: Media
    isSelf: boolean
    /** While their hand is up: who raised it earlier has the lower number. */
    hand?: number
    handRaisedAt?: number
    handToSpeak?: true
    /** Who has switched it off, by kind (`server`: a rule); gone as soon as its owner has it on again. */
    muted?: { audio?: string; video?: string }
    /** They may unmute although the room says that nobody does. */
    mayUnmute?: boolean
    attributes?: Record<string, Attribute>
    /** The identity that created the room. */
    owner?: boolean
    /** One of the audience that is counted, not listed: of yourself, in a page of `roster`, or shown because of a raised hand. */
    counted?: true
    /** To the server and back; known some seconds after they came. */
    roundTripMilliseconds?: number
    /** Nothing passes between them and the others. */
    held?: true
}

export type Lifecycle = 'scheduled' | 'open' | 'locked' | 'ended' | (string & {})
/** Everybody comes in; somebody has to let them; invited people alone. */
export type AdmissionRule = 'open' | 'approval' | 'members' | (string & {})
export type WaitingReason = 'approval' | 'host' | 'locked' | 'scheduled' | (string & {})

export interface Rules {
    mayUnmute?: boolean; mutedOnJoin?: boolean; heightMax?: number; frameRateMax?: number
    /** By codec, its rank. Absent: any. */
    videoCodecs?: Record<string, number>; audioCodecs?: Record<string, number>
    succession?: 'nobody' | 'oldest' | 'end' | 'lock' | (string & {}); audienceInPolicy?: boolean; recordingConsent?: 'all' | 'inform' | (string & {})
}

/** Of `configure`, and of a `join` that creates the room. What is absent stays as it is. */
export interface Settings {
    topic?: string; startsAt?: number; estimatedMilliseconds?: number; maximumMilliseconds?: number; emptyMilliseconds?: number
    capacity?: number; stageMax?: number
    admission?: AdmissionRule
    /** 4 to 32 characters; empty: none any more. */
    pin?: string
    /** Whoever comes before a host waits. */
    waitForHost?: boolean
    rules?: Rules
    /** Differences to what roles may do by themselves: `{ participant: { share: false } }`. */
    roles?: Record<string, Partial<Record<Permission, boolean>>>
}

/** Somebody at the door. */
export interface WaitingPerson {
    id: string; name?: string; identity: string; since: number; isSelf: false
    /** Grows with every arrival at the door. */
    waiting: number
}
export interface Invitation { id: string; label?: string; role?: Role; uses: number; usesMax?: number; expiresAt?: number; by?: string }
export interface Ban { id: string; identity: string; until?: number; by?: string; name?: string }
/** Some of the counted audience, in order of arrival. `next`: the `after` of the page behind it; absent at the end. */
export interface RosterPage { people: Person[]; next?: number }
export interface Floor {
    name: string; capacity?: number; policy?: 'free' | 'request' | 'assigned' | (string & {}); leaseMilliseconds?: number
    /** Participant ids, who had it first is the first. */
    holders: string[]
    /** Participant ids in their order. */
    queue: string[]
    isMine: boolean
    /** How many are before you in the queue; absent if you do not wait. */
    place?: number
}
export interface Consent {
    id: string
    kind: 'unmute-audio' | 'unmute-video' | 'remote-control' | (string & {})
    by: string; since: number; deadline: number; rule: ConsentRule; question?: string
    asked?: Record<string, true>; answers?: Record<string, boolean>
}
/** When it is granted; `each`: for themselves. */
export type ConsentRule = 'all' | 'any' | 'majority' | 'each' | (string & {})
export interface Recording {
    status: 'asking' | 'on' | (string & {}); by: string; since: number; rule?: 'all' | 'inform' | (string & {})
    /** The number of the question, while it is asked. */
    consent?: number
    /** By identity. */
    consents?: Record<string, boolean>
    /** What you have said. */
    answer?: boolean
    /** Your answer is awaited: also if you came when it was on already. */
    isAsked: boolean
}
export interface Breakout { id: string; name: string; room: string; endsAt?: number; people?: Record<string, 'assigned' | 'moved' | (string & {})> }
/** `isSelf`: yours. */
export interface ChatMessage { n: number; from: string; name?: string; text: string; time: number; to?: string; cid?: string; isSelf: boolean }
/** What everybody here can send and receive, as the server has computed it. */
export interface MediaPolicy {
    /** Grows with every change. */
    revision: number
    /** `common`: one codec serves all. `pairwise`: each pair uses what both have. `none`: no two understand each other. */
    mode: 'common' | 'pairwise' | 'none' | (string & {})
    /** By rank, `1` first. */
    video?: Record<string, PolicyCodec>; audio?: Record<string, PolicyCodec>
    limits?: { height?: number; frameRate?: number }
    /** Everybody who sends pictures can send several sizes at once. */
    simulcast?: true
    /** English, and it names who is in the way: "H.264: Bob's device has no H.265." */
    reason: string
    /** Their participant ids. */
    blockers?: Record<string, true>
}
export interface PolicyCodec { codec: string; profile?: string }

export interface RoomState {
    room: {
        id: string; alias?: string; lifecycle: Lifecycle; createdAt: number; capacity: number
        topic?: string; startsAt?: number; openedAt?: number; endsAt?: number; admission?: AdmissionRule; pin?: true; waitForHost?: true
        parent?: string; [member: string]: unknown
    }
    people: Record<string, Omit<Person, 'id' | 'isSelf'>>
    audience?: { count: number }
    [member: string]: unknown
}

export interface RoomEvent { type: string; participant?: string; by?: string; id?: number; reason?: string; patch?: object; [member: string]: unknown }

export interface Rejection {
    type: 'rejected'; of?: string; code: string; message: string; room?: string; id?: number; to?: string; n?: number
    expected?: number; member?: string; retryAfterMilliseconds?: number
}

export class ParleyError extends Error {
    constructor(code: string, message?: string, options?: { retryAfterMilliseconds?: number; frame?: Rejection })
    /** Stable, for programs. */
    readonly code: string
    readonly retryAfterMilliseconds?: number
    readonly frame?: Rejection
    /** With `code` `closed`: why the socket was closed. */
    closeCode?: number
}

/** Plain words for a rejection code, a close code, or something that carries one as `code`. */
export function explain(error: ParleyError | { code?: string | number } | string | number | undefined): { title: string; text: string }

export type Status = 'idle' | 'connecting' | 'connected' | 'reconnecting' | 'closed'
/** `reason` of `closed`: `superseded` if another page has taken the session over. Coming back would take it away from there. */
export interface StatusChange { status: Status; reason?: string; code?: number; message?: string; retryInMilliseconds?: number; attempt?: number }

export interface Clock {
    now(): number
    setTimeout(action: () => void, milliseconds: number): unknown
    clearTimeout(timer: unknown): void
}

export interface Credentials { session: string; secret: string }

/** Why an earlier session could not be had: forged or of another server, too old, older than the one before, or over. */
export type ResumeRefusal = 'unknown' | 'expired' | 'outdated' | 'over' | (string & {})

export interface ParleyOptions {
    /** In a page: `/v1/connect` of where it comes from. */
    url?: string
    /** In place of `url`. A session goes from one to the next after each loss, and when its server drains. */
    endpoints?: string | string[]
    client?: { name?: string; version?: string }
    /** Default: all three, and what the browser can send and receive. */
    abilities?: Abilities
    /** The most that this device wants of a picture: its lines, and how many a second. */
    bounds?: { height?: number; frameRate?: number }
    /** What your own service has signed for this person. With a function the client gets a newer one by itself. */
    token?: string | (() => string | Promise<string>)
    /**
     * In place of a token: what `POST /v1/tickets` has given for one. It stands in the address and is good once; with a function
     * the client gets another one where the server wants one again.
     */
    ticket?: string | (() => string | Promise<string>)
    /** Seals signals, so that the server can neither read nor change them. */
    sealing?: Sealing
    /** Keeps a reloaded page the same somebody: `sessionStorage`. */
    storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
    /** Of a Parley in another page, whose place this one takes. */
    credentials?: Credentials
    /** Of a Parley that goes on: this one is another device, or tab, of the same person. */
    identity?: Credentials
    /** Who this is, for a server in development mode alone; tokens say it themselves. */
    user?: string
    WebSocket?: unknown
    clock?: Clock
    /** 0 <= value < 1 */
    random?: () => number
    fetch?: typeof fetch | null
    /** Where `online`, `pagehide` and the like happen; default `globalThis`. */
    environment?: unknown
}

export interface ParleyEvents {
    status: (change: StatusChange) => void
    /** The connection is lost; the try number `attempt` since then comes in so many milliseconds. */
    reconnecting: (news: { attempt: number; delayMilliseconds: number; code?: number; reason?: string }) => void
    /** The session is back: nothing was lost, nothing comes twice. A change of server without a gap tells nothing at all. */
    resumed: () => void
    /** The server lives, but can decide nothing now (or can again): commands and joins wait, signals and pulses go on. */
    degraded: (isDegraded: boolean) => void
    /** A room's state came as a whole: too much was missed, or what we held was not what the server holds. */
    resynced: (room: Room) => void
    /** The session could not be had any more. This is a new one, and the rooms are being joined again. */
    restarted: (why?: ResumeRefusal) => void
    /** Time for a newer token (`authenticate`), unless `token` is a function: then the client does it by itself. */
    'token-expiring': (frame: { expiresAt: number }) => void
    /** Without a newer token within that time the session ends. */
    'token-expired': (frame: { withinMilliseconds: number }) => void
    welcome: (frame: object) => void
    rejected: (frame: Rejection) => void
    error: (error: ParleyError) => void
}

export class Parley {
    constructor(options?: ParleyOptions)
    constructor(endpoints: string | string[], options?: ParleyOptions)
    /** The endpoint in use, or the next one to try. */
    readonly url: string
    /** The server lives, but can decide nothing now. */
    readonly isDegraded: boolean
    readonly status: Status
    readonly session?: string
    readonly identity?: string
    /** Whoever shows them is this somebody, and ends this connection: show them to nobody else. */
    readonly credentials?: Credentials
    readonly iceServers: RTCIceServer[]
    readonly iceServersExpireAt?: number
    readonly limits: Record<string, number>
    readonly features: string[]
    readonly rooms: Room[]
    on<Name extends keyof ParleyEvents>(name: Name, listener: ParleyEvents[Name]): Off
    /** `join` does it by itself. */
    connect(): void
    /**
     * Resolves when you are in the room; without a room id or alias a new room is created. Rejects with a ParleyError
     * if the server, or whoever decides at the door, refuses. While there is no network, or while you wait at the door, it
     * waits: see `status` and `onWaiting`.
     */
    join(room?: string, options?: JoinOptions): Promise<Room>
    /** Tries at once instead of later, and has a connection that is up checked. `online` and a page that is seen again do it too. */
    retry(): void
    /** Gives up this connection, whatever it is worth, and makes a new one. */
    reconnect(reason?: string): void
    close(): void

    // Calls.
    /** Of the person of this session, while this device is online. */
    readonly line: Line | null
    /** This device rings for its person from now on, and others see that they are there. To go offline: `line.leave()`. */
    online(options?: { name?: string } & Partial<Reachability>): Promise<Line>
    /** Resolves as soon as it is begun. `to`: identities or names of people. */
    call(to: string | string[], options?: CallOptions): Promise<Call>
    /** Waits in a queue; resolves with the call as soon as somebody else is in it with you. */
    queue(room: string, options?: QueueOptions): Promise<Call>
    /** By room: one to which you have taken somebody from a queue, or a call of this person on another device. */
    enter(room: string, options?: AcceptOptions): Promise<Call>
    /** `listener`: now, and whenever it changes; null for somebody who cannot be seen. Returns what ends it. */
    watch(people: string | string[], listener: (person: string, presence: Presence | null) => void): Off
}

export interface QueueOptions {
    name?: string
    /** What whoever serves you has to be able to do. */
    skills?: string[]
    /** With whom you want to be put together: those who say the same. */
    key?: string
    /** The greater goes first. */
    priority?: number
    /** That somebody who waits has told you. */
    code?: string
    settings?: Settings
    mesh?: MeshOptions
    /** At whose door you wait: see `place`, `estimateMilliseconds`, `code`; `leave()` gives up. */
    onWaiting?: (queue: Room) => void
}
export interface Customer { id: string; name?: string; identity?: string; since: number; priority?: number; key?: string; skills: string[] }
export interface Agent {
    id: string; name?: string; available: boolean; since: number; skills: string[]; isSelf: boolean
    /** The room in which they serve somebody. */
    serving?: string
    offer?: { participant: string; until: number }
}

export type Availability = 'available' | 'busy' | 'away' | 'do-not-disturb' | (string & {})
export interface Reachability {
    availability: Availability; note?: string
    /** What becomes of a call while another one is on: `ring`, or the caller hears `busy`. */
    whenBusy?: 'ring' | 'busy' | (string & {})
    showLastSeen?: boolean
}
export interface Presence {
    identity: string; availability: Availability | 'offline'; since?: number; lastSeenAt?: number; note?: string; devices?: number
    media?: { audio?: boolean; video?: boolean }
}
/** Who is called, or has called. `user`: as their app knows them. */
export interface Party { identity: string; name?: string; user?: string }
export type Intent = 'audio' | 'video' | (string & {})
/** The words of hang-ups; PROTOCOL.md has their numbers of SIP and Q.850. */
export type HangupCode = 'normal' | 'busy' | 'no-answer' | 'declined' | 'cancelled' | 'unreachable' | 'incompatible' | 'failed' | 'network'
    | 'answered-elsewhere' | 'transferred' | 'merged' | 'removed' | (string & {})
/** One level of texts, whole numbers and truths. */
export type CallData = Record<string, string | number | boolean>

export interface RingOptions {
    /** The `first` of them comes in (usual), or `each`. */
    mode?: 'first' | 'each'
    intent?: Intent
    /** 5 to 180 seconds; usual: 45. */
    ringMilliseconds?: number
    data?: CallData
}
export interface CallOptions extends RingOptions {
    name?: string
    /** Options of a `Mesh`: the call has one from the beginning (`call.mesh`), and its offer travels with the ring. */
    mesh?: MeshOptions
    earlyOffer?: boolean
}
export interface RungPerson extends Party {
    /** `calling`: no device shows it yet. */
    state: 'calling' | 'ringing' | 'answered' | 'declined' | 'busy' | 'unreachable' | 'incompatible' | (string & {})
}
export interface Ring { id: string; by: string; isMine: boolean; mode: string; intent: Intent; since: number; until: number; people: RungPerson[] }

export interface CallEvents extends RoomEvents {
    /** The call has become another room, and this client goes there by itself; then `moved` tells of the call there. */
    moving: () => void
    moved: (call: Call) => void
    'move-failed': (error: ParleyError) => void
}

/** A room that rings. A third person makes a meeting of it. */
export class Call extends Room {
    /** Where it was begun with `mesh`. */
    mesh: Mesh | null
    readonly isAnswered: boolean
    /** Its end is not the end: `moved` comes, or `move-failed`. */
    readonly isMoving: boolean
    /** How it has ended, once it has. */
    readonly end: { reason: string; code?: HangupCode } | null
    on<Name extends keyof CallEvents>(name: Name, listener: CallEvents[Name]): Off
    hangUp(code?: HangupCode): Promise<void>
    /** Somebody takes our place: we leave, and they ring. If they do not come, the others ring us. */
    transferTo(person: string): Promise<RoomEvent | void>
    /** The others of this call go to that one; this one is over. `leave`: without us, in both. */
    mergeInto(call: Call, options?: { leave?: boolean }): Promise<RoomEvent | void>
    add(to: string | string[], options?: RingOptions): Promise<RoomEvent | void>
}

export interface AcceptOptions { name?: string; audio?: boolean; video?: boolean; mesh?: MeshOptions }

/** A call that rings on this device. */
export class Incoming {
    private constructor()
    readonly room: string
    readonly ring: number
    readonly from: Party
    /** Whoever wants to be replaced, if it is a transfer. */
    readonly transferredBy?: Party
    /** Why an own transfer has failed, if it is that call which comes back. */
    readonly recall?: string
    readonly mode: string
    readonly intent: Intent
    readonly since: number
    readonly until: number
    readonly data?: CallData
    readonly isRinging: boolean
    /** Why it does not ring any more. */
    readonly reason?: IncomingEnd
    on(name: 'ended', listener: (reason: IncomingEnd) => void): Off
    /** Resolves with the call, in which you are then; rejects with `answered-elsewhere` or `ring-over` if it was too late. */
    accept(options?: AcceptOptions): Promise<Call>
    /** `person` (usual): all their devices stop. `message`: some words for whoever calls. */
    decline(options?: { scope?: 'device' | 'person'; code?: HangupCode; message?: string }): Promise<RoomEvent | void>
}
export type IncomingEnd = 'accepted' | 'answered-elsewhere' | 'declined' | 'cancelled' | 'no-answer' | 'over' | 'offline' | (string & {})

export interface MissedCall { id: string; from: Party; at: number; intent: Intent; reason: HangupCode; call: string }
export interface ElsewhereCall { room: string; device: string; name?: string; since: number }
export interface LineEvents extends RoomEvents {
    /** Once for each call, and at once for those that ring already when somebody begins to listen. */
    incoming: (call: Incoming) => void
    missed: (call: MissedCall) => void
    'availability-changed': (presence: Partial<Reachability>) => void
    blocked: (people: { identity: string; user: string }[]) => void
    unblocked: (people: { identity: string; user: string }[]) => void
}

/** The line of one person: its people are their devices. */
export class Line extends Room {
    readonly incoming: Incoming[]
    readonly presence: Partial<Reachability>
    /** The newest first. */
    readonly missed: MissedCall[]
    readonly blocked: { identity: string; user: string }[]
    /** Calls of other devices of this person. */
    readonly elsewhere: ElsewhereCall[]
    on<Name extends keyof LineEvents>(name: Name, listener: LineEvents[Name]): Off
    setAvailability(availability: Availability, options?: Omit<Partial<Reachability>, 'availability'>): Promise<RoomEvent | void>
    /** Their calls do not get through, and they are not told so. */
    block(person: string, blocked?: boolean): Promise<RoomEvent | void>
    unblock(person: string): Promise<RoomEvent | void>
    missedSeen(through: string | number): Promise<RoomEvent | void>
    /** A call on another device goes on here, and ends there. */
    continueHere(call: ElsewhereCall | string, options?: AcceptOptions): Promise<Call>
}

export interface JoinOptions {
    /** What others see. */
    name?: string
    /**
     * Of a room that this join creates: what becomes of a second session of somebody who is in it. `allow`: two participants;
     * `replace`: the new one takes the place; `reject`: it is refused (`identity-present`). Default: the server's.
     */
    devices?: 'allow' | 'replace' | 'reject'
    /** Of a room that this join creates. */
    settings?: Settings
    pin?: string
    /** The secret of one. */
    invitation?: string
    /** A wish, and only downwards. */
    role?: 'audience' | 'observer'
    /** What this device can send and receive in this room, in place of what `hello` says. */
    media?: MediaAbilities
    /** Of a `transferred` event. */
    ticket?: string
    /** Called if you have to wait at the door. `status` is `waiting`; `admitted` comes when you are in; `leave()` gives up. */
    onWaiting?: (room: Room) => void
}

export interface RoomEvents {
    /** Any change of state. */
    change: () => void
    joined: (person: Person) => void
    left: (person: Person, reason: string) => void
    /** From the counted audience to the stage: they are listed now. Of yourself too. */
    'on-stage': (person: Person) => void
    /** Back to the audience: they are counted now, and have not left. */
    'off-stage': (person: Person) => void
    /** Another number of people in the audience. */
    audience: (count: number) => void
    'media-changed': (person: Person) => void
    /** With `sealing`: they have shown that they have the key that was vouched for. */
    verified: (proof: { id: string; claims: Claims }) => void
    /** With `sealing`, once: nobody who is believed vouches for them, and by `required` nothing is said to them. */
    unverified: (whom: { id: string }) => void
    /** With `sealing`: a signal was dropped that is not what it should be. */
    unsealed: (failure: { from: string; error: ParleyError }) => void
    event: (event: RoomEvent) => void
    signal: (signal: { from: string; data: unknown }) => void
    pulse: (pulse: { from: string; kind: string; data: unknown }) => void
    /** `offer`, `answer`, `ice-candidate`, `ice-restart`, `hangup` as they arrive, for those who do without `Mesh`. */
    negotiation: (frame: Record<string, unknown>) => void
    /** Their `roundTripMilliseconds` is new. */
    'round-trip': (person: Person) => void
    /** A newer list than that of `welcome`; `Mesh` has it by now. */
    'ice-servers': (iceServers: RTCIceServer[]) => void
    /** Who of a pair restarts ICE if the connection is not up (null: neither can), for those who do without `Mesh`. */
    restarter: (frame: { peer: string; restarter: string | null }) => void
    /** The server has lost them (or we have lost it: `isSelf`). They stay in `people`. */
    interrupted: (person: Person) => void
    /** They (or we) are back, and nothing was missed. */
    resumed: (person: Person) => void
    // What becomes of the door. `admitted` is also told to whoever was let in, with `isSelf`.
    waiting: (person: WaitingPerson, reason: WaitingReason) => void
    admitted: (person: WaitingPerson | Person) => void
    denied: (person: WaitingPerson) => void
    /** They have given up, or were removed. */
    'waiting-left': (person: WaitingPerson, reason: string) => void
    /** Words from a moderator to those who wait. */
    notice: (notice: { text: string; by?: string }) => void
    invited: (news: { id: string; by?: string }) => void
    revoked: (news: { id: string }) => void
    // The meeting.
    configured: (news: { by?: string }) => void
    opened: () => void
    locked: (by?: Person) => void
    unlocked: (by?: Person) => void
    /** It will be over at `endsAt`: because its time is up, or because nobody is there. */
    ending: (news: { reason: 'duration' | 'empty' | (string & {}); endsAt?: number }) => void
    /** `reason`: a host was succeeded, or the owner is back. */
    'role-changed': (person: Person, news: { by?: string; reason?: 'succession' | 'owner-returned' | (string & {}) }) => void
    banned: (news: { by?: string; name?: string; identity?: string }) => void
    unbanned: (news: { by?: string }) => void
    /** Of yourself it is told once, whatever it came by; the tracks of `Mesh` are off then. `by`: who, by kind. */
    muted: (person: Person, by: { audio?: string; video?: string }) => void
    'all-muted': (news: { by?: string; audio?: boolean; video?: boolean; mayUnmute?: boolean }) => void
    /** After `rejoined`: somebody else shares by now, so yours has ended. */
    'screen-refused': (error: ParleyError) => void
    'speak-allowed': (person: Person, news: { by?: string }) => void
    'hand-raised': (person: Person) => void
    'hand-lowered': (person: Person, news: { by?: string }) => void
    'hands-lowered': (news: { by?: string }) => void
    'speaker-changed': (person?: Person) => void
    'floor-taken': (floor: Floor, person: Person, news: { by?: string }) => void
    'floor-queued': (floor: Floor, person: Person, news: { by?: string }) => void
    'floor-renewed': (floor: Floor, person: Person, news: { by?: string }) => void
    /** `reason`: absent if by command. `person` is undefined if they have left the room. */
    'floor-left': (floor: Floor, person: Person | undefined, news: { by?: string; reason?: 'gone' | 'expired' | 'withdrawn' | (string & {}) }) => void
    'floor-revoked': (floor: Floor, person: Person, news: { by?: string }) => void
    'floor-defined': (floor: Floor) => void
    'consent-asked': (consent: Consent) => void
    'consent-answered': (consent: Consent, person: Person | undefined, answer: boolean) => void
    /** Somebody who was asked has left. */
    'consent-excused': (consent: Consent) => void
    'consent-closed': (consent: Consent, outcome: 'granted' | 'refused' | 'expired' | 'cancelled' | (string & {})) => void
    'recording-asked': (news: { by?: string }) => void
    'recording-answered': (person: Person | undefined, answer: boolean) => void
    'recording-started': (news: { by?: string }) => void
    'recording-refused': (news: { by?: string; reason?: string }) => void
    'recording-stopped': (news: { by?: string; reason?: string }) => void
    /** `participant`: beside whom; absent: of the room. Without `value` it was taken away. */
    'attribute-set': (news: { key: string; value?: Value; version?: number; participant?: string; by?: string }) => void
    'breakouts-opened': (breakouts: Breakout[]) => void
    /** Without `breakout`: to none any more. */
    assigned: (person: Person, breakout?: string) => void
    'breakout-joined': (person: Person, breakout: string) => void
    'breakout-left': (person: Person, breakout: string) => void
    /** Soon they close. */
    'breakouts-ending': (news: { endsAt: number }) => void
    recalled: () => void
    'breakouts-closed': (news: { reason?: 'closed' | 'duration' | (string & {}) }) => void
    /** Somebody shall go to another room; with `isSelf` it is you: `parley.join(room, { ticket })`. */
    transferred: (person: Person, news: { room: string; ticket?: string }) => void
    'policy-changed': (policy?: MediaPolicy) => void
    'ring-started': (ring?: Ring) => void
    'ring-changed': (person: RungPerson, news: { ring: number; state: string; message?: string }) => void
    /** `by`: the identity of whoever has rung. */
    'ring-answered': (person: Person | undefined, news: { ring: number; by?: string; answer?: object }) => void
    'ring-ended': (news: { ring: number; reason: string }) => void
    held: (person?: Person) => void
    unheld: (person?: Person) => void
    /** A third person is in: from here on it is a meeting. */
    'became-meeting': () => void
    taken: (news: { room: string; people: string[]; agent?: string; isSelf: boolean }) => void
    /** For agents: that customer, or agent, is in the room that they were taken to. */
    came: (participant: string) => void
    /** Not all have come there in time. Those who have (`people`) are in the line again, and the agent serves nobody. */
    unmet: (news: { room: string; people: string[]; agent?: string; isSelf: boolean }) => void
    offered: (agent: Person | undefined, offer: { customer: string; until: number }) => void
    'offer-ended': (agent: Person | undefined, news: { reason: string }) => void
    'agent-changed': (agent?: Agent) => void
    'transfer-failed': (news: { ring?: number; reason?: string }) => void
    /** A message that is newer than all before it. */
    chat: (message: ChatMessage) => void
    /** The state came as a whole, in place of events: `joined` and `left` were told by comparison. */
    resynced: () => void
    /** After a reconnect that came too late altogether: `self` is new. */
    rejoined: (why?: ResumeRefusal) => void
    ended: (reason: string) => void
    /** The last one: left, ended, or the session was closed. */
    closed: (reason: string) => void
}

export class Room {
    private constructor()
    readonly id: string
    /** With `sealing`: who they have proven to be, or null. */
    verified(id: string): Claims | null
    readonly alias?: string
    /** Your participant id. Another one after `rejoined`. */
    readonly self: string
    readonly state: RoomState
    /** In order of arrival: those on the stage, and for most views those of the audience whose hand is up (`counted`). */
    readonly people: Person[]
    /** Yourself, also while you are in no list. */
    readonly me: Pick<Person, 'id' | 'isSelf'> & Partial<Person>
    /** How many are counted and not listed; 0 while everybody is listed. */
    readonly audience: number
    /** You are one of them. */
    readonly isCounted: boolean
    /** A page of the counted audience; at most 100 at a time. Needs `roster`. */
    roster(options?: { after?: number; max?: number }): Promise<RosterPage>
    readonly position: Position
    /** Computed from `state`. */
    readonly hash: string
    readonly isClosed: boolean
    /** While there is no connection: commands and signals wait, pulses are dropped. */
    readonly isInterrupted: boolean
    person(id: string): Person | undefined
    /** Whether the server does what this name stands for (`welcome.features`). */
    can(feature: string): boolean
    on<Name extends keyof RoomEvents>(name: Name, listener: RoomEvents[Name]): Off
    /** Resolves when it was delivered. */
    send(to: string, data: unknown): Promise<void>
    signal(type: 'offer' | 'answer' | 'ice-candidate' | 'ice-restart' | 'hangup' | 'signal', to: string, payload: object): Promise<void>
    /** Returns whether it went out; nobody knows whether it arrived. */
    pulse(kind: string, data?: unknown, options?: { to?: string }): boolean
    media(media: Partial<Media>): Promise<RoomEvent | void>
    /** `code`: why, for those who stay. */
    leave(options?: { code?: HangupCode }): Promise<void>
    /** A command that has no method of its own. Resolves with the event that names it, if that was seen. */
    command(type: string, members?: object): Promise<RoomEvent | void>

    // Rings and holds, of calls and meetings.
    readonly kind: 'meeting' | 'call' | 'line' | 'queue' | (string & {})
    readonly rings: Ring[]
    ring(to: string | string[], options?: RingOptions): Promise<RoomEvent | void>
    cancelRing(ring: string | number): Promise<RoomEvent | void>
    /** No sound and no picture, in both directions; `Mesh` sees to it. */
    hold(): Promise<RoomEvent | void>
    unhold(): Promise<RoomEvent | void>
    readonly isHeld: boolean
    isHeldWith(id: string): boolean

    // Queues: people wait at the door of such a room, and whoever is in it takes them.
    /** How many are before you. */
    readonly place?: number
    /** In a match: how many with your key are there, you among them. */
    readonly found?: number
    readonly estimateMilliseconds?: number
    readonly code?: string
    readonly takenTo?: string
    /** As agents see them, the next one first. */
    readonly customers: Customer[]
    readonly agents: Agent[]
    /** The next one, the first who asks for that skill, or one whom you name. The event has the `room`: see `parley.enter`. */
    take(whom?: { skill?: string; participant?: string }): Promise<RoomEvent | void>
    pass(): Promise<RoomEvent | void>
    serve(available?: boolean, options?: { skills?: string[] }): Promise<RoomEvent | void>

    // The meeting. What a command needs is in `state.roles`; without it the server says `not-permitted`.
    readonly topic?: string
    readonly lifecycle: Lifecycle
    readonly isLocked: boolean
    readonly admission: AdmissionRule
    readonly hasPIN: boolean
    /** The instant when it is over, whatever happens. */
    readonly endsAt?: number
    readonly rules: Rules
    configure(settings: Settings): Promise<RoomEvent | void>
    lock(): Promise<RoomEvent | void>
    unlock(): Promise<RoomEvent | void>
    /** For everybody. */
    end(): Promise<RoomEvent | void>

    // The door.
    /** How much of the room you see: by your role, or while you wait. */
    readonly view?: 'moderator' | 'participant' | 'audience' | 'waiting' | (string & {})
    readonly status: 'waiting' | 'joined' | 'closed'
    readonly waitingReason?: WaitingReason
    /** Who came first is the first. Empty for whoever may not admit. */
    readonly waiting: WaitingPerson[]
    readonly invitations: Invitation[]
    admit(...ids: (string | string[])[]): Promise<RoomEvent | void>
    admitAll(): Promise<RoomEvent | void>
    deny(...ids: (string | string[])[]): Promise<RoomEvent | void>
    denyAll(): Promise<RoomEvent | void>
    /** To those who wait, or some of them. */
    notice(text: string, ids?: string | string[]): Promise<RoomEvent | void>
    /** The secret is told once and to you alone; undefined if a loss came between: revoke it then, and make another. */
    invite(invitation?: { label?: string; role?: Role; usesMax?: number; expiresAt?: number; bypass?: boolean }): Promise<{ id?: string; secret?: string }>
    revoke(id: string): Promise<RoomEvent | void>

    // Roles.
    readonly role?: Role
    readonly roles: Record<string, Partial<Record<Permission, boolean>>>
    readonly bans: Ban[]
    may(permission: Permission): boolean
    setRole(id: string, role: Role): Promise<RoomEvent | void>
    transferHost(id: string): Promise<RoomEvent | void>
    remove(id: string, options?: { ban?: boolean; banMilliseconds?: number }): Promise<RoomEvent | void>
    unban(id: string): Promise<RoomEvent | void>

    // Moderation.
    /** In the order in which they were raised. */
    readonly hands: Person[]
    readonly activeSpeaker?: Person
    /** Whether your microphone may be switched on now. */
    readonly mayUnmute: boolean
    readonly mutedBy: { audio?: string; video?: string }
    /** The microphone, unless it says otherwise. */
    mute(id: string, kinds?: { audio?: boolean; video?: boolean }): Promise<RoomEvent | void>
    muteAll(options?: { audio?: boolean; video?: boolean; except?: string[]; mayUnmute?: boolean }): Promise<RoomEvent | void>
    allowSpeak(id: string, allowed?: boolean): Promise<RoomEvent | void>
    askUnmute(ids: string | string[], kinds?: { audio?: boolean; video?: boolean }): Promise<RoomEvent | void>
    /** `speak`: to say something, not only to be counted. */
    raiseHand(options?: { speak?: boolean }): Promise<RoomEvent | void>
    lowerHand(id?: string): Promise<RoomEvent | void>
    lowerHands(): Promise<RoomEvent | void>

    // Floors: `screen`, `spotlight`, and the app's own.
    readonly floors: Floor[]
    floor(name: string): Floor
    /** Resolves when it is yours, or when you wait for it. `wait: false`: `floor-busy` in place of that. */
    takeFloor(name: string, options?: { wait?: boolean }): Promise<RoomEvent | void>
    leaveFloor(name: string): Promise<RoomEvent | void>
    giveFloor(name: string, id: string, options?: { instead?: string }): Promise<RoomEvent | void>
    revokeFloor(name: string, id: string): Promise<RoomEvent | void>
    defineFloor(name: string, definition?: { capacity?: number; policy?: Floor['policy']; leaseMilliseconds?: number }): Promise<RoomEvent | void>

    // Questions.
    readonly consents: Consent[]
    /** Those that wait for your answer. */
    readonly questions: Consent[]
    ask(question: { kind: string; participants?: string[]; deadlineMilliseconds?: number; rule?: ConsentRule; question?: string }): Promise<RoomEvent | void>
    answer(id: string, answer: boolean): Promise<RoomEvent | void>
    cancel(id: string): Promise<RoomEvent | void>
    readonly recording?: Recording
    startRecording(options?: { deadlineMilliseconds?: number }): Promise<RoomEvent | void>
    stopRecording(): Promise<RoomEvent | void>
    answerRecording(answer: boolean): Promise<RoomEvent | void>

    // What an app keeps here.
    attributes(participant?: string): Record<string, Attribute>
    /** `value` undefined takes it away; `version`: only if that is the present one, 0 if there shall be none. */
    setAttribute(key: string, value: Value | undefined, options?: { version?: number; participant?: string }): Promise<RoomEvent | void>

    // Breakout rooms.
    readonly breakouts: Breakout[]
    /** The one that you are assigned to. */
    readonly breakout?: Breakout
    /** The one that somebody is in now. */
    breakoutOf(id: string): Breakout | undefined
    readonly parent?: string
    openBreakouts(rooms: Record<string, string[]>, options?: { durationMilliseconds?: number }): Promise<RoomEvent | void>
    /** Without `breakout`: to none. */
    assign(id: string, breakout?: string): Promise<RoomEvent | void>
    recall(): Promise<RoomEvent | void>
    closeBreakouts(): Promise<RoomEvent | void>
    transfer(id: string, room: string): Promise<RoomEvent | void>

    /** Undefined if nobody has said what their device can. `Mesh` follows it. */
    readonly policy?: MediaPolicy
    /** Says anew what this device can send and receive. */
    abilities(media: MediaAbilities): Promise<RoomEvent | void>

    // Chat.
    /** The oldest first; at most the last 500. */
    readonly messages: ChatMessage[]
    /** Resolves when it is in the log. `to`: for one person's eyes. */
    chat(text: string, options?: { to?: string }): Promise<ChatMessage>
    chatHistory(options?: { before?: number; limit?: number }): Promise<ChatMessage[]>
}

export interface MeshOptions {
    /** Camera and microphone. */
    stream?: MediaStream | null
    /** Labels of data channels: the same ones in the same order at every participant. */
    channels?: string[]
    /** Default: what the server said in `welcome`. */
    iceServers?: RTCIceServer[]
    RTCPeerConnection?: unknown
    RTCRtpReceiver?: unknown
    MediaStream?: unknown
}

export interface MeshEvents {
    peer: (peer: Peer) => void
    /** With `sealing`: `peer.verified` says who it is. */
    verified: (peer: Peer) => void
    'peer-left': (peer: Peer, reason: string) => void
    state: (peer: Peer) => void
    stream: (change: { peer: Peer; stream: MediaStream; track: MediaStreamTrack; isScreen: boolean }) => void
    'stream-removed': (change: { peer: Peer; stream: MediaStream; track: MediaStreamTrack; isScreen: boolean }) => void
    /** A moderator has muted you: these tracks are off now, and stay so until your app switches them on. */
    hushed: (kinds: ('audio' | 'video')[]) => void
    'channel-open': (change: { peer: Peer; label: string }) => void
    'channel-message': (message: { from: string; label: string; data: string | ArrayBuffer }) => void
    error: (failure: { peer: Peer; error: Error }) => void
}

export class Mesh {
    constructor(room: Room, options?: MeshOptions)
    /** By participant id. */
    readonly peers: Map<string, Peer>
    /** What is sent to everybody now. */
    readonly tracks: { audio: MediaStreamTrack | null; video: MediaStreamTrack | null }
    on<Name extends keyof MeshEvents>(name: Name, listener: MeshEvents[Name]): Off
    setStream(stream: MediaStream | null): Promise<void>
    setTrack(kind: 'audio' | 'video', track: MediaStreamTrack | null): Promise<void>
    addScreen(stream: MediaStream): Promise<void>
    removeScreen(): Promise<void>
    /** To every peer whose channel is open. Returns how many that were. */
    broadcast(label: string, data: string | ArrayBuffer | ArrayBufferView | Blob): number
    /** Somebody of the counted audience gets what is sent here too. On the stage everybody meets by itself. */
    meet(person: Person): void
    /** Looks for new paths; what has failed for good is made anew. */
    restart(id: string): void
    close(): void
}

export interface Peer {
    /** The participant id. */
    readonly id: string
    readonly connection: RTCPeerConnection
    readonly polite: boolean
    readonly state: 'connecting' | 'connected' | 'reconnecting' | 'failed'
    /** Camera first, then screen. */
    readonly streams: MediaStream[]
    readonly camera?: MediaStream
    readonly screen?: MediaStream
    readonly channels: Map<string, RTCDataChannel>
    /** With `sealing`: who they have proven to be. Show this name, not the one that the server tells. */
    readonly verified: Claims | null
}

/** What an assertion says, as far as whoever checks it wants to know. */
export interface Claims { publicKey: JsonWebKey; identity?: string; name?: string; [claim: string]: unknown }

export class Sealing {
    private constructor()
    /** Makes the keys of this page, and has your own service vouch for them. */
    static begin(options: {
        /** Resolves with at most 2048 bytes that say whose key this is. */
        assertion: (publicKey: JsonWebKey) => Promise<string>
        /** Rejects if it is not to be believed. */
        verify: (assertion: string) => Promise<Claims>
        /** Default: `required`, nobody is spoken to who is not verified. `preferred`: those who have no assertion are, plainly. */
        policy?: 'required' | 'preferred'
    }): Promise<Sealing>
    readonly assertion: string
    readonly policy: 'required' | 'preferred'
}

/** For `verify`: a JWS (ES256) by one of these keys, which must not have come from the signaling server. */
export function believing(options: {
    keys: JsonWebKey[]; issuer?: string; audience?: string; now?: () => number
}): (assertion: string) => Promise<Claims>

export function stateHash(state: object): string
/** JSON Merge Patch (RFC 7396). */
export function fold(state: unknown, patch: unknown): unknown
export function politeness(self: { joined: number; rollback: boolean }, other: { joined: number; rollback: boolean }): { polite: boolean; offers: boolean }
