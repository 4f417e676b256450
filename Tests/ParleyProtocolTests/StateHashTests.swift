import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite struct StateHashTests {
    /// Whatever patches come, the hash that follows them is the hash of what they made.
    @Test func followsEveryPatch() {
        var generator = SeededGenerator(seed: 3)
        var state: JSONValue = [:]
        var hash = StateHash()
        for _ in 0..<2_000 {
            let before = state
            MergePatch.fold(randomPatch(&generator, depth: 0), into: &state, hash: &hash)
            #expect(hash == StateHash(of: state))
            var again = before
            MergePatch.fold(MergePatch.difference(from: before, to: state), into: &again)
            #expect(again == state)
        }
        #expect(state["m1"] != nil || state["m2"] != nil)
    }

    @Test func aRemovedSubtreeLeavesNothing() {
        var hash = StateHash()
        let person: JSONValue = ["name": "Ada", "media": ["audio": true]]
        hash.add(person, at: ["people", "p_1"])
        #expect(hash == StateHash(of: ["people": ["p_1": ["media": ["audio": true], "name": "Ada"]]]))
        hash.remove(person, at: ["people", "p_1"])
        #expect(hash == StateHash())
    }

    @Test func textIsSixteenLowerCaseDigits() {
        let hash = StateHash(of: ["a": "b"])
        #expect(StateHash(hash.description) == hash)
        #expect(StateHash("63556CFC71657683") == nil)
        #expect(StateHash("63556cfc7165768") == nil)
        #expect(StateHash("63556cfc7165768g") == nil)
    }
}

private func randomPatch(_ generator: inout SeededGenerator, depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth > 3 ? 4 : 8), using: &generator) {
    case 0 where depth > 0: return .null
    case 1 where depth > 0: return .string("s\(Int.random(in: 0..<5, using: &generator))")
    case 2 where depth > 0: return .integer(Int64.random(in: -3...3, using: &generator))
    case 3 where depth > 0: return .bool(Bool.random(using: &generator))
    default:
        var object = JSONObject()
        for _ in 0..<Int.random(in: 0..<4, using: &generator) {
            object["m\(Int.random(in: 0..<30, using: &generator))"] = randomPatch(
                &generator,
                depth: depth + 1
            )
        }
        return .object(object)
    }
}
