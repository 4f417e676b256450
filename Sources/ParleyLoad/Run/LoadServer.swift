public import ParleyTransport

/// The server that is to be loaded, and what it is shown.
public struct LoadServer: Sendable {
    /// Where connections go, unless the scenario knows where else.
    public var target: WebSocketClientConnection.Target
    /// Other servers of the same cluster, which clients know as well.
    public var others: [WebSocketClientConnection.Target] = []
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

    var endpoints: Int { 1 + self.others.count }

    /// - Parameters:
    ///   - endpoint: 0 is the one where all begin.
    ///   - isReturn: a server in a crowd takes those who come back first.
    func target(_ endpoint: Int, isReturn: Bool) -> WebSocketClientConnection.Target {
        var target = endpoint == 0 ? self.target : self.others[endpoint - 1]
        if isReturn { target.path += target.path.contains("?") ? "&resume=1" : "?resume=1" }
        return target
    }
}
