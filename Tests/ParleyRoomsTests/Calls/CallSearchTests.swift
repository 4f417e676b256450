import Foundation
import Testing

@Suite struct CallSearchTests {
    /// With optimisation all of them. Without, the nearest ones: it takes twenty times as long.
    private static var statesMax: Int {
        #if DEBUG
            ProcessInfo.processInfo.environment["PARLEY_SEARCH_ALL"] == nil ? 2_000 : .max
        #else
            .max
        #endif
    }

    @Test(
        arguments: [
            [.linesAreLost], [.oneDeviceDeclines, .callsAreLost], [.callerChangesDevice, .callsAreLost],
        ] as [Set<CallSearch.Freedom>]
    )
    func `the states of a call between two people with two devices each`(freedoms: Set<CallSearch.Freedom>) {
        var search = CallSearch(freedoms)
        search.run(statesMax: Self.statesMax)
        #expect(search.faults == [])
        print("\(search.states) states of a call, \(search.edges) ways between them")
        #expect(search.states >= 2_000)
    }

    @Test(arguments: CallSearch.Mutant.allCases)
    func `what is left out is missed`(mutant: CallSearch.Mutant) {
        var search = CallSearch([.linesAreLost], without: mutant)
        search.run(statesMax: 2_000)
        #expect(search.faults != [])
    }
}
