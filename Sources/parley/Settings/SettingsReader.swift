import Configuration
import Foundation
import SystemPackage

/// Reads settings: flags over environment over file.
struct SettingsReader {
    private var layers: [(source: (Setting) -> String, reader: ConfigReader)]

    /// - Parameters:
    ///   - flags: the values given on the command line, by key.
    ///   - file: the path of a JSON file with settings by key.
    init(flags: [String: [String]], environment: [String: String], file: String?) async throws {
        try Self.refuseUnknown(environment: environment)
        let flagValues = flags.reduce(into: [AbsoluteConfigKey: ConfigValue]()) { values, flag in
            values[AbsoluteConfigKey([flag.key])] = ConfigValue(.stringArray(flag.value), isSecret: false)
        }
        let environmentProvider = EnvironmentVariablesProvider(environmentVariables: environment, arraySeparator: ";")
            .prefixKeys(with: "parley")
        self.layers = [
            (\.flag, ConfigReader(provider: InMemoryProvider(name: "flags", values: flagValues))),
            (\.environmentName, ConfigReader(provider: environmentProvider)),
        ]
        if let file {
            try Self.refuseUnknown(inFile: file)
            let provider = try await Self.provider(file: file)
            self.layers.append(({ _ in file }, ConfigReader(provider: provider)))
        }
    }

    /// The value of the first layer that has one, parsed.
    func value<Value>(_ setting: Setting, parse: (String) -> Value?) throws -> Value? {
        for (source, reader) in self.layers {
            guard let texts = Self.texts(of: setting, in: reader) else { continue }
            guard texts.count == 1, let value = parse(texts[0]) else {
                throw SettingError(setting, value: texts.joined(separator: " "), source: source(setting))
            }
            return value
        }
        return nil
    }

    /// All values of the first layer that has some, each parsed.
    func values<Value>(_ setting: Setting, parse: (String) -> Value?) throws -> [Value]? {
        for (source, reader) in self.layers {
            guard let texts = Self.texts(of: setting, in: reader) else { continue }
            return try texts.map { text in
                guard let value = parse(text) else { throw SettingError(setting, value: text, source: source(setting)) }
                return value
            }
        }
        return nil
    }

    func integer(_ setting: Setting, in range: ClosedRange<Int>) throws -> Int? {
        try self.value(setting) { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    private static func texts(of setting: Setting, in reader: ConfigReader) -> [String]? {
        let key = ConfigKey([setting.key])
        if setting.isList, let list = reader.stringArray(forKey: key) { return list }
        if let text = reader.string(forKey: key) { return [text] }
        if let list = reader.stringArray(forKey: key) { return list }
        if let number = reader.int(forKey: key) { return [String(number)] }
        if let number = reader.double(forKey: key) { return [String(number)] }
        if let flag = reader.bool(forKey: key) { return [String(flag)] }
        return nil
    }

    private static func provider(file: String) async throws -> FileProvider<JSONSnapshot> {
        do {
            return try await FileProvider<JSONSnapshot>(filePath: FilePath(file))
        } catch {
            throw SettingError("The file \(file) (--config) cannot be read as JSON: \(error)")
        }
    }

    private static func refuseUnknown(environment: [String: String]) throws {
        let known = Setting.all.map(\.environmentName) + ["PARLEY_CONFIG", "PARLEY_TEST_RUN"]
        for name in environment.keys.sorted() where name.hasPrefix("PARLEY_") && !known.contains(name) {
            throw SettingError(unknown: name, source: "environment", known: known.dropLast())
        }
    }

    private static func refuseUnknown(inFile file: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw SettingError("The file \(file) (--config) does not exist or cannot be read.")
        }
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw SettingError("The file \(file) (--config) is not one JSON object.")
        }
        let known = Setting.all.map(\.key)
        for name in object.keys.sorted() where !known.contains(name) {
            throw SettingError(unknown: name, source: file, known: known)
        }
    }
}
