import Foundation
import Testing

/// The protocol document and the golden vectors say the same, byte for byte.
@Suite("Protocol document")
struct DocumentTests {
    @Test("every JSON example is a golden vector, as it is written there")
    func examplesAreVectors() throws {
        let vectors = try Self.messages()
        let blocks = Self.blocks(in: try Repository.file("docs/PROTOCOL.md"))
        #expect(blocks.count > 20)
        for block in blocks {
            let place = "docs/PROTOCOL.md:\(block.line): error:"
            let name = try #require(block.vector, "\(place) a json block without a vector comment")
            let vector = try #require(vectors[name], "\(place) there is no vector \(name)")
            #expect(block.text == vector, "\(place) this differs from the vector \(name)")
        }
    }

    @Test("a vector comment stands before a block, and no example is shown twice under another name")
    func commentsBelongToBlocks() throws {
        let file = try Repository.file("docs/PROTOCOL.md")
        let comments = file.lines.filter { $0.hasPrefix("<!-- vector:") }.count
        let names = Self.blocks(in: file).compactMap(\.vector)
        #expect(comments == names.count)
        #expect(Set(names).count == names.count)
    }

    @Test("the example in the README is the one that the browser tests run")
    func readmeExample() throws {
        let example = try Repository.file("clients/javascript/examples/call.js").text
        #expect(try Repository.file("README.md").text.contains("```js\n\(example)```"))
    }

    @Test("an unmarked or a changed block is noticed")
    func checkCanFail() {
        let text = "<!-- vector: a -->\n```json\n{\"a\":1}\n```\n\n```json\n{}\n```\n"
        let blocks = Self.blocks(in: TextFile(path: "A.md", text: text))
        #expect(blocks.map(\.vector) == ["a", nil])
        #expect(blocks.map(\.text) == ["{\"a\":1}", "{}"])
        #expect(blocks.map(\.line) == [2, 6])
    }

    @Test(
        "vector files hold one vector for each line, each with a name of its own",
        arguments: [
            "accepted-frames", "hash", "messages", "murmur3", "names", "patch", "politeness", "rejected-frames",
        ]
    )
    func vectorFiles(_ name: String) throws {
        let file = try Repository.file("Tests/Vectors/\(name).json")
        let all = try #require(try JSONSerialization.jsonObject(with: Data(file.text.utf8)) as? [[String: Any]])
        #expect(file.lineCount == all.count + 2)
        #expect(Set(all.compactMap { $0["name"] as? String }).count == all.count)
    }

    @Test("every rejection code is in the table of section 9, with its sentence")
    func rejectionTable() throws {
        try self.expectTable(of: "RejectionCode", rows: #/(?m)^\| `([a-z-]+)` \| (.+?) \| .+ \|$/#)
    }

    @Test("every close code is in the table of section 10, with its sentence")
    func closeTable() throws {
        try self.expectTable(of: "CloseCode", rows: #/(?m)^\| (\d{4}) \| (.+?) \| .+ \|$/#)
    }

    /// Reads the source as text: this target imports nothing of Parley, so that it builds while
    /// everything else is broken.
    private func expectTable(of type: String, rows: Regex<(Substring, Substring, Substring)>) throws {
        let source = try Repository.file("Sources/ParleyProtocol/\(type).swift").text
        let document = try Repository.file("docs/PROTOCOL.md").text
        var codes: [Substring: Substring] = [:]
        for match in source.matches(of: #/(?m)^    case (\w+)(?: = "?([\w-]+)"?)?$/#) {
            codes[match.1] = match.2 ?? match.1
        }
        var expected: [String: String] = [:]
        for match in source.matches(of: #/case \.(\w+): "([^"]+)"/#) {
            expected[String(try #require(codes[match.1]))] = String(match.2)
        }
        #expect(expected.count == codes.count)
        let section = type == "CloseCode" ? "## 10." : "## 9."
        let start = try #require(document.range(of: section)).upperBound
        let end = document.range(of: "\n## ", range: start..<document.endIndex)?.lowerBound ?? document.endIndex
        var found: [String: String] = [:]
        for match in document[start..<end].matches(of: rows) { found[String(match.1)] = String(match.2) }
        #expect(found == expected)
    }

    /// The text of each message, as it is written in its line.
    private static func messages() throws -> [String: String] {
        var result: [String: String] = [:]
        let line = #/^\{"name":"([^"]+)","direction":"(?:client|server)","message":(.+)\},?$/#
        for text in try Repository.file("Tests/Vectors/messages.json").lines {
            guard let match = text.wholeMatch(of: line) else { continue }
            result[String(match.1)] = String(match.2)
        }
        return result
    }

    private struct Block {
        let line: Int
        let vector: String?
        let text: String
    }

    private static func blocks(in file: TextFile) -> [Block] {
        var result: [Block] = []
        for (index, line) in file.lines.enumerated() where line == "```json" {
            let before = index > 0 ? file.lines[index - 1] : ""
            let vector = before.wholeMatch(of: #/<!-- vector: ([\w-]+) -->/#)?.1
            let text = file.lines[(index + 1)...].prefix { $0 != "```" }.joined(separator: "\n")
            result.append(Block(line: index + 1, vector: vector.map(String.init), text: text))
        }
        return result
    }
}
