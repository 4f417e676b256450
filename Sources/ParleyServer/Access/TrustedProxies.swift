public import ParleyTransport

/// Who a request comes from, whether or not a proxy has passed it on.
package struct ClientOrigin: Hashable, Sendable {
    /// The client's own, as the nearest proxy that is believed saw it; nil if the socket has no IP address.
    package var address: ClientAddress?
    /// A proxy that is believed has passed it on.
    package var isProxied = false
    /// That proxy says that its client spoke TLS.
    package var isEncrypted = false
    /// That proxy says by which name its client has asked.
    package var host: String?

    package init(address: ClientAddress?, isProxied: Bool = false, isEncrypted: Bool = false, host: String? = nil) {
        self.host = host
        self.address = address
        self.isProxied = isProxied
        self.isEncrypted = isEncrypted
    }
}

/// The proxies that are believed when they say whom they speak for.
///
/// Each proxy appends whom it has seen to what it was told, so the list is read from its end: what one that is
/// believed has said counts, and what stands before that anybody may have written.
public struct TrustedProxies: Hashable, Sendable {
    public var ranges: [AddressRange]

    /// Without any, nobody is behind a proxy, and what a request says about that is not looked at.
    public init(_ ranges: [AddressRange] = []) {
        self.ranges = ranges
    }

    package func contains(_ address: ClientAddress) -> Bool {
        self.ranges.contains { $0.contains(address) }
    }

    /// - Parameters:
    ///   - headers: all of the request, in their order; names in whatever case.
    ///   - hopsMax: so many proxies in a row are believed; more are refused.
    /// - Throws: ``ConnectionRefusal/proxyNotTrusted``, ``ConnectionRefusal/forwardedInvalid``.
    package func origin(
        of source: ConnectionSource,
        headers: some Sequence<(name: String, value: String)>,
        hopsMax: Int
    ) throws(ConnectionRefusal) -> ClientOrigin {
        let hop = source.proxied ?? source.peer
        guard !self.ranges.isEmpty, let hop else { return ClientOrigin(address: hop) }
        let said = ForwardingHeaders(headers)
        guard self.contains(hop) else {
            guard said.isEmpty else { throw .proxyNotTrusted }
            return ClientOrigin(address: hop, isProxied: source.proxied != nil)
        }
        let lists = [said.forwardedFor, said.forwarded].filter { !$0.isEmpty }
        var address: ClientAddress?
        for list in lists {
            let found = try self.client(hop, list, hopsMax: hopsMax)
            // A proxy sets one of the two and passes on what its client wrote into the other: which, nobody knows.
            guard address == nil || address == found else { throw .forwardedInvalid }
            address = found
        }
        return ClientOrigin(
            address: address ?? hop,
            isProxied: source.proxied != nil || !said.isEmpty,
            isEncrypted: said.isEncrypted,
            host: said.host
        )
    }

    private func client(
        _ hop: ClientAddress,
        _ list: [ForwardingHeaders.Hop],
        hopsMax: Int
    ) throws(ConnectionRefusal) -> ClientAddress {
        var last = hop
        for (count, hop) in list.reversed().enumerated() {
            guard count < hopsMax else { throw .forwardedInvalid }
            switch hop {
            case .address(let address):
                last = address
                if !self.contains(address) { return address }
            // The proxy will not say, or does not know: then itself is the nearest that is known.
            case .concealed: return last
            case .unreadable: throw .forwardedInvalid
            }
        }
        return last
    }
}
