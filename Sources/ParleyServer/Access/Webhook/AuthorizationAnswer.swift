package import ParleyProtocol

/// What an authorization service has said.
package enum AuthorizationAnswer {
    /// What a status and a body mean.
    ///
    /// - Returns: claims, to be judged as those of a token are.
    package static func claims(_ status: Int, _ body: [UInt8]) throws(TokenFault) -> JSONObject {
        switch status {
        case 200:
            guard let claims = (try? JSONParser.parse(body))?.object else {
                throw .serviceUnavailable("its answer is not a JSON object")
            }
            return claims
        case 401, 403: throw .refused((try? JSONParser.parse(body))?["reason"]?.string)
        default: throw .serviceUnavailable("its answer has the status \(status)")
        }
    }
}
