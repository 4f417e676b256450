import ParleyProtocol
import ParleyTestSupport
import Testing

@Suite struct JSONObjectTests {
    /// Each of twelve letters in one of two forms: 4,096 names that Unicode takes for one. Whoever sends them must not
    /// make us compare each with each.
    @Test func namesThatAreCanonicallyEquivalentDoNotCollide() throws {
        let names = (0..<4_096).map { bits in
            (0..<12).map { bits >> $0 & 1 == 0 ? "\u{E9}" : "e\u{301}" }.joined()
        }
        let hashes = Set(names.map { MemberName($0).hashValue })
        #expect(hashes.count > 4_000)
        let text = "{" + names.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}"
        let object = try #require(try JSONParser.parse(text).object)
        #expect(object.count == names.count)
        #expect(object[names[77]] == 77)
    }

    /// Against a plain list, across the size where the index appears and goes again.
    @Test func behavesLikeAList() {
        var generator = SeededGenerator(seed: 7)
        for round in 0..<40 {
            var object = JSONObject()
            var list: [(name: String, value: JSONValue)] = []
            for step in 0..<200 {
                let name = "n\(Int.random(in: 0..<40, using: &generator))"
                let place = list.firstIndex { $0.name == name }
                if Int.random(in: 0..<(round.isMultiple(of: 2) ? 2 : 4), using: &generator) == 0 {
                    object[name] = nil
                    if let place { list.remove(at: place) }
                } else {
                    object[name] = .integer(Int64(step))
                    if let place {
                        list[place].value = .integer(Int64(step))
                    } else {
                        list.append((name, .integer(Int64(step))))
                    }
                }
                #expect(object.count == list.count)
                #expect(object.isEmpty == list.isEmpty)
                #expect(object[name] == list.first { $0.name == name }?.value)
            }
            #expect(Array(object.members).map(\.name) == list.map(\.name))
            #expect(Array(object.members).map(\.value) == list.map(\.value))
        }
    }

    @Test func equalityForgetsTheOrder() {
        let names = (0..<30).map { "n\($0)" }
        var forward = JSONObject()
        var backward = JSONObject()
        for name in names { forward[name] = .string(name) }
        for name in names.reversed() { backward[name] = .string(name) }
        #expect(forward == backward)
        #expect(forward.hashValue == backward.hashValue)
        backward["n3"] = "other"
        #expect(forward != backward)
    }

    @Test func changesAMemberInPlace() {
        var object: JSONObject = ["a": 1]
        object.withMember("a") { $0 = 2 }
        object.withMember("b") { $0 = 3 }
        object.withMember("c") { $0 = nil }
        object.withMember("a") { $0 = nil }
        #expect(object == ["b": 3])
    }
}
