import ParleyProtocol

/// Which vendors are asked, in their order, as an operator writes it down: a JSON array of objects.
///
/// ```json
/// [{"vendor":"cloudflare","key":"KEY ID","token":"SECRET"},
///  {"vendor":"twilio","account":"AC…","token":"SECRET","user":"SK… (optional: an API key's SID)"},
///  {"vendor":"metered","app":"NAME","secret":"SECRET"},
///  {"vendor":"xirsys","channel":"NAME","ident":"NAME","secret":"SECRET"}]
/// ```
///
/// Each may have an `address` (`https://…`), for a proxy in front of the vendor.
package enum TurnVendorFile {
    /// More are refused.
    package static let vendorsMax = 8

    /// What is wrong with it, in words that have no secret in them.
    package struct Fault: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    package static func vendors(in text: String) throws(Fault) -> [any TurnVendor] {
        guard let list = (try? JSONParser.parse(Array(text.utf8)))?.array, list.count <= Self.vendorsMax else {
            throw Fault(description: "a JSON array of at most \(Self.vendorsMax) vendors is expected")
        }
        var vendors: [any TurnVendor] = []
        for (index, entry) in list.enumerated() {
            guard let object = entry.object else { throw Fault(description: "vendor \(index + 1) is no object") }
            vendors.append(try Self.vendor(Members(object, "vendor \(index + 1)")))
        }
        return vendors
    }

    private static func vendor(_ members: Members) throws(Fault) -> any TurnVendor {
        var members = members
        let kind = try members.text("vendor")
        let address = try members.address()
        switch kind {
        case "cloudflare":
            let vendor = CloudflareTurn(
                address: address ?? "https://rtc.live.cloudflare.com",
                keyID: try members.text("key"),
                token: try members.secret("token")
            )
            return try members.finish(vendor)
        case "twilio":
            let account = try members.text("account")
            let vendor = TwilioTurn(
                address: address ?? "https://api.twilio.com",
                account: account,
                user: members.has("user") ? try members.text("user") : account,
                token: try members.secret("token")
            )
            return try members.finish(vendor)
        case "metered":
            let app = try members.text("app")
            let vendor = MeteredTurn(
                address: address ?? "https://\(app).metered.live",
                secretKey: try members.secret("secret")
            )
            return try members.finish(vendor)
        case "xirsys":
            let vendor = XirsysTurn(
                address: address ?? "https://global.xirsys.net",
                channel: try members.text("channel"),
                ident: try members.text("ident"),
                secret: try members.secret("secret")
            )
            return try members.finish(vendor)
        case _:
            throw Fault(description: "\(members.place) is none of cloudflare, twilio, metered, xirsys")
        }
    }
}

/// The members of one vendor: each is asked for by name, and what nobody has asked for is a mistake.
private struct Members {
    private let object: JSONObject
    let place: String
    private var known: Set<String> = []

    init(_ object: JSONObject, _ place: String) {
        self.object = object
        self.place = place
    }

    func has(_ name: String) -> Bool { self.object[name] != nil }

    /// It becomes part of an address: nothing in it may change which one.
    mutating func text(_ name: String) throws(TurnVendorFile.Fault) -> String {
        self.known.insert(name)
        guard let text = self.object[name]?.string, !text.isEmpty, text.utf8.count <= 256,
            text.utf8.allSatisfy({ Self.plain.contains($0) })
        else {
            throw .init(description: "\(self.place) needs \"\(name)\": letters, digits, \"-\", \"_\" and \".\"")
        }
        return text
    }

    mutating func secret(_ name: String) throws(TurnVendorFile.Fault) -> TurnSecret {
        self.known.insert(name)
        guard let text = self.object[name]?.string, let secret = TurnSecret(text),
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw .init(description: "\(self.place) needs \"\(name)\": a text without blanks") }
        return secret
    }

    mutating func address() throws(TurnVendorFile.Fault) -> String? {
        self.known.insert("address")
        guard let value = self.object["address"] else { return nil }
        guard let text = value.string, text.hasPrefix("https://") || text.hasPrefix("http://127.0.0.1"),
            !text.hasSuffix("/")
        else { throw .init(description: "the address of \(self.place) begins with https:// and ends without /") }
        return text
    }

    func finish(_ vendor: some TurnVendor) throws(TurnVendorFile.Fault) -> any TurnVendor {
        if let name = self.object.members.map(\.name).first(where: { !self.known.contains($0) }) {
            throw .init(description: "\(self.place) has a member \"\(name)\" that means nothing")
        }
        return vendor
    }

    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.".utf8)
}
