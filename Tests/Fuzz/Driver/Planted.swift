import Foundation
import FuzzTargets

/// Faults on purpose, behind a word that a fuzzer has to find: they prove that each kind of fault is noticed, and its
/// input kept (`run.py --self-test`). Only the fuzz package has them.
enum Planted {
    static let all: [FuzzTarget] = [trap, overread, finding, hang]

    private static let word = Array("MINE".utf8)

    private static func planted(_ name: String, _ fault: @escaping @Sendable ([UInt8]) throws -> Void) -> FuzzTarget {
        FuzzTarget(name: "planted-\(name)") { input in
            // Byte by byte, so that each one that is right is a new place.
            for (index, byte) in self.word.enumerated() {
                guard index < input.count, input[index] == byte else { return }
            }
            try fault(Array(input))
        }
    }

    private static let trap = planted("trap") { input in
        let beyond = input.count
        print(input[beyond])
    }

    /// Unlike the one above, Swift does not look at it: the sanitizer has to.
    private static let overread = planted("overread") { input in
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: input.count)
        defer { memory.deallocate() }
        memory.initialize(from: input, count: input.count)
        print((memory + input.count).pointee)
    }

    private static let finding = planted("finding") { _ in throw Finding(description: "planted") }

    /// Something that no optimizer can take away.
    private static let hang = planted("hang") { input in
        while getpid() > 0, !input.isEmpty {}
    }
}
