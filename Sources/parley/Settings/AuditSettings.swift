import Foundation
import ParleyServer

extension Setting {
    static let audit = [auditLog, auditKey, auditKeyFile]

    static let auditLog = Setting(key: "audit-log", allowed: "a file that this server alone writes")
    /// Not a flag: everybody on a machine sees what its processes were started with.
    static let auditKey = Setting(
        key: "audit-key",
        allowed: "at least \(AuditKey.bytesMin) characters that nobody can guess",
        isSecret: true
    )
    static let auditKeyFile = Setting(
        key: "audit-key-file",
        allowed:
            "a file that holds at least \(AuditKey.bytesMin) characters that nobody can guess (instead of audit-key)"
    )
}

extension AuditConfiguration {
    /// - Returns: `nil` if nobody wants an audit.
    init?(_ settings: SettingsReader) throws {
        let key = try AuditKey(settings)
        guard let path = try settings.value(.auditLog, parse: { $0.isEmpty ? nil : $0 }) else {
            guard key == nil else {
                throw SettingError("The settings audit-key and audit-key-file mean nothing without audit-log.")
            }
            return nil
        }
        self.init(path: path, key: key)
    }
}

extension AuditKey {
    /// - Returns: `nil` if no key is set.
    init?(_ settings: SettingsReader) throws {
        let text = try settings.value(.auditKey) { $0 }
        let path = try settings.value(.auditKeyFile) { $0.isEmpty ? nil : $0 }
        let read: String
        switch (text, path) {
        case (nil, nil): return nil
        case (let text?, nil): read = text
        case (nil, let path?):
            guard let found = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw SettingError(.auditKeyFile, value: path, source: "a file that cannot be read")
            }
            read = found.trimmingCharacters(in: .newlines)
        case (_?, let path?): throw SettingError(.auditKeyFile, value: path, source: "together with audit-key")
        }
        guard let key = AuditKey(read) else {
            throw SettingError(
                """
                The key of the audit log has \(read.utf8.count) bytes; allowed: at least \(AuditKey.bytesMin). A good \
                one: openssl rand -base64 48
                """
            )
        }
        self = key
    }
}
