import Foundation

/// Writes a Swift file with the text files of some folders as constants.
///
/// Usage: `EmbedAssetsTool OUTPUT WEB-FOLDER CLIENT-FOLDER`. The first folder is the root of the site,
/// the second appears below `/client`. Tests, examples' packaging and the like are left out.
@main
enum EmbedAssetsTool {
    static let types = ["html", "css", "js", "svg", "json", "txt", "webmanifest"]

    static func main() throws {
        let arguments = CommandLine.arguments
        let output = URL(fileURLWithPath: arguments[1])
        var entries: [String] = []
        for (folder, prefix) in zip(arguments.dropFirst(2), ["/", "/client/"]) {
            entries += try Self.entries(in: URL(fileURLWithPath: folder), prefix: prefix)
        }
        let text = """
            // Made by EmbedAssetsTool from the folders web and clients/javascript.
            enum EmbeddedAssets {
                static let files: [(path: String, content: StaticString)] = [
            \(entries.joined(separator: "\n"))
                ]
            }

            """
        try text.write(to: output, atomically: true, encoding: .utf8)
    }

    static func entries(in folder: URL, prefix: String) throws -> [String] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        return try names.compactMap { name in
            let hidden = name.hasPrefix("test/") || name.hasPrefix("node_modules/") || name.hasSuffix("package.json")
            guard !hidden, types.contains((name as NSString).pathExtension) else { return nil }
            let content = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            return "        (\(literal(prefix + name)), \(literal(content))),"
        }
    }

    static func literal(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if scalar.value < 0x20 || scalar.value == 0x7F || scalar.value > 0x7E {
                    result += "\\u{\(String(scalar.value, radix: 16))}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}
