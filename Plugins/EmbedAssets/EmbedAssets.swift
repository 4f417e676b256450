import Foundation
import PackagePlugin

/// Puts the meeting page and the JavaScript client into the server, so that one file is the whole program.
@main
struct EmbedAssets: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL
        let folders = ["web", "clients/javascript"].map { root.appending(path: $0) }
        let files = folders.flatMap { Self.files(in: $0) }
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedAssets.swift")
        return [
            .buildCommand(
                displayName: "Embedding the meeting page and the JavaScript client",
                executable: try context.tool(named: "EmbedAssetsTool").url,
                arguments: [output.path] + folders.map(\.path),
                inputFiles: files,
                outputFiles: [output]
            )
        ]
    }

    private static func files(in folder: URL) -> [URL] {
        guard let names = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else { return [] }
        return names.compactMap { $0 as? URL }.filter { !$0.hasDirectoryPath }.sorted { $0.path < $1.path }
    }
}
