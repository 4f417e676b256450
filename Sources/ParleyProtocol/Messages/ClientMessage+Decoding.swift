extension ClientMessage {
    public static func decode(_ value: JSONValue, limits: Limits = Limits()) throws(Rejection) -> ClientMessage {
        throw Rejection(.malformed)
    }
}
extension ClientMessage {
    /// Appends the message as JSON text.
    public func encode(into bytes: inout [UInt8]) {}
}
