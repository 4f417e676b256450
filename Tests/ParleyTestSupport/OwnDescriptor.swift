import Glibc
import Synchronization

/// Closed once.
final class OwnDescriptor: Sendable {
    private let open: Mutex<Int32>
    let number: Int32

    init(_ number: Int32) {
        self.number = number
        self.open = Mutex(number)
    }

    func close() {
        let number = self.open.withLock { number in
            defer { number = -1 }
            return number
        }
        if number >= 0 { Glibc.close(number) }
    }

    deinit { self.close() }
}
