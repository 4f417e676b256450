/// RFC 6455, sections 5.5.1 and 7.4.
enum WebSocketCloseFrame {
    /// Of the reason: a control frame has 125 bytes, two of them for the code.
    static let reasonBytesMax = 123

    /// Whether `code` may be in a frame: 1004 to 1006 and 1015 only ever stand for its absence, the rest of
    /// 1000 to 2999 is not registered, above 4999 nothing is defined.
    static func mayTravel(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// The longest beginning of `reason` that fits and ends with a whole character.
    static func fitting(_ reason: String) -> String {
        var fitting = reason
        while fitting.utf8.count > self.reasonBytesMax {
            fitting.removeLast()
        }
        return fitting
    }
}
