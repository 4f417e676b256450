import Glibc
import ParleyTestSupport
import Testing

@Suite("Other programs that tests begin", .timeLimit(.minutes(patience)))
struct ChildProcessTests {
    @Test func `one that does not end is ended in time, and named`() async throws {
        let error = await #expect(throws: ChildProcess.Failure.self) {
            try await ChildProcess.run(["sh", "-c", "echo begun; sleep 1000"], within: .milliseconds(300))
        }
        #expect(error?.description.contains("sleep 1000") == true)
        #expect(error?.description.contains("begun") == true)
    }

    @Test func `one that cannot begin is named`() async throws {
        await #expect(throws: ChildProcess.Failure.self) { try await ChildProcess.run(["/no/such/program"]) }
        let child = try ChildProcess.onALeash(["/no/such/program"])
        // What it has not said ends with it.
        #expect(try child.hear(until: .now + .seconds(20 * patience)) { _ in false }.contains("not found"))
        child.end()
    }

    @Test func `nothing that is open here is open there`() async throws {
        let open = (0..<20).map { _ in Glibc.open("/dev/null", O_RDONLY) }
        defer { for descriptor in open { close(descriptor) } }
        let (status, said) = try await ChildProcess.run(["sh", "-c", "echo /proc/$$/fd/*"])
        #expect(status == 0)
        // The last one is the folder that is being read.
        let names = said.split(whereSeparator: \.isWhitespace).compactMap { $0.split(separator: "/").last }
        #expect(names == ["0", "1", "2", "3"])
    }

    @Test func `on a leash it runs until it is ended, and then it is gone`() async throws {
        let child = try ChildProcess.onALeash(["sh", "-c", "echo $$ is ready; sleep 1000"])
        let said = try child.hear(until: .now + .seconds(20 * patience)) { $0.contains("is ready\n") }
        let number = try #require(Int32(said.prefix { $0.isNumber }))
        #expect(kill(number, 0) == 0)
        child.end()
        #expect(kill(number, 0) != 0)
        child.end()
    }

    @Test func `a port is given once`() throws {
        let ports = try (0..<100).map { _ in try Ports.take() }
        #expect(Set(ports).count == ports.count)
        #expect(ports.allSatisfy { $0 + 10_000 < 32_768 })
    }
}
