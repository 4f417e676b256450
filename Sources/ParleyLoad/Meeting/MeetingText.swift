import ParleyProtocol

/// What is in the signals of a meeting: as long as what browsers say, and known to whoever reads it.
enum MeetingText {
    private static let padding = String(repeating: "a=rtpmap:96 VP8/90000\r\n", count: 80)

    static func description(_ n: UInt64, of title: String) -> String {
        "v=0\r\no=\(n) \(title)\r\n" + Self.padding
    }

    static func candidate(_ n: UInt64, of title: String) -> JSONValue {
        [
            "candidate": .string("candidate:\(n) 1 udp 2122260223 192.0.2.1 50000 typ host"),
            "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": .string(title),
        ]
    }

    static func isWhole(_ signal: RelayedSignal, of title: String) -> Bool {
        switch signal.payload {
        case .offer(let sdp), .answer(let sdp): sdp == Self.description(signal.n, of: title)
        case .iceCandidate(let candidate): candidate == Self.candidate(signal.n, of: title)
        case .hangup, .iceRestart, .signal: false
        }
    }
}
