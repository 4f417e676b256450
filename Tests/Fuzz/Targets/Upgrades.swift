import ParleyServer
import ParleyTransport

extension FuzzTarget {
    /// What a connection begins with. However it is cut, the first verdict is the same, and nothing in a request that
    /// is taken could begin another line of a log or of a response.
    static let upgrades = FuzzTarget(name: "upgrades") { input in
        // Longer ones say nothing more, and byte by byte they take for ever.
        let input = UnsafeRawBufferPointer(rebasing: input.prefix(Self.headBytesMax + 20))
        let verdict = try Self.firstVerdict(of: input, step: input.count)
        try demand(verdict == Self.firstVerdict(of: input, step: 1), "byte by byte it is another request")
        try demand(verdict == Self.firstVerdict(of: input, step: 7), "in sevens it is another request")
    }

    private enum Verdict: Equatable {
        case incomplete, other
        case refused(status: UInt16)
        case upgrade(path: String, query: String?, names: [String], values: [String], key: String, length: Int)
    }

    /// Short, so that an input that is too long need not be long.
    private static let headBytesMax = 700

    private static func firstVerdict(of input: UnsafeRawBufferPointer, step: Int) throws -> Verdict {
        var length = 0
        repeat {
            length = min(length + max(step, 1), input.count)
            let verdict = try withExactCopy(of: UnsafeRawBufferPointer(rebasing: input[..<length])) { bytes in
                try self.verdict(UpgradeRequest.read(bytes, path: "/v1/connect", bytesMax: self.headBytesMax), length)
            }
            if verdict != .incomplete { return verdict }
        } while length < input.count
        return .incomplete
    }

    private static func verdict(_ reading: UpgradeRequest.Reading, _ count: Int) throws -> Verdict {
        switch reading {
        case .incomplete: return .incomplete
        case .other: return .other
        case .refused(let refusal):
            try demand(!refusal.bytes.isEmpty, "a refusal without words")
            return .refused(status: refusal.status)
        case .upgrade(let request, let key, let length):
            try demand(length <= count && length <= self.headBytesMax, "a request of \(length) of \(count) bytes")
            try self.check(request)
            return .upgrade(
                path: request.path,
                query: request.query,
                names: request.headers.map(\.name),
                values: request.headers.map(\.value),
                key: key,
                length: length
            )
        }
    }

    private static func check(_ request: UpgradeRequest) throws {
        try demand(request.path == "/v1/connect", "the path is \(request.path)")
        let texts = request.headers.flatMap { [$0.name, $0.value] } + request.subprotocols + [request.query ?? ""]
        for text in texts {
            let isPlain = text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
            try demand(isPlain, "a control character in a header")
        }
        try demand(request.headers.filter { $0.name.equalsIgnoringCase("host") }.count == 1, "not one Host")
        try self.check(credential: request)
    }

    /// Three lines: `Authorization`, `Sec-WebSocket-Protocol`, query.
    static let credentials = FuzzTarget(name: "credentials") { input in
        let parts = lines(of: input)
        guard parts.count == 3 else { return }
        let subprotocols = parts[1].split(separator: UInt8(ascii: ",")).map { text($0) }
        try Self.check(
            credential: UpgradeRequest(
                path: "/v1/connect",
                query: text(parts[2]),
                headers: parts[0].isEmpty ? [] : [("Authorization", text(parts[0]))],
                subprotocols: subprotocols,
                source: ConnectionSource(peer: nil)
            )
        )
    }

    private static func check(credential request: UpgradeRequest) throws {
        let credential = Credential(request)
        switch credential {
        case .none:
            try demand(credential.adding("a") == .token("a"), "the token of hello is lost")
        case .token(let token):
            try demand(credential.adding(token) == credential, "the same token twice is another")
            try demand(credential.adding(token + "x") == .ambiguous, "two tokens are one")
        case .ticket, .ambiguous:
            try demand(credential.adding("a") == .ambiguous, "a token beside another thing counts")
        }
    }

    /// The peer, and then a line for each header of a proxy. Nobody but a proxy that is believed names an address.
    static let addresses = FuzzTarget(name: "addresses") { input in
        let parts = lines(of: input).map { text($0) }
        for part in parts { try Self.check(addressText: part) }
        let proxies = TrustedProxies([AddressRange("10.0.0.0/8"), AddressRange("fd00::/8")].compactMap { $0 })
        guard let peer = parts.first.flatMap({ ClientAddress($0) }) else { return }
        let headers = parts.dropFirst().compactMap { line in
            line.firstIndex(of: ":").map { (name: String(line[..<$0]), value: String(line[line.index(after: $0)...])) }
        }
        let source = ConnectionSource(peer: peer)
        guard let origin = try? proxies.origin(of: source, headers: headers, hopsMax: 4) else { return }
        if !proxies.contains(peer) { try demand(origin.address == peer, "a stranger is \(origin)") }
        guard let own = try? TrustedProxies().origin(of: source, headers: headers, hopsMax: 4) else {
            throw Finding(description: "without proxies a request is refused")
        }
        try demand(own.address == peer && !own.isProxied, "without proxies somebody is \(own)")
    }

    private static func check(addressText text: String) throws {
        if let address = ClientAddress(text) {
            try demand(ClientAddress(address.description) == address, "\(address) is read differently")
        }
        if let range = AddressRange(text) {
            try demand(AddressRange(range.description) == range, "\(range) is read differently")
        }
    }

    static let proxyHeaders = FuzzTarget(name: "proxy-headers") { input in
        let whole = ProxyHeader.read(input, bytesMax: 100)
        for length in 0...min(input.count, 110) {
            let part = withExactCopy(of: UnsafeRawBufferPointer(rebasing: input[..<length])) {
                ProxyHeader.read($0, bytesMax: 100)
            }
            // Decided early or late, it is decided the same way.
            try demand(part == .incomplete || part == whole, "after \(length) bytes it is \(part), later \(whole)")
        }
        guard case .header(let header) = whole else { return }
        try demand((16...min(input.count, 100)).contains(header.length), "a header of \(header.length) bytes")
    }
}
