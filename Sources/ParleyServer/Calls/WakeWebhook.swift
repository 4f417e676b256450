package import ParleyProtocol

/// A service of the operator's that is told whom somebody rings: it wakes their phones (APNs, FCM, Web Push).
public struct WakeWebhook: Sendable {
    let service: SignedWebhook

    /// - Parameters:
    ///   - url: `https:`, or `http:` on this machine.
    ///   - secret: what signs what is said to it.
    public init(url: String, secret: String, timeoutMilliseconds: Int, client: OutboundClient) {
        self.service = SignedWebhook(
            url: url,
            signer: WebhookSigner(secret: secret),
            timeoutMilliseconds: timeoutMilliseconds,
            client: client
        )
    }

    /// What is said.
    package struct Call: Hashable, Sendable {
        package enum Occasion: Hashable, Sendable {
            /// - Parameter ticket: with which a device of the person may come; `nil`: nobody needs one here.
            case ring(until: Instant, intent: String, ticket: String?, online: Int)
            case ended(reason: String)

            mutating func show(_ new: String?) {
                guard case .ring(let until, let intent, _, let online) = self else { return }
                self = .ring(until: until, intent: intent, ticket: new, online: online)
            }
        }

        package struct Person: Hashable, Sendable {
            package var identity: IdentityID
            package var user: String?
            package var name: String?
            /// Whose tokens call them that, for the ticket; the service is not told.
            package var issuer: String?

            package init(identity: IdentityID, user: String? = nil, name: String? = nil) {
                self.identity = identity
                self.user = user
                self.name = name
            }

            var json: JSONValue {
                var object: JSONObject = ["identity": .string(self.identity.description)]
                if let user { object.append("user", .string(user)) }
                if let name { object.append("name", .string(name)) }
                return .object(object)
            }
        }

        package var occasion: Occasion
        package var room: RoomID
        package var ring: UInt64
        package var to: Person
        package var from: Person

        package init(_ occasion: Occasion, room: RoomID, ring: UInt64, to: Person, from: Person) {
            self.occasion = occasion
            self.room = room
            self.ring = ring
            self.to = to
            self.from = from
        }

        package func body(at now: Instant) -> [UInt8] {
            var object: JSONObject = ["version": 1, "time": .integer(now.milliseconds)]
            switch self.occasion {
            case .ring: object.append("type", "ring")
            case .ended: object.append("type", "ring-ended")
            }
            object.append("call", .string(self.room.description))
            object.append("ring", .integer(Int64(clamping: self.ring)))
            object.append("to", self.to.json)
            object.append("from", self.from.json)
            switch self.occasion {
            case .ring(let until, let intent, let ticket, let online):
                object.append("intent", .string(intent))
                object.append("until", .integer(until.milliseconds))
                if let ticket { object.append("ticket", .string(ticket)) }
                object.append("online", .integer(Int64(online)))
            case .ended(let reason): object.append("reason", .string(reason))
            }
            return JSONValue.object(object).encoded
        }
    }

    /// What has become of it.
    package enum Answer: String, CaseIterable, Hashable, Sendable {
        case told
        /// The service knows of no such person.
        case unknown
        case failed

        init(status: Int) {
            switch status {
            case 200..<300: self = .told
            case 404, 410: self = .unknown
            default: self = .failed
            }
        }
    }

    func say(_ body: [UInt8], at now: Instant, bytesMax: Int) async -> Answer {
        let answer = try? await self.service.post(body, at: now, bytesMax: bytesMax)
        return answer.map { Answer(status: $0.status) } ?? .failed
    }
}
