import ParleyServer
import Testing

@Suite("When changed certificates are used")
struct CertificateWatchTests {
    /// What is used of what was seen, look by look, when `a` was used before.
    private func used(_ seen: String...) -> [String] {
        var watch = CertificateWatch(used: "a")
        return seen.map { watch.look($0) ? $0 : "-" }
    }

    @Test("a change counts at the second look, once")
    func change() {
        #expect(self.used("a", "b", "b", "b", "b") == ["-", "-", "b", "-", "-"])
    }

    @Test("of two files that are written one after the other the first is not used without the second")
    func halves() {
        #expect(self.used("new, old key", "new, new key", "new, new key") == ["-", "-", "new, new key"])
    }

    @Test("a change that is taken back is none")
    func back() {
        #expect(self.used("b", "a", "b", "b", "a", "a") == ["-", "-", "-", "b", "-", "a"])
    }

    @Test("what was tried by order is not tried again")
    func order() {
        var watch = CertificateWatch(used: "a")
        let first = watch.look("b")
        watch.didTry("b")
        let then = [watch.look("b"), watch.look("b")]
        #expect(!first && then == [false, false])
    }
}
