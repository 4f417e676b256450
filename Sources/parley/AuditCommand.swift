import ArgumentParser
import Foundation
import ParleyServer

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Tell whether an audit log is as the server wrote it.",
        subcommands: [AuditVerify.self, AuditHead.self]
    )
}

struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Say in words whether the lines still hold on to each other, and which one does not.",
        discussion: """
            Give files that were moved away in their order, the oldest first. The exit status is 1 if a line was \
            changed, removed, inserted or moved. Lines that are missing at the end show only by a hash that was kept \
            elsewhere: parley audit head, and --head.
            """
    )

    @Argument(help: "The files, the oldest first.")
    var files: [String]

    @Option(
        help: ArgumentHelp("A hash that parley audit head has printed: its line has to be there.", valueName: "hash")
    )
    var head: String?

    @OptionGroup(title: "Key") var key: AuditKeyOptions

    func run() async throws {
        guard self.head.map({ $0.utf8.count == 64 }) ?? true else {
            throw ValidationError("--head: a hash has 64 hexadecimal digits.")
        }
        var reading = AuditReading(
            AuditVerification(key: try await self.key.read()?.symmetric, head: self.head?.lowercased())
        )
        do {
            for file in self.files { try reading.read(file) }
            try reading.finish()
        } catch let broken as AuditBreak {
            print(broken.description)
            throw ExitCode(1)
        }
        print(reading.report(head: self.head))
        if self.head != nil, reading.verification.headAt == nil { throw ExitCode(1) }
    }
}

struct AuditHead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "head",
        abstract: "Print the hash of the last line, to be kept where whoever writes the log cannot write."
    )

    @Argument(help: "The file that the server writes.")
    var file: String

    @OptionGroup(title: "Key") var key: AuditKeyOptions

    func run() async throws {
        var reading = AuditReading(AuditVerification(key: try await self.key.read()?.symmetric))
        do {
            try reading.read(self.file)
            try reading.finish()
        } catch let broken as AuditBreak {
            throw ValidationError(broken.description)
        }
        print(reading.verification.hash)
    }
}

extension AuditKeyOptions {
    fileprivate func read() async throws -> AuditKey? {
        let environment = ProcessInfo.processInfo.environment
        do {
            var flags: [String: [String]] = [:]
            for case (let setting, let value?) in self.given { flags[setting.key] = [value] }
            let settings = try await SettingsReader(
                flags: flags,
                environment: environment,
                file: environment["PARLEY_CONFIG"]
            )
            return try AuditKey(settings)
        } catch let error as SettingError {
            throw ValidationError(error.description)
        }
    }
}

/// Where a log does not hold.
private struct AuditBreak: Error, CustomStringConvertible {
    let description: String
}

/// Reads files line by line; a log may be larger than the memory.
private struct AuditReading {
    private(set) var verification: AuditVerification
    private static let chunkBytes = 1 << 20

    init(_ verification: AuditVerification) {
        self.verification = verification
    }

    mutating func read(_ path: String) throws {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw ValidationError("The file \(path) does not exist or cannot be read.")
        }
        self.verification.beginFile()
        var rest: [UInt8] = []
        while let chunk = try file.read(upToCount: Self.chunkBytes), !chunk.isEmpty {
            rest += chunk
            var start = 0
            while let end = rest[start...].firstIndex(of: 0x0A) {
                try self.take(rest[start..<end], isEnded: true, path)
                start = end + 1
            }
            rest.removeFirst(start)
            // No line of ours is so long.
            if rest.count > 2 * AuditChain.lineBytesMax { break }
        }
        if !rest.isEmpty { try self.take(rest[...], isEnded: false, path) }
    }

    private mutating func take(_ line: ArraySlice<UInt8>, isEnded: Bool, _ path: String) throws {
        do throws(AuditChain.Fault) {
            try self.verification.read(line, isEnded: isEnded)
        } catch {
            throw self.broken(error, "\(path):\(self.verification.position)")
        }
    }

    func finish() throws {
        do throws(AuditChain.Fault) {
            try self.verification.finish()
        } catch {
            throw self.broken(error, "the last line")
        }
    }

    private func broken(_ fault: AuditChain.Fault, _ place: String) -> AuditBreak {
        let before =
            self.verification.lines == 0
            ? "Nothing before it holds."
            : "What is before it holds: \(self.verification.lines) lines, up to number \(self.verification.number)."
        return AuditBreak(description: "BROKEN at \(place): \(fault). \(before)")
    }

    // MARK: Words

    func report(head: String?) -> String {
        let found = self.verification
        guard found.lines > 0 else { return "There is no line yet. \(self.words(head: head))" }
        var sentences = [
            """
            \(found.lines) lines hold on to each other: numbers \(found.first) to \(found.number), from \
            \(found.firstTime) to \(found.lastTime).
            """
        ]
        if found.first > 1 {
            sentences.append(
                "What came before number \(found.first) is in another file: give it in front to have it read."
            )
        }
        if found.missing > 0 {
            sentences.append(
                "By the server's own count \(found.missing) entries are missing: there was no place for them."
            )
        }
        if found.tornLines > 0 {
            sentences.append("\(found.tornLines) lines were not written to their end, and the server has said so.")
        }
        if found.endsTorn {
            sentences.append(
                "The file ends in the middle of a line: the server was ended while it wrote, or still writes."
            )
        }
        sentences.append(self.words(head: head))
        if !found.isKeyed {
            sentences.append(
                "It was made without a key: whoever could write the file could have made all of it anew."
            )
        }
        return sentences.joined(separator: "\n")
    }

    private func words(head: String?) -> String {
        switch (head, self.verification.headAt) {
        case (nil, _):
            "Whether lines are missing at the end cannot be told from the file: keep what parley audit head prints "
                + "elsewhere, and give it as --head."
        case (_?, let number?) where number == self.verification.number:
            "The head is the last line: nothing is missing."
        case (_?, let number?):
            "The head is there, at number \(number): up to it nothing is missing. That is not known of the "
                + "\(self.verification.number - number) lines behind it."
        case (_?, nil): "BROKEN: no line has that hash. Lines are missing at the end, or it is the head of another log."
        }
    }
}
