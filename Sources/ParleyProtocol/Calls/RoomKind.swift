/// What sort of room it is. It decides who may come in and when it is over; order, resume and views are the same.
public enum RoomKind: String, CaseIterable, Hashable, Sendable, BitwiseCopyable {
    /// People meet. The usual one, and never written down.
    case meeting
    /// Somebody rings somebody. It is over when nobody is left to talk to.
    case call
    /// The telephone line of one person: its participants are that person's devices.
    case line
    /// People wait here to be taken.
    case queue
}
