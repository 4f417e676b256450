/// Whether a request may tell the server what to do.
///
/// There are no tokens yet, so the place stands in for them: a program on the same machine, by a connection of its
/// own. Two kinds of requests come from there and are others' all the same: those of a page in a browser (any page
/// can make one, and its `Origin` gives it away), and those that a proxy passes on.
package struct OperatorAccess: Sendable {
    package init() {}

    /// - Parameters:
    ///   - peer: the IP address at the other end of the connection.
    ///   - names: of the request's header fields, in lower case.
    package func isAllowed(peer: String?, names: some Sequence<String>) -> Bool {
        guard let peer, ServerConfiguration.isLoopback(host: Self.unmapped(peer)) else { return false }
        return !names.contains { Self.namesOfOthers.contains($0) }
    }

    private static let namesOfOthers: Set<String> = ["origin", "forwarded", "via", "x-forwarded-for", "x-real-ip"]

    /// An IPv4 address as a socket for IPv6 shows it (RFC 4291, section 2.5.5.2), without that.
    private static func unmapped(_ address: String) -> String {
        address.hasPrefix("::ffff:") ? String(address.dropFirst("::ffff:".count)) : address
    }
}
