import ParleyProtocol
import ParleyServer
import Synchronization
import Testing

/// Answers as the vendors document it, and remembers what it was asked.
private final class RecordedHTTP: VendorHTTP {
    private let answers: Mutex<[Result<JSONValue, TurnVendorError>]>
    private let asked = Mutex<[VendorRequest]>([])

    init(_ answers: Result<JSONValue, TurnVendorError>...) {
        self.answers = Mutex(answers)
    }

    convenience init(_ text: String) throws {
        self.init(.success(try JSONParser.parse(Array(text.utf8))))
    }

    var requests: [VendorRequest] { self.asked.withLock { $0 } }

    func send(_ request: VendorRequest) async throws(TurnVendorError) -> JSONValue {
        self.asked.withLock { $0.append(request) }
        let answer = self.answers.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        return try (answer ?? .failure(.malformed)).get()
    }
}

private func vendor(_ text: String) throws -> any TurnVendor {
    let all = try TurnVendorFile.vendors(in: "[\(text)]")
    return try #require(all.first)
}

/// The shapes are those of the vendors' documents; nothing here has spoken to a vendor.
@Suite("The APIs of vendors, as they document them")
struct TurnVendorTests {
    @Test("Cloudflare")
    func cloudflare() async throws {
        let http = try RecordedHTTP(
            """
            {"iceServers":[{"urls":["stun:stun.cloudflare.com:3478","turn:turn.cloudflare.com:3478?transport=udp",
            "turns:turn.cloudflare.com:443?transport=tcp"],"username":"bc91b63e","credential":"ebd71f1d"}]}
            """
        )
        let vendor = try vendor(#"{"vendor":"cloudflare","key":"k1","token":"hush"}"#)
        let grant = try await vendor.lend(forSeconds: 86_400, by: http)
        #expect(grant.servers.count == 1)
        #expect(grant.servers[0].urls.count == 3)
        #expect(grant.servers[0].username == "bc91b63e")
        #expect(grant.seconds == nil)
        let request = try #require(http.requests.first)
        #expect(request.method == "POST")
        #expect(
            request.url == "https://rtc.live.cloudflare.com/v1/turn/keys/k1/credentials/generate-ice-servers"
        )
        #expect(request.headers["authorization"] == "Bearer hush")
        #expect(String(decoding: request.body, as: UTF8.self) == #"{"ttl":86400}"#)
    }

    @Test("Twilio")
    func twilio() async throws {
        let http = try RecordedHTTP(
            """
            {"username":"dc2d","password":"tE2","ttl":"86399","account_sid":"AC1","ice_servers":[
            {"url":"stun:global.stun.twilio.com:3478","urls":"stun:global.stun.twilio.com:3478"},
            {"url":"turn:global.turn.twilio.com:3478?transport=udp","username":"dc2d","credential":"tE2",
            "urls":"turn:global.turn.twilio.com:3478?transport=udp"}]}
            """
        )
        let vendor = try vendor(#"{"vendor":"twilio","account":"AC1","token":"hush"}"#)
        let grant = try await vendor.lend(forSeconds: 86_400, by: http)
        #expect(
            grant.servers.map(\.urls) == [
                ["stun:global.stun.twilio.com:3478"], ["turn:global.turn.twilio.com:3478?transport=udp"],
            ]
        )
        #expect(grant.servers[0].username == nil)
        #expect(grant.seconds == 86_399)
        let request = try #require(http.requests.first)
        #expect(request.method == "POST")
        #expect(request.url == "https://api.twilio.com/2010-04-01/Accounts/AC1/Tokens.json")
        // AC1:hush
        #expect(request.headers["authorization"] == "Basic QUMxOmh1c2g=")
        #expect(String(decoding: request.body, as: UTF8.self) == "Ttl=86400")
    }

    @Test("Metered: a credential, and then its servers")
    func metered() async throws {
        let made: JSONValue = [
            "username": "u", "password": "p", "expiryInSeconds": 3_600, "label": "parley", "apiKey": "a&b",
        ]
        let servers: JSONValue = [
            ["urls": "stun:stun.relay.metered.ca:80"],
            ["urls": "turn:global.relay.metered.ca:80", "username": "u", "credential": "p"],
        ]
        let http = RecordedHTTP(.success(made), .success(servers))
        let vendor = try vendor(#"{"vendor":"metered","app":"blue","secret":"hu+sh"}"#)
        let grant = try await vendor.lend(forSeconds: 3_600, by: http)
        #expect(grant.servers.count == 2)
        #expect(grant.seconds == 3_600)
        #expect(
            http.requests.map(\.url) == [
                "https://blue.metered.live/api/v1/turn/credential?secretKey=hu%2Bsh",
                "https://blue.metered.live/api/v1/turn/credentials?apiKey=a%26b",
            ]
        )
        #expect(http.requests.map(\.method) == ["POST", "GET"])
    }

    @Test(
        "Xirsys, with one server or with a list",
        arguments: [
            #"{"username":"u","urls":["stun:a.xirsys.com","turn:a.xirsys.com:80"],"credential":"c"}"#,
            #"[{"url":"stun:a.xirsys.com"},{"username":"u","url":"turn:a.xirsys.com:80","credential":"c"}]"#,
        ]
    )
    func xirsys(servers: String) async throws {
        let http = try RecordedHTTP(#"{"s":"ok","v":{"iceServers":\#(servers)}}"#)
        let vendor = try vendor(#"{"vendor":"xirsys","channel":"app","ident":"me","secret":"hush"}"#)
        let grant = try await vendor.lend(forSeconds: 60, by: http)
        #expect(grant.servers.flatMap(\.urls) == ["stun:a.xirsys.com", "turn:a.xirsys.com:80"])
        #expect(grant.servers.last?.credential == "c")
        let request = try #require(http.requests.first)
        #expect(request.method == "PUT")
        #expect(request.url == "https://global.xirsys.net/_turn/app")
        #expect(request.headers["authorization"] == "Basic bWU6aHVzaA==")
        #expect(String(decoding: request.body, as: UTF8.self) == #"{"format":"urls","expire":60}"#)
    }

    @Test(
        "what is not as documented is lent to nobody",
        arguments: [
            "null", "[]", "{}", #"{"iceServers":[]}"#, #"{"iceServers":[{"urls":"stun:a"}]}"#,
            #"{"iceServers":[{"urls":"javascript:alert(1)","username":"a","credential":"b"}]}"#,
            #"{"iceServers":[{"urls":7,"username":"a","credential":"b"}]}"#,
        ]
    )
    func malformed(text: String) async throws {
        let vendor = try vendor(#"{"vendor":"cloudflare","key":"k1","token":"hush"}"#)
        await #expect(throws: TurnVendorError.malformed) {
            try await vendor.lend(forSeconds: 60, by: try RecordedHTTP(text))
        }
    }

    @Test("Xirsys says no with the status of a yes; Metered may say no in between")
    func refused() async throws {
        let xirsys = try vendor(#"{"vendor":"xirsys","channel":"app","ident":"me","secret":"hush"}"#)
        await #expect(throws: TurnVendorError.malformed) {
            try await xirsys.lend(forSeconds: 60, by: try RecordedHTTP(#"{"s":"error","v":"no_such_channel"}"#))
        }
        let metered = try vendor(#"{"vendor":"metered","app":"blue","secret":"hush"}"#)
        let http = RecordedHTTP(.success(["apiKey": "a"]), .failure(.refused(401)))
        await #expect(throws: TurnVendorError.refused(401)) { try await metered.lend(forSeconds: 60, by: http) }
    }

    @Test("of many servers and addresses the first ones are taken")
    func many() async throws {
        let urls = JSONValue.array((1...20).map { .string("turn:a\($0)") })
        let entry: JSONValue = ["urls": urls, "username": "a", "credential": "b"]
        let http = RecordedHTTP(.success(["iceServers": .array([JSONValue](repeating: entry, count: 20))]))
        let vendor = try vendor(#"{"vendor":"cloudflare","key":"k1","token":"hush"}"#)
        let grant = try await vendor.lend(forSeconds: 60, by: http)
        #expect(grant.servers.map(\.urls.count) == [Int](repeating: 16, count: 16))
        #expect(grant.servers[0].urls[15] == "turn:a16")
    }

    @Test("so many vendors, and not one more")
    func tooMany() throws {
        let one = #"{"vendor":"metered","app":"a","secret":"hush"}"#
        func list(_ count: Int) -> String { "[\([String](repeating: one, count: count).joined(separator: ","))]" }
        #expect(try TurnVendorFile.vendors(in: list(8)).count == 8)
        #expect(throws: TurnVendorFile.Fault.self) { try TurnVendorFile.vendors(in: list(9)) }
    }

    @Test(
        "a list of vendors says what is wrong with it, and no secret",
        arguments: [
            ("{}", "a JSON array of at most 8 vendors is expected"),
            (#"[{"vendor":"acme"}]"#, "vendor 1 is none of cloudflare, twilio, metered, xirsys"),
            (
                #"[{"vendor":"metered","app":"a","secret":"hush","tokn":1}]"#,
                #"vendor 1 has a member "tokn" that means nothing"#
            ),
            (
                #"[{"vendor":"metered","app":"a/b","secret":"hush"}]"#,
                #"vendor 1 needs "app": letters, digits, "-", "_" and ".""#
            ),
            (
                #"[{"vendor":"metered","app":"a","secret":"hush hush"}]"#,
                #"vendor 1 needs "secret": a text without blanks"#
            ),
            (
                #"[{"vendor":"metered","app":"a","secret":"hush","address":"http://a"}]"#,
                "the address of vendor 1 begins with https:// and ends without /"
            ),
        ]
    )
    func faults(text: String, expected: String) {
        do throws(TurnVendorFile.Fault) {
            _ = try TurnVendorFile.vendors(in: text)
            Issue.record("nothing is wrong with it")
        } catch {
            #expect(error.description == expected)
            #expect(!error.description.contains("hush"))
        }
    }
}
