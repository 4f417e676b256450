import Crypto
package import ParleyTransport

/// What logs, the audit and reports call the addresses of people: by default a name that is the same for the same
/// address as long as this process runs, and says nothing of it to whoever has not the key.
public struct AddressNames: Sendable {
    private let key: SymmetricKey
    /// Whether addresses are shown as they are.
    private let shows: Bool

    /// - Parameter key: another one for each process, or nobody can tell that two logs speak of the same address.
    public init(shows: Bool = false) {
        self.key = SymmetricKey(size: .bits256)
        self.shows = shows
    }

    package func name(of address: ClientAddress) -> String {
        guard !self.shows else { return address.description }
        let code = HMAC<SHA256>.authenticationCode(for: Array(address.description.utf8), using: self.key)
        return "a_" + AuditChain.hexadecimal(code.prefix(8))
    }

    /// `-`: there is none.
    package func name(of address: ClientAddress?) -> String {
        address.map { self.name(of: $0) } ?? "-"
    }
}
