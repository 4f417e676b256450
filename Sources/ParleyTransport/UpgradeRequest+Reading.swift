extension UpgradeRequest {
    /// What the bytes at the beginning of a connection turn out to be.
    package enum Reading {
        /// Could still become a request to our path.
        case incomplete
        /// Somebody else's.
        case other
        case refused(UpgradeRefusal)
        /// `length`: of the request in bytes; what follows are frames already.
        case upgrade(UpgradeRequest, key: String, length: Int)
    }

    /// Reads the beginning of a connection, as early as it can be told whose it is. Pure.
    ///
    /// - Parameters:
    ///   - bytes: all that has come so far.
    ///   - path: ours; a request for it, with or without a query, is ours if it wants a WebSocket.
    package static func read(_ bytes: UnsafeRawBufferPointer, path: String, bytesMax: Int) -> Reading {
        switch self.asks(for: path, bytes) {
        case nil: return .incomplete
        case false?: return .other
        case true?: break
        }
        guard let end = self.endOfHead(in: bytes), end <= bytesMax else {
            let refusal = UpgradeRefusal(status: 431, reason: "Request Header Fields Too Large")
            return bytes.count > bytesMax ? .refused(refusal) : .incomplete
        }
        guard let head = HTTPHead(UnsafeRawBufferPointer(rebasing: bytes[..<(end - 4)])) else {
            return .refused(.badRequest("The request is not HTTP/1.1."))
        }
        guard head.has("websocket", in: "Upgrade") else {
            return .other
        }
        do throws(UpgradeRefusal) {
            let (request, key) = try self.validated(head)
            return .upgrade(request, key: key, length: end)
        } catch {
            return .refused(error)
        }
    }

    /// - Returns: `nil` if more bytes could still make it so.
    private static func asks(for path: String, _ bytes: UnsafeRawBufferPointer) -> Bool? {
        var text = "GET " + path
        return text.withUTF8 { start in
            let common = min(start.count, bytes.count)
            for index in 0..<common where bytes[index] != start[index] { return false }
            guard bytes.count > start.count else { return nil }
            return bytes[start.count] == UInt8(ascii: " ") || bytes[start.count] == UInt8(ascii: "?")
        }
    }

    /// After the empty line.
    static func endOfHead(in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 3
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\n"):
                if bytes[index - 1] == UInt8(ascii: "\r"), bytes[index - 2] == UInt8(ascii: "\n"),
                    bytes[index - 3] == UInt8(ascii: "\r")
                {
                    return index + 1
                }
                // The next candidate is at least two bytes on.
                index += 2
            case UInt8(ascii: "\r"):
                index += 1
            default:
                // It is no part of the four bytes, so that they begin behind it at the earliest.
                index += 4
            }
        }
        return nil
    }

    /// RFC 6455, section 4.2.1, in its order.
    private static func validated(
        _ head: HTTPHead
    ) throws(UpgradeRefusal) -> (request: UpgradeRequest, key: String) {
        let words = head.startLine.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2] == "HTTP/1.1" else {
            throw .badRequest("An upgrade takes HTTP/1.1.")
        }
        guard head.values(of: "Host").count == 1 else {
            throw .badRequest("An upgrade takes exactly one Host.")
        }
        guard head.has("Upgrade", in: "Connection") else {
            throw .badRequest("An upgrade takes \"Connection: Upgrade\".")
        }
        guard head.values(of: "Transfer-Encoding").isEmpty,
            head.values(of: "Content-Length").allSatisfy({ $0 == "0" })
        else {
            throw .badRequest("An upgrade has no body.")
        }
        guard head.values(of: "Sec-WebSocket-Version") == ["13"] else {
            throw UpgradeRefusal(
                status: 426,
                reason: "Upgrade Required",
                headers: [("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket")],
                body: "Only version 13 of the WebSocket protocol is understood.\n"
            )
        }
        let keys = head.values(of: "Sec-WebSocket-Key")
        guard keys.count == 1, WebSocketKey.isValid(keys[0]) else {
            throw .badRequest("An upgrade takes exactly one Sec-WebSocket-Key of 16 bytes.")
        }
        let target = words[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let request = UpgradeRequest(
            path: String(target[0]),
            query: target.count == 2 ? String(target[1]) : nil,
            headers: head.headers,
            subprotocols: head.elements(of: "Sec-WebSocket-Protocol"),
            source: ConnectionSource(peer: nil)
        )
        return (request, keys[0])
    }
}

extension UpgradeRefusal {
    fileprivate static func badRequest(_ why: String) -> UpgradeRefusal {
        UpgradeRefusal(status: 400, reason: "Bad Request", body: why + "\n")
    }
}
