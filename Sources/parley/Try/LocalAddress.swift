import NIOCore
import ParleyTransport

/// An address of this machine that others in its network may reach.
struct LocalAddress: Hashable {
    let address: ClientAddress
    /// The least is shown first.
    private let rank: Int

    /// All of this machine, the likeliest one first.
    static func all() throws -> [LocalAddress] {
        let found = try System.enumerateDevices().compactMap { device in
            device.address.flatMap { LocalAddress(device: device.name, socket: $0) }
        }
        return Set(found).sorted { ($0.rank, $0.host) < ($1.rank, $1.host) }
    }

    /// As it stands in a URL.
    var host: String {
        switch self.address {
        case .ipv4: "\(self.address)"
        case .ipv6: "[\(self.address)]"
        }
    }

    /// `nil`: others cannot reach it, or only with the name of one of their own devices in it.
    private init?(device: String, socket: SocketAddress) {
        guard let address = ClientAddress(socket), !address.isLoopback else { return nil }
        guard !Self.linkLocal.contains(where: { $0.contains(address) }) else { return nil }
        self.address = address
        let isPrivate = Self.privateRanges.contains { $0.contains(address) }
        let isInner = Self.innerDevices.contains { device.hasPrefix($0) }
        let isLong =
            switch address {
            case .ipv4: false
            case .ipv6: true
            }
        self.rank = (isInner ? 4 : 0) + (isLong ? 2 : 0) + (isPrivate ? 0 : 1)
    }

    /// RFC 3927 and RFC 4291, section 2.5.6.
    private static let linkLocal = ["169.254.0.0/16", "fe80::/10"].compactMap { AddressRange($0) }
    /// RFC 1918 and RFC 4193.
    private static let privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]
        .compactMap { AddressRange($0) }
    /// Bridges and tunnels that programs make for themselves lead to no telephone.
    private static let innerDevices = ["docker", "br-", "virbr", "vmnet", "utun", "tun", "tap", "wg"]
}
