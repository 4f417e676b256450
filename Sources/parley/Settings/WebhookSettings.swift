import Foundation
import ParleyProtocol
import ParleyServer

/// A service of the operator's that is asked or told something, as the operator has written it down: who somebody is
/// (auth-webhook), or whom somebody rings (wake-webhook).
struct WebhookSettings {
    let url: String
    private let secret: String
    private let timeoutMilliseconds: Int

    struct Names {
        let url: Setting
        let secret: Setting
        let secretFile: Setting
        let milliseconds: Setting

        static let authorization = Names(
            url: .authWebhook,
            secret: .authWebhookSecret,
            secretFile: .authWebhookSecretFile,
            milliseconds: .authWebhookMilliseconds
        )
        static let wake = Names(
            url: .wakeWebhook,
            secret: .wakeWebhookSecret,
            secretFile: .wakeWebhookSecretFile,
            milliseconds: .wakeWebhookMilliseconds
        )
    }

    /// - Returns: `nil` if none is named.
    init?(_ settings: SettingsReader, _ names: Names = .authorization) throws {
        let secret = try settings.value(names.secret, parse: { $0.isEmpty ? nil : $0 })
        let file = try settings.value(names.secretFile, parse: { $0.isEmpty ? nil : $0 })
        let timeout = try settings.integer(names.milliseconds, in: 100...30_000)
        guard let url = try settings.value(names.url, parse: { OutboundClient.isAllowed($0) ? $0 : nil }) else {
            guard secret == nil, file == nil, timeout == nil else {
                let what = names.url.key == Setting.authWebhook.key ? "An authorization service" : "A wake-up service"
                throw SettingError("\(what) has a secret or a time, but no address (\(names.url.key)).")
            }
            return nil
        }
        self.url = url
        self.timeoutMilliseconds = timeout ?? Limits().webhookMilliseconds
        switch (secret, file) {
        case (let secret?, nil): self.secret = secret
        case (nil, let file?): self.secret = try Self.text(file)
        case (nil, nil), (_?, _?):
            throw SettingError(
                """
                What signs the questions to \(names.url.key) has to come from one place: \
                \(names.secret.environmentName) or \(names.secretFile.key).
                """
            )
        }
        guard self.secret.utf8.count >= Self.secretBytesMin else {
            throw SettingError(
                """
                The secret of \(names.url.key) has \(self.secret.utf8.count) bytes; allowed: at least \
                \(Self.secretBytesMin). A good one: openssl rand -base64 48
                """
            )
        }
    }

    private static let secretBytesMin = 32

    /// The end of a line in a file is no part of the secret.
    private static func text(_ file: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw SettingError("The file \(file) does not exist or cannot be read.")
        }
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    func webhook(_ client: OutboundClient) -> AuthorizationWebhook {
        AuthorizationWebhook(
            url: self.url,
            secret: self.secret,
            timeoutMilliseconds: self.timeoutMilliseconds,
            client: client
        )
    }

    func wakeWebhook(_ client: OutboundClient) -> WakeWebhook {
        WakeWebhook(
            url: self.url,
            secret: self.secret,
            timeoutMilliseconds: self.timeoutMilliseconds,
            client: client
        )
    }
}

extension Setting {
    static let webhook = [authWebhook, authWebhookSecret, authWebhookSecretFile, authWebhookMilliseconds]

    static let authWebhook = Setting(key: "auth-webhook", allowed: "an https: address (http: only on this machine)")
    /// Not a flag: everybody on a machine sees what its processes were started with.
    static let authWebhookSecret = Setting(
        key: "auth-webhook-secret",
        allowed: "at least 32 characters that nobody can guess",
        isSecret: true
    )
    static let authWebhookSecretFile = Setting(key: "auth-webhook-secret-file", allowed: "a file that holds the secret")
    static let authWebhookMilliseconds = Setting(
        key: "auth-webhook-milliseconds",
        allowed: "a whole number from 100 to 30000"
    )
}
