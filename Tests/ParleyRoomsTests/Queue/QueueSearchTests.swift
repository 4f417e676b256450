import ParleyProtocol
import ParleyRooms
import Testing

@Suite struct QueueSearchTests {
    private func rules(_ json: JSONValue) -> QueueRules { QueueRules(json: json) }

    /// The numbers say that the search has gone everywhere; more or fewer is a change to be looked at.
    @Test func `three customers and two agents who take by themselves`() {
        var search = QueueSearch(self.rules([:]), customers: 3, agents: 2, losable: 0)
        search.run()
        #expect(search.faults == [])
        #expect(search.takings > 1_000, "\(search.states) states, \(search.edges) edges, \(search.takings) taken")
    }

    /// With two agents there are 42,000 states and more, which takes too long for each run; see below for two of each.
    @Test func `three customers and one agent who is asked`() {
        var search = QueueSearch(self.rules(["offerMilliseconds": 5_000]), customers: 3, agents: 1, losable: 1)
        search.run()
        #expect(search.faults == [])
        #expect(search.takings > 1_000, "\(search.states) states, \(search.edges) edges, \(search.takings) taken")
    }

    @Test func `two customers and two agents who are asked in turn and lose their connections`() {
        var search = QueueSearch(self.rules(["offerMilliseconds": 5_000]), customers: 2, agents: 2, losable: 1)
        search.run()
        #expect(search.faults == [])
        #expect(search.takings > 1_000, "\(search.states) states, \(search.edges) edges, \(search.takings) taken")
    }

    @Test func `four people with two keys are put together by twos`() {
        var search = QueueSearch(self.rules(["rule": "match"]), customers: 4, agents: 0, losable: 1)
        for (index, id) in search.customers.enumerated() { search.keys[id] = index < 2 ? "chess" : "go" }
        search.run()
        #expect(search.faults == [])
        #expect(search.takings > 100, "\(search.states) states, \(search.edges) edges, \(search.takings) taken")
    }
}
