import Foundation
import ParleyProtocol
import Testing

/// The document and the code say the same.
@Suite struct CatalogueTests {
    private static func rows() throws -> Set<String> {
        let file = Vectors.root.appending(path: "docs/PROTOCOL.md")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        let rows = lines.filter { $0.hasPrefix("|") }.map { line in
            let cells = line.split(separator: "|").prefix(2)
            return cells.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: ": ")
        }
        return Set(rows)
    }

    @Test func everyRejectionIsInTheDocument() throws {
        let rows = try Self.rows()
        for code in RejectionCode.allCases {
            #expect(rows.contains("`\(code.rawValue)`: \(code.message)"), "\(code)")
        }
    }

    @Test func everyCloseCodeIsInTheDocument() throws {
        let rows = try Self.rows()
        for code in CloseCode.allCases {
            #expect(rows.contains("\(code.rawValue): \(code.reason)"), "\(code)")
        }
    }

    @Test func theDocumentNamesNoOtherCode() throws {
        let codes = try Self.rows().filter { $0.hasPrefix("`") }.compactMap { row in
            row.hasSuffix(".") ? row.split(separator: "`").first.map(String.init) : nil
        }
        #expect(Set(codes) == Set(RejectionCode.allCases.map(\.rawValue)))
    }

    @Test func closeReasonsFitIntoAFrame() {
        for code in CloseCode.allCases { #expect(code.reason.utf8.count <= 123) }
    }

    @Test func adviceFollowsFromTheNumber() {
        for code in CloseCode.allCases where code.rawValue >= 4000 {
            #expect(code.isRetryable == (code.rawValue < 4500))
        }
    }
}
