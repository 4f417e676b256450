extension ServerMessage {
    public static func decode(_ value: JSONValue) throws(Rejection) -> ServerMessage {
        throw Rejection(.malformed)
    }
    /// Appends the message as JSON text, `type` first.
    public func encode(into bytes: inout [UInt8]) {}
}
