public import ParleyTransport

/// The server that is to be loaded, and what it is shown.
public struct LoadServer: Sendable {
    /// Every connection goes there.
    public var target: WebSocketClientConnection.Target
    /// As it may be printed: without what lets somebody in.
    public var name: String
    /// In every `hello`.
    public var token: String?
    /// Of people who are to be told apart, in turn.
    public var tokens: [String] = []

    public init(target: WebSocketClientConnection.Target, name: String, token: String? = nil) {
        self.target = target
        self.name = name
        self.token = token
    }

    /// The same for whoever comes back: a server in a crowd takes these first.
    var targetOfReturn: WebSocketClientConnection.Target {
        var target = self.target
        target.path += target.path.contains("?") ? "&resume=1" : "?resume=1"
        return target
    }
}
