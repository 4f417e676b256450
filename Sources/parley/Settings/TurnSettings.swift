import Foundation
import ParleyServer

extension Setting {
    static let turn: [Setting] = [
        turnServer, turnSecret, turnSecretFile, turnLifetimeMilliseconds, turnVendors, turnVendorsFile, turnRestKey,
        turnRestKeyFile,
    ]

    static let turnServer = Setting(
        key: "turn-server",
        allowed: "a turn: or turns: address, such as turn:turn.example.org:3478?transport=udp",
        isList: true
    )
    static let turnSecret = Setting(
        key: "turn-secret",
        allowed: "the secret that the TURN servers know, the newest one first; at most 8",
        isList: true,
        isSecret: true
    )
    static let turnSecretFile = Setting(
        key: "turn-secret-file",
        allowed: "a file with a secret to a line, the newest one first (instead of turn-secret)"
    )
    static let turnLifetimeMilliseconds = Setting(
        key: "turn-lifetime-milliseconds",
        allowed: "a whole number from 5000 to 86400000"
    )
    static let turnVendors = Setting(
        key: "turn-vendors",
        allowed: "what a turn-vendors-file has in it: a JSON array of vendors, as one text",
        isSecret: true
    )
    static let turnVendorsFile = Setting(
        key: "turn-vendors-file",
        allowed: "a file with a JSON array of vendors (instead of turn-vendors)"
    )
    static let turnRestKey = Setting(
        key: "turn-rest-key",
        allowed: "a key of at least 16 characters; at most 8 of them",
        isList: true,
        isSecret: true
    )
    static let turnRestKeyFile = Setting(
        key: "turn-rest-key-file",
        allowed: "a file with a key of at least 16 characters to a line (instead of turn-rest-key)"
    )
}

extension TurnConfiguration {
    init(_ settings: SettingsReader) throws {
        self.init()
        self.servers = try settings.values(.turnServer) { Self.isTurnAddress($0) ? $0 : nil } ?? []
        self.secrets = try settings.values(.turnSecret) { TurnSecret($0) } ?? []
        self.secretFile = try settings.value(.turnSecretFile) { $0.isEmpty ? nil : $0 }
        self.lifetimeMilliseconds =
            try settings.integer(.turnLifetimeMilliseconds, in: 5_000...Self.lifetimeMillisecondsMax)
            ?? self.lifetimeMilliseconds
        try self.readSecrets()
        self.vendors = try Self.vendors(settings)
        self.restKeys = try Self.restKeys(settings)
    }

    private static func vendors(_ settings: SettingsReader) throws -> [any TurnVendor] {
        let text = try settings.value(.turnVendors) { $0 }
        let path = try settings.value(.turnVendorsFile) { $0.isEmpty ? nil : $0 }
        let read: String
        switch (text, path) {
        case (nil, nil): return []
        case (let text?, nil): read = text
        case (nil, let path?):
            guard let found = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw SettingError(.turnVendorsFile, value: path, source: "a file that cannot be read")
            }
            read = found
        case (_?, let path?): throw SettingError(.turnVendorsFile, value: path, source: "together with turn-vendors")
        }
        do throws(TurnVendorFile.Fault) {
            return try TurnVendorFile.vendors(in: read)
        } catch {
            throw SettingError("The setting \(path == nil ? "turn-vendors" : "turn-vendors-file"): \(error).")
        }
    }

    private static let restKeyBytesMin = 16

    private static func restKeys(_ settings: SettingsReader) throws -> [TurnSecret] {
        var keys = try settings.values(.turnRestKey) { TurnSecret($0) } ?? []
        if let path = try settings.value(.turnRestKeyFile, parse: { $0.isEmpty ? nil : $0 }) {
            guard keys.isEmpty, let found = TurnSecretFile(path: path).read() else {
                throw SettingError(.turnRestKeyFile, value: path, source: "missing, empty, or beside turn-rest-key")
            }
            keys = found
        }
        guard keys.count <= TurnSecretFile.secretsMax, keys.allSatisfy({ $0.byteCount >= self.restKeyBytesMin }) else {
            throw SettingError(.turnRestKey, value: "", source: "one of \(keys.count)")
        }
        return keys
    }

    private mutating func readSecrets() throws {
        if let path = self.secretFile {
            guard self.secrets.isEmpty else {
                throw SettingError(.turnSecretFile, value: path, source: "together with turn-secret")
            }
            guard let secrets = TurnSecretFile(path: path).read() else {
                throw SettingError(
                    .turnSecretFile,
                    value: path,
                    source: "a file that is missing or has no secret in it"
                )
            }
            self.secrets = secrets
        }
        guard self.secrets.count <= TurnSecretFile.secretsMax else {
            throw SettingError(.turnSecret, value: "", source: "\(self.secrets.count) of them")
        }
        guard self.servers.isEmpty == self.secrets.isEmpty else {
            throw SettingError(
                """
                The settings turn-server and turn-secret-file (or turn-secret, in the environment PARLEY_TURN_SECRET) \
                mean nothing without each other.
                """
            )
        }
    }

    static func isTurnAddress(_ text: String) -> Bool {
        guard let scheme = ["turn:", "turns:"].first(where: { text.hasPrefix($0) }) else { return false }
        let rest = text.dropFirst(scheme.count)
        return !rest.isEmpty && rest.utf8.count <= 512 && rest.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2C }
    }
}
