/// Why a log entry or a snapshot could not be read. Whoever meets one must not host that room.
public enum RoomFormatError: Error, Hashable, Sendable {
    /// Written by a later version; applying "nothing" instead would make another room.
    case unknownEvent(String)
    case unknownVersion(Int64)
    /// A member is missing or is not what it should be.
    case member(String)
    /// The snapshot's hash is not that of what it holds.
    case hashMismatch
}
