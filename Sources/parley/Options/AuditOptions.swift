import ArgumentParser

/// Secrets have no flag: a command line is read by everybody on the machine.
struct AuditOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Write down what you may be asked about later, as JSON lines that hold on to each other.",
            discussion:
                "Who came, was let in or sent away, and by whom; see parley audit --help. SIGHUP: it was moved away.",
            valueName: "file"
        )
    )
    var auditLog: String?

    @OptionGroup var key: AuditKeyOptions

    var given: [(Setting, String?)] { [(.auditLog, self.auditLog)] + self.key.given }
}

struct AuditKeyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A file with a key without which nobody can make the audit log's hashes (or PARLEY_AUDIT_KEY).",
            valueName: "file"
        )
    )
    var auditKeyFile: String?

    var given: [(Setting, String?)] { [(.auditKeyFile, self.auditKeyFile)] }
}
