import FoundationEssentials
import Logging
import NIOCore

/// A file with secrets, one to a line, the one that signs first. Whoever rotates them writes the new one above the old
/// one; a server that runs takes it up by itself.
package struct TurnSecretFile: Sendable {
    private let path: String

    package init(path: String) { self.path = path }

    /// A larger file is not read.
    private static let bytesMax = 65_536
    /// More of them are left out: a rotation needs two.
    package static let secretsMax = 8
    private static let pause = Duration.seconds(2)

    /// - Returns: `nil` if there is no such file, or no secret in it.
    package func read() -> [TurnSecret]? {
        guard let size = try? FileManager.default.attributesOfItem(atPath: self.path)[.size] as? UInt64,
            size <= Self.bytesMax, let text = try? String(contentsOfFile: self.path, encoding: .utf8)
        else { return nil }
        let secrets = Array([TurnSecret](lines: text).prefix(Self.secretsMax))
        return secrets.isEmpty ? nil : secrets
    }

    /// Reads it every two seconds until the task is cancelled. A file that is gone or empty for a while takes no secret
    /// away: it may be about to be replaced.
    func watch(from first: [TurnSecret], logger: Logger, adopt: ([TurnSecret]) async -> Void) async {
        var known = first
        var isMissing = false
        while (try? await Task.sleep(for: Self.pause)) != nil {
            let secrets = self.read()
            if secrets == nil, !isMissing {
                logger.warning("The file of TURN secrets cannot be read; the known ones stay.")
            }
            isMissing = secrets == nil
            guard let secrets, secrets != known else { continue }
            known = secrets
            await adopt(secrets)
        }
    }
}

extension TurnConfiguration {
    /// Takes up what the operator writes into the file, until the task is cancelled.
    func watchSecrets(_ logger: Logger, adopt: @escaping @Sendable ([TurnSecret]) -> Void) async {
        guard let path = self.secretFile else { return }
        await TurnSecretFile(path: path).watch(from: self.secrets, logger: logger, adopt: adopt)
    }
}
