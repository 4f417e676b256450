import Foundation
import FuzzTargets
import Testing

/// What the fuzzer has kept, without a fuzzer and with the real libraries: see `Tests/Fuzz`.
@Suite struct KeptInputTests {
    @Test(arguments: FuzzTarget.all.map(\.name))
    func `whatever has failed once holds now`(name: String) throws { try Self.check(name, "Failures") }

    @Test(arguments: FuzzTarget.all.map(\.name))
    func `what the fuzzer begins with holds`(name: String) throws {
        #expect(try Self.check(name, "Corpora") > 0)
    }

    @Test func `every file belongs to a target`() throws {
        let names = Set(FuzzTarget.all.map(\.name))
        #expect(names.count == FuzzTarget.all.count)
        for folder in ["Corpora", "Failures"] {
            for file in try FileManager.default.contentsOfDirectory(atPath: Self.root.appending(path: folder).path) {
                #expect(names.contains(String(file.dropLast(4))), "\(folder)/\(file)")
            }
        }
    }

    @Test func `what is kept stays small`() throws {
        let files = try ["Corpora", "Failures"].flatMap { folder in
            try FileManager.default.contentsOfDirectory(
                at: Self.root.appending(path: folder),
                includingPropertiesForKeys: [.fileSizeKey]
            )
        }
        let sizes = try files.map { try $0.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0 }
        #expect(sizes.reduce(0, +) < 500_000, "run.py --minimise keeps less")
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fuzz")

    @discardableResult
    private static func check(_ name: String, _ folder: String) throws -> Int {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let file = Self.root.appending(path: "\(folder)/\(name).txt")
        // Most have never failed.
        guard FileManager.default.fileExists(atPath: file.path) else { return 0 }
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { !$0.hasPrefix("#") }
        for line in lines {
            let bytes = try #require(Self.decode(line))
            do {
                try bytes.withUnsafeBytes { try target.check($0) }
            } catch {
                Issue.record("\(error): \(line)")
            }
        }
        return lines.count
    }

    /// A JSON string, or `base64:…`.
    private static func decode(_ line: Substring) -> [UInt8]? {
        if line.hasPrefix("base64:") { return Data(base64Encoded: String(line.dropFirst(7))).map { [UInt8]($0) } }
        let value = try? JSONSerialization.jsonObject(with: Data(line.utf8), options: .fragmentsAllowed)
        return (value as? String).map { Array($0.utf8) }
    }
}
