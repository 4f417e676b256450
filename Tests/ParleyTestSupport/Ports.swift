import Glibc
import Synchronization

/// Ports for whoever has to know his own before he listens, or be told that nobody does. Each is given once.
package enum Ports {
    package struct NoneFree: Error {}

    /// Below those that Linux gives to outgoing connections and to whoever asks for any (from 32,768), and so are those
    /// where the servers of a Redis Cluster talk to each other, 10,000 above.
    private static let range = 10_000..<20_000
    /// Where another run in the same network will hardly be.
    private static let next = Mutex(Int(getpid()) * 97)

    package static func take() throws -> Int {
        for _ in Self.range {
            let count = Self.next.withLock { next in
                next += 1
                return next
            }
            let port = Self.range.lowerBound + count % Self.range.count
            if Self.isFree(port), Self.isFree(port + 10_000) { return port }
        }
        throw NoneFree()
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
