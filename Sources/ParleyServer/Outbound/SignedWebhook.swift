import ParleyProtocol

/// A service of the operator's that is told something, signed, and answers.
struct SignedWebhook: Sendable {
    let url: String
    let signer: WebhookSigner
    let timeoutMilliseconds: Int
    let client: OutboundClient

    func post(_ body: [UInt8], at now: Instant, bytesMax: Int) async throws -> (status: Int, body: [UInt8]) {
        try await self.client.post(
            self.url,
            json: body,
            headers: self.signer.headers(of: body, at: now),
            bytesMax: bytesMax,
            timeoutMilliseconds: self.timeoutMilliseconds
        )
    }
}
