extension Rule {
    // In pieces, so that this file keeps its own rule.
    private static let machineFolders = ["/" + "work/", "/" + "root/", "/" + "opt/swift", "/" + "home/"]

    static let repository: [Rule] = [
        .text(
            "no path of one machine",
            bad: [
                "docs/A.md": "See \(machineFolders[0])main.\n",
                "Sources/ParleyRooms/A.swift": "// \(machineFolders[1])a\n",
                "test": "\(machineFolders[2])/usr/bin/swift\n",
            ],
            good: ["docs/A.md": "See `docs/HACKING.md`, framework/ and https://example.org/homework/a.\n"],
            in: { _ in true },
            machineFolders.map {
                Pattern("the path \($0)", use: "a path from the root of the repository", expression: "(^|[^\\w.])" + $0)
            }
        ),
        Rule(
            "decisions are numbered without gaps",
            bad: [
                "docs/decisions/0002-second.md": "",
                "docs/decisions/first.md": "",
                "docs/decisions/0001_first.md": "",
            ],
            good: ["docs/decisions/0001-first.md": "", "docs/decisions/0002-second-one.md": ""]
        ) { files in
            let names = files.map(\.path).filter { $0.hasPrefix("docs/decisions/") }.sorted()
            return zip(1..., names).compactMap { number, path in
                let digits = "\(10_000 + number)".dropFirst()
                guard path.prefixMatch(of: /docs\/decisions\/(\d{4})-[a-z0-9-]+\.md$/)?.1 != digits else { return nil }
                return Finding(
                    path: path,
                    line: 1,
                    banned: "the file name",
                    use: "\(digits)-title.md, the next number"
                )
            }
        },
    ]
}
