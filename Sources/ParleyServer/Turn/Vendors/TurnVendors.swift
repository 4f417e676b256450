import ParleyProtocol

/// Cloudflare Realtime TURN.
struct CloudflareTurn: TurnVendor {
    let name = "cloudflare"
    var address = "https://rtc.live.cloudflare.com"
    let keyID: String
    let token: TurnSecret

    func lend(forSeconds seconds: Int, by http: any VendorHTTP) async throws(TurnVendorError) -> VendorGrant {
        var request = VendorRequest(
            "POST",
            "\(self.address)/v1/turn/keys/\(self.keyID)/credentials/generate-ice-servers"
        )
        request.headers["authorization"] = "Bearer \(self.token.revealed)"
        request.setBody(["ttl": .integer(Int64(seconds))])
        return try VendorGrant(try await http.send(request)["iceServers"])
    }
}

/// Twilio Network Traversal Service.
struct TwilioTurn: TurnVendor {
    let name = "twilio"
    var address = "https://api.twilio.com"
    let account: String
    /// The account itself, or an API key of it.
    let user: String
    let token: TurnSecret

    func lend(forSeconds seconds: Int, by http: any VendorHTTP) async throws(TurnVendorError) -> VendorGrant {
        var request = VendorRequest("POST", "\(self.address)/2010-04-01/Accounts/\(self.account)/Tokens.json")
        request.authorize(self.user, self.token)
        request.headers["content-type"] = "application/x-www-form-urlencoded"
        request.body = Array("Ttl=\(seconds)".utf8)
        let answer = try await http.send(request)
        // It says the time as a text.
        let told = answer["ttl"].flatMap { $0.string.flatMap { Int($0) } ?? $0.integer.map { Int(clamping: $0) } }
        return try VendorGrant(answer["ice_servers"], seconds: told)
    }
}

/// Metered: a credential is made, and then its servers are asked for.
struct MeteredTurn: TurnVendor {
    let name = "metered"
    /// `https://NAME.metered.live`
    let address: String
    let secretKey: TurnSecret

    func lend(forSeconds seconds: Int, by http: any VendorHTTP) async throws(TurnVendorError) -> VendorGrant {
        var making = VendorRequest(
            "POST",
            "\(self.address)/api/v1/turn/credential?secretKey=\(self.secretKey.revealed.inQuery)"
        )
        making.setBody(["expiryInSeconds": .integer(Int64(seconds)), "label": "parley"])
        let made = try await http.send(making)
        guard let key = made["apiKey"]?.string, !key.isEmpty else { throw .malformed }
        let asking = VendorRequest("GET", "\(self.address)/api/v1/turn/credentials?apiKey=\(key.inQuery)")
        return try VendorGrant(
            try await http.send(asking),
            seconds: made["expiryInSeconds"]?.integer.map { Int(clamping: $0) }
        )
    }
}

/// Xirsys.
struct XirsysTurn: TurnVendor {
    let name = "xirsys"
    var address = "https://global.xirsys.net"
    let channel: String
    let ident: String
    let secret: TurnSecret

    func lend(forSeconds seconds: Int, by http: any VendorHTTP) async throws(TurnVendorError) -> VendorGrant {
        var request = VendorRequest("PUT", "\(self.address)/_turn/\(self.channel)")
        request.authorize(self.ident, self.secret)
        request.setBody(["format": "urls", "expire": .integer(Int64(seconds))])
        let answer = try await http.send(request)
        // A refusal comes with the status of a success.
        guard answer["s"]?.string == "ok" else { throw .malformed }
        return try VendorGrant(answer["v"]?["iceServers"])
    }
}

extension String {
    /// As a value of a query (RFC 3986, section 2.3).
    fileprivate var inQuery: String {
        self.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            if isPlain || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte) { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
        }.joined()
    }
}
