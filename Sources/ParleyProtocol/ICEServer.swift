/// One entry of `RTCConfiguration.iceServers` (W3C WebRTC, section 4.2.4).
public struct ICEServer: Hashable, Sendable {
    /// `stun:` and `turn:` addresses.
    public var urls: [String]
    public var username: String?
    public var credential: String?

    public init(urls: [String], username: String? = nil, credential: String? = nil) {
        self.urls = urls
        self.username = username
        self.credential = credential
    }
}
