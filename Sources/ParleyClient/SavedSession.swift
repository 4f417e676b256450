/// What an app needs in order to be the same somebody after it was started again; or, handed to another device of the
/// same person, to be known as that person there.
///
/// Whoever holds it is that somebody: keep it where passwords are kept.
public struct SavedSession: Hashable, Sendable, Codable {
    /// As text: `s_…`.
    public var session: String
    public var secret: String
    /// Where it was connected last.
    public var address: String

    public init(session: String, secret: String, address: String) {
        self.session = session
        self.secret = secret
        self.address = address
    }
}
