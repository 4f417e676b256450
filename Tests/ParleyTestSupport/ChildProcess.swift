import Foundation
import Glibc
import Synchronization

/// Another program that runs for a test. It inherits nothing of this process but what is given to it here, so that
/// nobody ever waits for the end of something that a third one holds open; and nothing here waits for ever.
package final class ChildProcess: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The leader of a process group of its own. Until it has been waited for, the number is nobody else's.
    private let number: pid_t
    private let words: [String]
    private let output: OwnDescriptor
    /// It ends when this is closed, by us or by the end of this process, however that comes.
    private let leash: OwnDescriptor?
    private let status = Mutex<Int32?>(nil)

    /// Ends the program when nobody holds the other end of its input any more. Its output ends with the program.
    private static let onALeash =
        #""$@" < /dev/null & child=$!; exec > /dev/null 2>&1; read -r nothing; kill -9 $child; wait $child"#

    /// Begins a program that ends with this process at the latest, or with `end()`.
    package static func onALeash(_ words: [String]) throws -> ChildProcess {
        let (held, leash) = try Self.pipe()
        defer { held.close() }
        return try ChildProcess(["/bin/sh", "-c", Self.onALeash, "sh"] + words, input: held, leash: leash)
    }

    /// Runs a program to its end, away from the threads that run tests, and returns all that it has said.
    @discardableResult
    package static func run(
        _ words: [String],
        in folder: String? = nil,
        within limit: Duration = .seconds(20 * patience)
    ) async throws -> (status: Int32, said: String) {
        try await onAThreadOfItsOwn {
            let there = folder.map { ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, $0] } ?? []
            let nothing = OwnDescriptor(try Self.raised(open("/dev/null", O_RDONLY | O_CLOEXEC)))
            defer { nothing.close() }
            let child = try ChildProcess(there + words, input: nothing, leash: nil)
            defer { child.end() }
            let end = ContinuousClock.now + limit
            let said = try child.hear(until: end) { _ in false }
            guard let status = child.ended(until: end) else { throw child.failure("does not end", said) }
            return (status, said)
        }
    }

    private init(_ words: [String], input: OwnDescriptor, leash: OwnDescriptor?) throws {
        let (reading, writing) = try Self.pipe()
        defer { writing.close() }
        (self.words, self.output, self.leash) = (words, reading, leash)
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        // All of ours are above 2, also where this process was begun without an input.
        posix_spawn_file_actions_adddup2(&actions, input.number, 0)
        posix_spawn_file_actions_adddup2(&actions, writing.number, 1)
        posix_spawn_file_actions_adddup2(&actions, writing.number, 2)
        guard let closeFrom = Self.closeFrom, closeFrom(&actions, 3) == 0 else {
            throw Failure(description: "A child would inherit whatever is open here.")
        }
        var (none, usual) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigemptyset(&usual)
        sigaddset(&usual, SIGPIPE)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let environment = ProcessInfo.processInfo.environment.map { "\($0)=\($1)" }
        var number: pid_t = 0
        let program = words[0]
        let problem = Self.withStrings(words) { words in
            Self.withStrings(environment) { environment in
                posix_spawnp(&number, program, &actions, &attributes, words, environment)
            }
        }
        self.number = number
        if problem != 0 {
            self.status.withLock { $0 = 0 }
            throw self.failure("does not begin: \(String(cString: strerror(problem)))", "")
        }
    }

    deinit { self.end() }
}

// MARK: - While it runs

extension ChildProcess {
    /// Reads until it has said enough, or ends; returns all of it.
    package func hear(until end: ContinuousClock.Instant, _ isEnough: (String) -> Bool) throws -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let left = end - ContinuousClock.now
            guard left > .zero else { throw self.failure("has not said what was expected in time", bytes.text) }
            var wanted = pollfd(fd: self.output.number, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, Int32(min(left / .milliseconds(1) + 1, 1_000))) > 0 else { continue }
            let count = read(self.output.number, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes.text }
            bytes += buffer.prefix(count)
            if isEnough(bytes.text) { return bytes.text }
        }
    }

    /// Nobody reads what it says from now on: it must not mind.
    package func stopHearing() { self.output.close() }

    /// As if the power had gone; returns when it is no more. By force, should it not follow the leash.
    package func end() {
        self.leash?.close()
        if self.leash != nil, self.ended(until: .now + .seconds(5)) != nil { return self.stopHearing() }
        self.status.withLock { status in
            guard status == nil else { return }
            kill(-self.number, SIGKILL)
        }
        _ = self.ended(until: .now + .seconds(5))
        self.stopHearing()
    }

    /// What it has ended with; `nil`: it runs.
    private func ended(until end: ContinuousClock.Instant) -> Int32? {
        while true {
            let ended = self.status.withLock { status in
                var word: Int32 = 0
                if status == nil, waitpid(self.number, &word, WNOHANG) != 0 { status = word }
                return status
            }
            if let ended { return ended }
            guard ContinuousClock.now < end else { return nil }
            poll(nil, 0, 1)
        }
    }

    package func failure(_ problem: String, _ said: String) -> Failure {
        Failure(description: "\(self.words.joined(separator: " ")): \(problem). It said: \(said)")
    }
}

// MARK: - Means

extension ChildProcess {
    private static func pipe() throws -> (reading: OwnDescriptor, writing: OwnDescriptor) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw Failure(description: "There is no pipe.") }
        return (OwnDescriptor(try Self.raised(ends[0])), OwnDescriptor(try Self.raised(ends[1])))
    }

    /// The same with a number above those that a child is given, and for no child.
    private static func raised(_ descriptor: Int32) throws -> Int32 {
        defer { close(descriptor) }
        let raised = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        guard raised >= 0 else { throw Failure(description: "There is no descriptor.") }
        return raised
    }

    /// Of glibc since 2.34; Swift does not see it in the headers.
    private typealias CloseFrom = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
    private static let closeFrom = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np")
        .map { unsafeBitCast($0, to: CloseFrom.self) }

    /// As C wants them.
    private static func withStrings<Result>(
        _ strings: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
    ) -> Result {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}

extension [UInt8] {
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
