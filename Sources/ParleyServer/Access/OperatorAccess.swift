import ParleyTransport

/// Whether a request may tell the server what to do.
///
/// A certificate may show that it comes from an operator (`--admin-ca`). Otherwise the place stands in for that: a
/// program on the same machine, by a connection of its own. Two kinds of requests come from there and are others' all
/// the same: those of a page in a browser (any page can make one, and its `Origin` gives it away), and those that a
/// proxy passes on. A browser would show its user's certificate for any page, too.
package struct OperatorAccess: Sendable {
    package init() {}

    /// - Parameters:
    ///   - isOperator: whether the connection has shown such a certificate.
    ///   - names: of the request's header fields, in lower case.
    package func isAllowed(origin: ClientOrigin, isOperator: Bool, names: some Sequence<String>) -> Bool {
        let isLocal = origin.address?.isLoopback == true && !origin.isProxied
        guard isOperator || isLocal else { return false }
        return !names.contains { Self.namesOfOthers.contains($0) }
    }

    private static let namesOfOthers: Set<String> = ["origin", "forwarded", "via", "x-forwarded-for", "x-real-ip"]
}
