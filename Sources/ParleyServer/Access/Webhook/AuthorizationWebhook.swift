package import ParleyProtocol

/// A service of the operator's that is asked who somebody is and what they may do, in place of tokens.
public struct AuthorizationWebhook: Sendable {
    let service: SignedWebhook

    /// - Parameters:
    ///   - url: `https:`, or `http:` on this machine.
    ///   - secret: what signs the questions.
    public init(url: String, secret: String, timeoutMilliseconds: Int, client: OutboundClient) {
        self.service = SignedWebhook(
            url: url,
            signer: WebhookSigner(secret: secret),
            timeoutMilliseconds: timeoutMilliseconds,
            client: client
        )
    }

    package struct Question: Hashable, Sendable {
        /// Whatever the client has shown; what it means is the service's business.
        package var credential: String
        /// Which room the client wants to join at once, if it does.
        package var room: String?
        /// Where it comes from, as the server shows addresses.
        package var address: String?

        package init(credential: String, room: String? = nil, address: String? = nil) {
            self.credential = credential
            self.room = room
            self.address = address
        }

        package func body(at now: Instant) -> [UInt8] {
            var object: JSONObject = ["version": 1, "time": .integer(now.milliseconds)]
            object.append("credential", .string(self.credential))
            if let room { object.append("room", .string(room)) }
            if let address { object.append("address", .string(address)) }
            return JSONValue.object(object).encoded
        }
    }

    /// Hexadecimal HMAC with SHA-256 over time, a full stop, and the body: so that nobody says it again later.
    package func signature(of body: [UInt8], at now: Instant) -> String {
        self.service.signer.signature(of: body, at: now)
    }

    /// - Returns: the claims of the answer, to be judged as those of a token are.
    /// - Throws: ``TokenFault/refused(_:)`` for a no; ``TokenFault/serviceUnavailable(_:)`` for anything that is none.
    func ask(_ question: Question, at now: Instant, bytesMax: Int) async throws(TokenFault) -> JSONObject {
        let body = question.body(at: now)
        let answer: (status: Int, body: [UInt8])
        do {
            answer = try await self.service.post(body, at: now, bytesMax: bytesMax)
        } catch {
            throw .serviceUnavailable("\(type(of: error)): \(error)")
        }
        return try AuthorizationAnswer.claims(answer.status, answer.body)
    }
}
