#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

import NIOCore

/// The address cannot be listened on.
public struct ListenError: Error, CustomStringConvertible {
    public let description: String

    init(host: String, port: Int, cause: any Error) {
        if let error = cause as? IOError, error.errnoCode == EADDRINUSE {
            self.description =
                "The setting port (\(port)) cannot be used: another program listens there on \(host). "
                + "Choose another one with --port, or 0 for any that is free."
        } else {
            self.description = "Cannot listen on host \(host), port \(port): \(cause)"
        }
    }
}
