import NIOCore
import NIOPosix
import NIOSSL

extension RedisComplaint {
    /// What the network or TLS says, in words.
    init(_ error: any Error, address: RedisAddress) {
        switch error {
        case let error as RedisComplaint: self = error
        case is NIOSSLExtraError:
            self.init(.tlsName, "The certificate of \(address) is not for \(address.host).")
        case NIOSSLError.handshakeFailed(let reason):
            self.init(handshake: "\(reason)", address: address)
        case is BoringSSLError, is NIOSSLError:
            self.init(.tlsFailed, "TLS with \(address) has failed: \(error).")
        case let error as NIOConnectionError:
            self.init(connection: error, address: address)
        case is ChannelError:
            self.init(.silent, "\(address) does not take a connection in time.")
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            self.init(.refused, "Nothing listens at \(address).")
        case let error as IOError:
            self.init(.lost, "The connection to \(address) has broken: \(error.description).")
        default: self.init(.unreachable, "\(address) cannot be reached: \(error).")
        }
    }

    private init(handshake reason: String, address: RedisAddress) {
        if reason.contains("CERTIFICATE_VERIFY_FAILED") {
            self.init(
                .tlsUntrusted,
                "The certificate of \(address) is signed by nobody who is trusted here, or it has expired "
                    + "(?ca=FILE names whom to trust)."
            )
        } else if reason.contains("WRONG_VERSION_NUMBER") || reason.contains("HTTP_REQUEST") {
            self.init(.notTLS, "\(address) does not speak TLS: the address begins with redis://, not rediss://.")
        } else {
            self.init(.tlsFailed, "TLS with \(address) has failed: \(reason).")
        }
    }

    private init(connection error: NIOConnectionError, address: RedisAddress) {
        if error.connectionErrors.isEmpty {
            self.init(.unknownHost, "Nobody knows an address of the host \(address.host).")
        } else if error.connectionErrors.allSatisfy({ ($0.error as? IOError)?.errnoCode == ECONNREFUSED }) {
            self.init(.refused, "Nothing listens at \(address).")
        } else {
            self.init(.unreachable, "\(address) cannot be reached: \(error.connectionErrors[0].error).")
        }
    }
}
