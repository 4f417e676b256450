// Types of the Parley client. Instants are UTC milliseconds, durations say their unit.

export type Off = () => void
export type Role = 'host' | 'participant' | (string & {})
/** `[generation, sequence, uid]`: compare all three. */
export type Position = [number, number, string]

export interface Abilities { rollback?: boolean; trickle?: boolean; restart?: boolean }
export interface Media { audio: boolean; video: boolean; screen: boolean }

export interface Person {
    id: string
    name?: string
    identity: string
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
    /** To the server and back; known some seconds after they came. */
    roundTripMilliseconds?: number
}

export interface RoomState {
    room: { id: string; alias?: string; lifecycle: string; createdAt: number; capacity: number; [member: string]: unknown }
    people: Record<string, Omit<Person, 'id' | 'isSelf'>>
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
    /** Default: all three. */
    abilities?: Abilities
    token?: string
    /** Keeps a reloaded page the same somebody: `sessionStorage`. */
    storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
    /** Of a Parley in another page, whose place this one takes. */
    credentials?: Credentials
    /** Of a Parley that goes on: this one is another device, or tab, of the same person. */
    identity?: Credentials
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
    /** A room's state came as a whole: too much was missed, or what we held was not what the server holds. */
    resynced: (room: Room) => void
    /** The session could not be had any more. This is a new one, and the rooms are being joined again. */
    restarted: (why?: ResumeRefusal) => void
    welcome: (frame: object) => void
    rejected: (frame: Rejection) => void
    error: (error: ParleyError) => void
}

export class Parley {
    constructor(options?: ParleyOptions)
    constructor(endpoints: string | string[], options?: ParleyOptions)
    /** The endpoint in use, or the next one to try. */
    readonly url: string
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
     * if the server refuses. While there is no network it waits: see `status`.
     */
    join(room?: string, options?: JoinOptions): Promise<Room>
    /** Tries at once instead of later, and has a connection that is up checked. `online` and a page that is seen again do it too. */
    retry(): void
    /** Gives up this connection, whatever it is worth, and makes a new one. */
    reconnect(reason?: string): void
    close(): void
}

export interface JoinOptions {
    /** What others see. */
    name?: string
    /**
     * Of a room that this join creates: what becomes of a second session of somebody who is in it. `allow`: two participants;
     * `replace`: the new one takes the place; `reject`: it is refused (`identity-present`). Default: the server's.
     */
    devices?: 'allow' | 'replace' | 'reject'
}

export interface RoomEvents {
    /** Any change of state. */
    change: () => void
    joined: (person: Person) => void
    left: (person: Person, reason: string) => void
    'media-changed': (person: Person) => void
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
    readonly alias?: string
    /** Your participant id. Another one after `rejoined`. */
    readonly self: string
    readonly state: RoomState
    /** In order of arrival. */
    readonly people: Person[]
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
    media(media: Partial<Media>): Promise<void>
    leave(): Promise<void>
}

export interface MeshOptions {
    /** Camera and microphone. */
    stream?: MediaStream | null
    /** Labels of data channels: the same ones in the same order at every participant. */
    channels?: string[]
    /** Default: what the server said in `welcome`. */
    iceServers?: RTCIceServer[]
    RTCPeerConnection?: unknown
    MediaStream?: unknown
}

export interface MeshEvents {
    peer: (peer: Peer) => void
    'peer-left': (peer: Peer, reason: string) => void
    state: (peer: Peer) => void
    stream: (change: { peer: Peer; stream: MediaStream; track: MediaStreamTrack; isScreen: boolean }) => void
    'stream-removed': (change: { peer: Peer; stream: MediaStream; track: MediaStreamTrack; isScreen: boolean }) => void
    'channel-open': (change: { peer: Peer; label: string }) => void
    'channel-message': (message: { from: string; label: string; data: string | ArrayBuffer }) => void
    error: (failure: { peer: Peer; error: Error }) => void
}

export class Mesh {
    constructor(room: Room, options?: MeshOptions)
    /** By participant id. */
    readonly peers: Map<string, Peer>
    on<Name extends keyof MeshEvents>(name: Name, listener: MeshEvents[Name]): Off
    setStream(stream: MediaStream | null): Promise<void>
    setTrack(kind: 'audio' | 'video', track: MediaStreamTrack | null): Promise<void>
    addScreen(stream: MediaStream): Promise<void>
    removeScreen(): Promise<void>
    /** To every peer whose channel is open. Returns how many that were. */
    broadcast(label: string, data: string | ArrayBuffer | ArrayBufferView | Blob): number
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
}

export function stateHash(state: object): string
/** JSON Merge Patch (RFC 7396). */
export function fold(state: unknown, patch: unknown): unknown
export function politeness(self: { joined: number; rollback: boolean }, other: { joined: number; rollback: boolean }): { polite: boolean; offers: boolean }
