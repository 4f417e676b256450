/// A request to become a WebSocket, found to be a valid one (RFC 6455, section 4.2.1).
public struct UpgradeRequest: Sendable {
    /// Before the `?`, percent-encoded as it came.
    public var path: String
    /// After the `?`, percent-encoded as it came; nil without one.
    public var query: String?
    /// In the order in which they came.
    public var headers: [(name: String, value: String)]
    /// What the client offers in `Sec-WebSocket-Protocol`, its favourite first.
    public var subprotocols: [String]
    public var source: ConnectionSource

    package init(
        path: String,
        query: String?,
        headers: [(name: String, value: String)],
        subprotocols: [String],
        source: ConnectionSource
    ) {
        self.path = path
        self.query = query
        self.headers = headers
        self.subprotocols = subprotocols
        self.source = source
    }

    /// The value of the first header of that name, in whatever case.
    public subscript(header name: String) -> String? {
        self.headers.first { $0.name.equalsIgnoringCase(name) }?.value
    }
}

/// What becomes of an `UpgradeRequest`.
public enum UpgradeDecision {
    /// Answer with 101. `delegate` is called at once, after the response was put into the output and before
    /// anything is read: what it sends leaves in the same write.
    case accept(
        subprotocol: String?,
        headers: [(name: String, value: String)] = [],
        delegate: (WebSocketConnection) -> any WebSocketDelegate
    )
    case refuse(UpgradeRefusal)
}

/// An HTTP response that is not 101; the channel ends after it.
public struct UpgradeRefusal: Error, Sendable {
    public var status: UInt16
    /// Of the status line, e.g. "Service Unavailable".
    public var reason: String
    /// Besides `Content-Length`, `Content-Type` and `Connection`. Neither names nor values may contain line
    /// breaks.
    public var headers: [(name: String, value: String)]
    public var body: String
    public var contentType: String

    public init(
        status: UInt16,
        reason: String,
        headers: [(name: String, value: String)] = [],
        body: String = "",
        contentType: String = "text/plain; charset=utf-8"
    ) {
        self.status = status
        self.reason = reason
        self.headers = headers
        self.body = body
        self.contentType = contentType
    }

    /// The whole response.
    package var bytes: [UInt8] {
        var text = "HTTP/1.1 \(self.status) \(self.reason)\r\n"
        for (name, value) in self.headers {
            text += "\(name): \(value)\r\n"
        }
        text += "Content-Type: \(self.contentType)\r\nContent-Length: \(self.body.utf8.count)\r\n"
        text += "Connection: close\r\n\r\n"
        return Array((text + self.body).utf8)
    }
}

extension String {
    /// ASCII letters only: what HTTP's names and tokens consist of.
    package func equalsIgnoringCase(_ other: String) -> Bool {
        self.utf8.count == other.utf8.count
            && zip(self.utf8, other.utf8).allSatisfy { $0.lowercased == $1.lowercased }
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}
