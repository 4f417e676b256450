import Foundation
import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct QueueSearchTests {
    private func rules(_ json: JSONValue) -> QueueRules { QueueRules(json: json) }

    /// The larger worlds up to so many states; all of them, which takes long, with PARLEY_SEARCH_ALL=1.
    private static let statesMax =
        ProcessInfo.processInfo.environment["PARLEY_SEARCH_ALL"] == nil ? 3_000 : Int.max

    @Test func `three customers and two agents who take by themselves`() {
        var search = QueueSearch(self.rules([:]), customers: 3, agents: 2, losable: 0)
        search.run(statesMax: Self.statesMax)
        #expect(search.faults == [])
        #expect(search.takings > 300, "\(search.states) states, \(search.edges) edges, \(search.takings) taken")
    }

    @Test func `three customers and one agent who is asked`() {
        var search = QueueSearch(self.rules(["offerMilliseconds": 5_000]), customers: 3, agents: 1, losable: 1)
        search.run(statesMax: Self.statesMax)
        #expect(search.faults == [])
        #expect(search.takings > 300, "\(search.states) states, \(search.edges) edges, \(search.takings) taken")
    }

    @Test func `two customers and two agents who are asked in turn and lose their connections`() {
        var search = QueueSearch(self.rules(["offerMilliseconds": 5_000]), customers: 2, agents: 2, losable: 1)
        search.run(statesMax: Self.statesMax)
        #expect(search.faults == [])
        #expect(search.takings > 300, "\(search.states) states, \(search.edges) edges, \(search.takings) taken")
    }

    @Test func `two customers and one agent, everywhere`() {
        var search = QueueSearch(self.rules([:]), customers: 2, agents: 1, losable: 0)
        search.run()
        #expect(search.faults == [])
        #expect(search.takings > 20, "\(search.states) states, \(search.edges) edges, \(search.takings) taken")
    }

    @Test(arguments: QueueSearch.Mutant.allCases)
    func `what is left out is missed`(mutant: QueueSearch.Mutant) {
        var search = QueueSearch(self.rules([:]), customers: 2, agents: 1, losable: 0)
        search.mutant = mutant
        search.run()
        #expect(search.faults != [])
    }

    @Test func `four people with two keys are put together by twos`() {
        var search = QueueSearch(self.rules(["rule": "match"]), customers: 4, agents: 0, losable: 1)
        for (index, id) in search.customers.enumerated() { search.keys[id] = index < 2 ? "chess" : "go" }
        search.run()
        #expect(search.faults == [])
        #expect(search.takings > 100, "\(search.states) states, \(search.edges) edges, \(search.takings) taken")
    }
}
