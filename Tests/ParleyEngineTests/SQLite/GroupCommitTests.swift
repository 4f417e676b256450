import ParleyEngine
import ParleyProtocol
import ParleySQLite
import Testing

@Suite struct GroupCommitTests {
    private typealias Commits = GroupCommit<String>

    private func change(_ name: String) -> Commits.Change { .removed(LogID(.alias, name)) }
    private func isAnswer(_ due: String) -> Bool { !due.hasPrefix("hint") }

    @Test func whatHangsOnNothingIsDueAtOnce() {
        var commits = Commits()
        #expect(commits.submit([], ["read"]) == .atOnce)
        #expect(commits.isIdle)
    }

    @Test func oneTransactionAtATimeAndTheRestTogether() {
        var commits = Commits()
        #expect(commits.submit([self.change("a")], ["a"]) == .later(wakesWriter: true))
        #expect(commits.begin(0) == [self.change("a")])
        #expect(commits.submit([], ["read"]) == .later(wakesWriter: false))
        #expect(commits.submit([self.change("b")], ["b"]) == .later(wakesWriter: false))
        #expect(commits.submit([], ["read b"]) == .later(wakesWriter: false))
        #expect(commits.submit([self.change("c")], ["c", "hint c"]) == .later(wakesWriter: false))
        #expect(commits.begin(0) == nil)
        #expect(commits.committed() == ["a", "read"])
        #expect(commits.begin(0) == [self.change("b"), self.change("c")])
        #expect(commits.committed() == ["b", "read b", "c", "hint c"])
        #expect(commits.begin(0) == nil)
        #expect(commits.isIdle)
        #expect(commits.unwrittenBytes == 0)
    }

    @Test func whatFailedIsWrittenLaterAndThenTold() {
        var commits = Commits()
        _ = commits.submit([self.change("a")], ["a", "hint a"])
        _ = commits.begin(0)
        _ = commits.submit([self.change("b")], ["b", "hint b"])
        #expect(commits.failed(self.isAnswer) == ["a", "b"])
        #expect(commits.isTroubled)
        #expect(commits.submit([self.change("late")], []) == .later(wakesWriter: false))
        #expect(commits.begin(0) == [self.change("a"), self.change("b"), self.change("late")])
        #expect(commits.failed(self.isAnswer) == [])
        #expect(commits.unwrittenBytes > 0)
        #expect(commits.begin(0)?.count == 3)
        #expect(commits.committed() == ["hint a", "hint b"])
        #expect(!commits.isTroubled)
        #expect(commits.unwrittenBytes == 0)
        #expect(commits.submit([self.change("d")], ["d"]) == .later(wakesWriter: true))
    }

    @Test func nobodyWaitsForADiskThatDoesNotAnswer() {
        var commits = Commits()
        let (began, patience) = (1_000 as UInt64, 2_000 as UInt64)
        _ = commits.submit([self.change("a")], ["a", "hint a"])
        _ = commits.begin(began)
        for early in [0, began - 1, began, began + patience] {
            #expect(commits.overdue(early, after: patience, self.isAnswer) == [])
        }
        #expect(!commits.isTroubled)
        let late = began + patience + 1
        #expect(commits.overdue(late, after: patience, self.isAnswer) == ["a"])
        #expect(commits.overdue(late, after: patience, self.isAnswer) == [])
        #expect(commits.isTroubled)
        #expect(commits.committed() == ["hint a"])
        #expect(!commits.isTroubled)
    }
}
