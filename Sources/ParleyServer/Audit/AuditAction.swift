/// What can have happened. The words are stable; docs/OPERATING.md lists them.
package enum AuditAction: String, Hashable, Sendable, CaseIterable {
    // Rooms
    case roomCreated = "room-created"
    case roomConfigured = "room-configured"
    case roomOpened = "room-opened"
    case roomLocked = "room-locked"
    case roomUnlocked = "room-unlocked"
    case roomEnded = "room-ended"
    /// The engine has another history of the room than the one that this node had written down.
    case roomReplaced = "room-replaced"
    // The door
    case joined
    case admitted
    case denied
    case left
    case removed
    case banned
    case unbanned
    case invitationMade = "invitation-made"
    case invitationRevoked = "invitation-revoked"
    // Moderation
    case muted
    case allMuted = "all-muted"
    case speakAllowed = "speak-allowed"
    case roleChanged = "role-changed"
    case hostTransferred = "host-transferred"
    // Consent and recording
    case consentAsked = "consent-asked"
    case consentAnswered = "consent-answered"
    case consentClosed = "consent-closed"
    case recordingAsked = "recording-asked"
    case recordingStarted = "recording-started"
    case recordingAnswered = "recording-answered"
    case recordingRefused = "recording-refused"
    case recordingStopped = "recording-stopped"
    // Access
    case authenticationRefused = "authentication-refused"
    /// More refusals than are written one by one.
    case authenticationsRefused = "authentications-refused"
    case sessionEnded = "session-ended"
    // Operators
    case drainBegun = "drain-begun"
    case drainTakenBack = "drain-taken-back"
    case revoked
    case revocationLifted = "revocation-lifted"
    // The log itself
    case serverStarted = "server-started"
    case serverStopped = "server-stopped"
    case fileOpened = "file-opened"
    /// The line before this one was not written to its end.
    case lineTorn = "line-torn"
    /// So many entries found no place in the queue.
    case entriesMissing = "entries-missing"
}
