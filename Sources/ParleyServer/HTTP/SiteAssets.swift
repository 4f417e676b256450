import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// The meeting page and the JavaScript client: part of the binary, or read from their folders while somebody
/// works on them.
struct SiteAssets: Sendable {
    fileprivate struct Asset: Sendable {
        let body: ByteBuffer
        let type: String
        let tag: String
    }

    /// What people type, or find in a link.
    private static let pages = ["/": "/index.html", "/call": "/call.html"]

    private let embedded: [String: Asset]
    private let folders: ServerConfiguration.AssetFolders?

    init(folders: ServerConfiguration.AssetFolders? = nil) {
        self.folders = folders
        var embedded: [String: Asset] = [:]
        for (path, content) in EmbeddedAssets.files {
            let bytes = UnsafeBufferPointer(start: content.utf8Start, count: content.utf8CodeUnitCount)
            embedded[path] = Asset(bytes: ByteBuffer(bytes: bytes), path: path)
        }
        self.embedded = embedded
    }

    /// - Parameter path: an absolute path without query, percent-encoding undone.
    /// - Returns: `nil` if there is no such file.
    func response(for request: Request) -> Response? {
        let path = Self.pages[request.uri.path] ?? request.uri.path
        guard let asset = self.asset(at: path) else { return nil }
        var headers = SiteHeaders.all
        headers[.contentType] = asset.type
        headers[.eTag] = asset.tag
        headers[.cacheControl] = "no-cache"
        if request.headers[.ifNoneMatch] == asset.tag {
            return Response(status: .notModified, headers: headers)
        }
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: asset.body))
    }

    private func asset(at path: String) -> Asset? {
        guard let folders = self.folders else { return self.embedded[path] }
        // Only what the binary would have: no path from outside ever reaches the file system.
        let isClient = path.hasPrefix("/client/")
        let name = isClient ? String(path.dropFirst("/client/".count)) : String(path.dropFirst())
        guard
            !name.split(separator: "/", omittingEmptySubsequences: false).contains(where: { $0.isEmpty || $0 == ".." })
        else { return nil }
        let file = (isClient ? folders.client : folders.web) + "/" + name
        guard let data = try? Data(contentsOf: URL(filePath: file)) else { return nil }
        return Asset(bytes: ByteBuffer(bytes: data), path: path)
    }
}

extension SiteAssets.Asset {
    fileprivate init(bytes: ByteBuffer, path: String) {
        // FNV-1a: it only has to change when the file does.
        let hash = bytes.readableBytesView.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        self.init(
            body: bytes,
            type: Self.types[path.split(separator: ".").last.map(String.init) ?? ""] ?? "application/octet-stream",
            tag: "\"\(String(hash, radix: 16))\""
        )
    }

    private static let types = [
        "html": "text/html; charset=utf-8",
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
        "json": "application/json",
        "webmanifest": "application/manifest+json",
        "txt": "text/plain; charset=utf-8",
    ]
}
