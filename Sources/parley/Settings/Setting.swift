/// One thing that an operator may decide: as a flag, in the environment, or in the configuration file.
struct Setting: Sendable {
    /// In the file as it is; `--port` as a flag; `PARLEY_PORT` in the environment.
    let key: String
    /// What a value may be, in words: it follows "allowed: ".
    let allowed: String
    /// Several values instead of one: a flag may be repeated, the file has an array, the environment separates by `;`.
    var isList = false
    /// No message shows a value.
    var isSecret = false
    /// No message shows what stands behind the first comma of a value.
    var hidesBehindComma = false

    var flag: String { "--\(self.key)" }

    var environmentName: String {
        "PARLEY_" + self.key.uppercased().replacing("-", with: "_")
    }

    static let all: [Setting] =
        [
            host, port, loops, engine, iceServer, roomCapacity, stageMax, connections, frameBytes, messagesPerSecond,
            messageBurst,
            unacknowledgedSignals, silenceMilliseconds, darkMilliseconds, graceMilliseconds, devices, role,
            drainMilliseconds,
            stopMilliseconds, logLevel, webFolder, clientFolder,
        ] + engines + tokens + webhook + turn + doors + audit + nodes + calls

    static let host = Setting(key: "host", allowed: "a host name or an IP address of this machine")
    static let port = Setting(key: "port", allowed: "a whole number from 0 to 65535 (0: any free port)")
    static let loops = Setting(key: "loops", allowed: "a whole number from 1 to 64")
    static let iceServer = Setting(
        key: "ice-server",
        allowed: "a stun:, turn: or turns: address; after it, separated by commas, user name and credential",
        isList: true,
        hidesBehindComma: true
    )
    static let roomCapacity = Setting(key: "room-capacity", allowed: "a whole number from 1 to 10000")
    static let stageMax = Setting(key: "stage-max", allowed: "a whole number from 1 to 1000")
    static let connections = Setting(key: "connections", allowed: "a whole number from 1 to 1000000")
    static let frameBytes = Setting(key: "frame-bytes", allowed: "a whole number from 1024 to 1048576")
    static let messagesPerSecond = Setting(
        key: "messages-per-second",
        allowed: "a whole number from 1 to 10000000"
    )
    static let messageBurst = Setting(key: "message-burst", allowed: "a whole number from 1 to 10000000")
    static let unacknowledgedSignals = Setting(
        key: "unacknowledged-signals",
        allowed: "a whole number from 32 to 65536"
    )
    static let silenceMilliseconds = Setting(
        key: "silence-milliseconds",
        allowed: "a whole number from 2000 to 5000"
    )
    static let darkMilliseconds = Setting(
        key: "dark-milliseconds",
        allowed: "a whole number from 4500 to 15000, at least twice silence-milliseconds"
    )
    static let graceMilliseconds = Setting(key: "grace-milliseconds", allowed: "a whole number from 1000 to 3600000")
    static let devices = Setting(key: "devices", allowed: "allow, replace or reject")
    static let role = Setting(
        key: "role",
        allowed: "ROLE.PERMISSION=true or false, with a role and a permission of the protocol",
        isList: true
    )
    static let drainMilliseconds = Setting(key: "drain-milliseconds", allowed: "a whole number from 0 to 3600000")
    static let stopMilliseconds = Setting(key: "stop-milliseconds", allowed: "a whole number from 0 to 60000")
    static let logLevel = Setting(
        key: "log-level",
        allowed: "trace, debug, info, notice, warning, error or critical"
    )
    static let webFolder = Setting(key: "web-folder", allowed: "a folder (given together with client-folder)")
    static let clientFolder = Setting(key: "client-folder", allowed: "a folder (given together with web-folder)")
}

/// Why the server does not start: the setting's name, the value, where it came from, and what is allowed.
struct SettingError: Error, CustomStringConvertible {
    let description: String

    init(_ setting: Setting, value: String, source: String) {
        // What stands behind a comma may be a credential.
        let start = setting.hidesBehindComma ? value.prefix { $0 != "," } : value[...]
        let shown = setting.isSecret ? "has a value that is not shown" : "has the value \"\(start)\""
        self.description = "The setting \(setting.key) (\(source)) \(shown); allowed: \(setting.allowed)."
    }

    init(unknown name: String, source: String, known: [String]) {
        self.description =
            "There is no setting \(name) (\(source)); allowed: \(known.joined(separator: ", "))."
    }

    init(_ description: String) {
        self.description = description
    }
}
