import Foundation

/// The files of this repository as they are on disk.
enum Repository {
    static let root: URL = {
        var folder = URL(filePath: #filePath).deletingLastPathComponent()
        while folder.path != "/", !exists(folder.appending(path: "Package.swift")) {
            folder.deleteLastPathComponent()
        }
        return folder
    }()

    /// Everything that is text and ours: no build products, no hidden folders, nothing that was fetched.
    static let files: [TextFile] = {
        var result: [TextFile] = []
        collect(root, "", &result)
        return result.sorted { $0.path < $1.path }
    }()

    static func file(_ path: String) throws -> TextFile {
        TextFile(path: path, text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
    }

    private static let skipped: Set<String> = ["node_modules", "venv", "__pycache__"]
    private static let extensions: Set<String> = [
        "swift", "md", "json", "yaml", "yml", "js", "mjs", "ts", "py", "sh", "html", "css", "toml", "txt", "",
    ]

    private static func exists(_ url: URL) -> Bool {
        FileManager.default.fileExists(atPath: url.path)
    }

    private static func collect(_ folder: URL, _ prefix: String, _ result: inout [TextFile]) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        for name in names where !name.hasPrefix(".") && !skipped.contains(name) {
            let url = folder.appending(path: name)
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue {
                collect(url, prefix + name + "/", &result)
            } else if extensions.contains(url.pathExtension),
                let text = try? String(contentsOf: url, encoding: .utf8)
            {
                result.append(TextFile(path: prefix + name, text: text))
            }
        }
    }
}

/// One file, by its path from the root.
struct TextFile: Sendable {
    let path: String
    let text: String
    let lines: [Substring]
    /// The lines of a Swift file with comments and the contents of strings blanked out, each as long
    /// as it was; nothing for another file.
    let codeLines: [Substring]

    init(path: String, text: String) {
        self.path = path
        self.text = text
        self.lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        self.codeLines =
            path.hasSuffix(".swift")
            ? SwiftCode.blanked(text).split(separator: "\n", omittingEmptySubsequences: false) : []
    }

    /// How many lines there are; the end of the last one begins no new line.
    var lineCount: Int { self.text.hasSuffix("\n") ? self.lines.count - 1 : self.lines.count }

    var isSwift: Bool { self.path.hasSuffix(".swift") }
    var isStateMachine: Bool { self.path.contains("+StateMachine") && self.isSwift }

    func isIn(_ folders: String...) -> Bool {
        folders.contains { self.path.hasPrefix($0) }
    }
}
