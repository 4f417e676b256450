import ParleyProtocol

/// A report as one page that needs nothing from elsewhere.
package enum HTML {
    package static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    static let style = """
        :root{color-scheme:light dark;--paper:#fff;--ink:#1c1e21;--quiet:#5c636b;--line:#e3e6ea;--good:#0b6e3b;\
        --bad:#b3261e;--c0:#1f5fc4;--c1:#c2571a;--c2:#0b7d6c;--c3:#9a2f8d;--c4:#7a6a00;--c5:#5b5fc7}
        @media(prefers-color-scheme:dark){:root{--paper:#15171a;--ink:#e8eaed;--quiet:#a2a9b1;--line:#31363c;\
        --good:#6fd39b;--bad:#ff8a80;--c0:#7fb0ff;--c1:#ffab70;--c2:#5fd6c0;--c3:#e59adb;--c4:#dcc95a;--c5:#b3b6ff}}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
        main{max-width:760px;margin:0 auto;padding:32px 20px 64px}
        h1{font-size:24px;margin:0}h2{font-size:18px;margin:40px 0 8px}
        .server,small,.legend,.across,dt,th{color:var(--quiet)}
        .server{margin:0 0 24px;overflow-wrap:anywhere}
        .verdict{border-left:4px solid var(--good);padding:4px 0 4px 16px;margin:24px 0}
        .verdict.bad{border-color:var(--bad)}.verdict strong{color:var(--good)}.verdict.bad strong{color:var(--bad)}
        .verdict ul{margin:4px 0 0;padding-left:20px}
        dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));gap:16px;margin:0}
        dt{font-size:14px}dd{margin:0;font-size:20px;font-variant-numeric:tabular-nums}
        .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
        th,td{text-align:right;padding:6px 0 6px 16px;border-bottom:1px solid var(--line);font-weight:400}
        th:first-child,td:first-child{text-align:left;padding-left:0}
        figure{margin:32px 0 0}figcaption{font-size:18px;font-weight:600}figcaption small{font-weight:400}
        .legend{margin:4px 0;display:flex;flex-wrap:wrap;gap:4px 20px;font-size:14px}
        .legend i{display:inline-block;width:14px;height:3px;margin-right:6px;vertical-align:middle;background:var(--k)}
        svg{display:block;width:100%;height:auto}svg text{fill:var(--quiet);font-size:12px}
        .grid{stroke:var(--line);fill:none}.line{fill:none;stroke:var(--k);stroke-width:2;stroke-linejoin:round}
        circle{fill:var(--k)}
        .c0{--k:var(--c0)}.c1{--k:var(--c1)}.c2{--k:var(--c2)}.c3{--k:var(--c3)}.c4{--k:var(--c4)}.c5{--k:var(--c5)}
        """
}

extension LoadReport {
    /// One page: the verdict, the numbers, and how they came to be over time.
    ///
    /// - Parameter date: when it was run, for people.
    public func html(date: String) -> String {
        let title = "parley load \(self.scenario.name)"
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>\(HTML.escaped(title))</title><style>
            \(HTML.style)
            </style></head><body><main>
            <h1>\(HTML.escaped(title))</h1>
            <p class="server">\(HTML.escaped("\(self.server), \(date), seed \(self.seed)"))</p>
            \(self.htmlVerdict)
            \(self.htmlNumbers)
            \(self.htmlLatencies)
            \(self.plots.map(\.html).joined(separator: "\n"))
            \(self.htmlSettings)
            </main></body></html>

            """
    }

    /// In words, for people.
    public var remarks: [String] {
        var remarks: [String] = []
        if self.isBottleneck {
            remarks.append(
                "The load was busy all the time (\(Int(self.busyShare * 100)) % of its threads): it, and not the "
                    + "server, may have set the pace. Give it more threads (--loops) or another machine."
            )
        }
        if self.isBlind {
            remarks.append(
                "Nothing could be seen of the server itself: no process (--pid), and no metrics (--metrics). Whether "
                    + "it grows, and whether something is left in it, was not looked at."
            )
        }
        if self.verdict.isGood {
            remarks.append(self.praise)
        } else {
            remarks.append("NOT served rightly: \(self.verdict.words)")
        }
        return remarks
    }

    private var htmlVerdict: String {
        let isGood = self.verdict.isGood && !self.isBottleneck
        let remarks = self.remarks.map { "<strong>\(HTML.escaped($0))</strong>" }.joined(
            separator: "<br>"
        )
        let faults = self.verdict.faults.map { "<li>\(HTML.escaped($0))</li>" }.joined()
        let list = faults.isEmpty ? "" : "<ul>\(faults)</ul>"
        return "<div class=\"verdict\(isGood ? "" : " bad")\">\(remarks)\(list)</div>"
    }

    private var htmlNumbers: String {
        var entries = [
            (self.scenario.unit, "\(self.messages)"),
            ("a second", Plot.label(self.messagesPerSecond.rounded())),
            ("measured for", "\(Self.text(self.seconds)) s"),
        ]
        if self.openingSeconds > 0.001 {
            entries.append(("everybody there after", "\(Self.text(self.openingSeconds)) s"))
        }
        for figure in self.figures {
            entries.append((figure.words, "\(Plot.label((figure.value * 1_000).rounded() / 1_000)) \(figure.unit)"))
        }
        entries.append(("the load's threads were busy", "\(Int(self.busyShare * 100)) %"))
        let items = entries.map {
            "<div><dt>\(HTML.escaped($0.0))</dt><dd>\(HTML.escaped($0.1))</dd></div>"
        }
        return "<dl>\(items.joined())</dl>"
    }

    private var htmlLatencies: String {
        let rows = self.latencies.filter { $0.count > 0 }.map { latency in
            let times = latency.summary
            let cells = [times.median, times.p90, times.p99, times.p999, times.longest].map {
                "<td>\(Self.text($0 / 1_000))</td>"
            }
            return
                "<tr><td>\(HTML.escaped(latency.words))</td><td>\(latency.count)</td>\(cells.joined())</tr>"
        }
        guard !rows.isEmpty else { return "" }
        let heads = ["", "count", "median", "90 %", "99 %", "99.9 %", "longest"].map {
            "<th>\($0)</th>"
        }
        return "<h2>Latency in milliseconds</h2><div class=\"scroll\"><table><tr>\(heads.joined())</tr>"
            + rows.joined() + "</table></div>"
    }

    private var plots: [Plot] {
        let curves = self.latencies.filter { $0.count > 0 }.map { latency in
            // The longest of a thousand is no better known than as what 99.9 % stay below.
            let last = 100 - 100 / Double(max(10, latency.count))
            return Plot.Line(
                latency.words,
                latency.curve.map { (min($0.percentile, last), $0.milliseconds) }
            )
        }
        func over(_ value: (LoadMoment) -> Double) -> [(x: Double, y: Double)] {
            self.moments.map { ($0.seconds, value($0)) }
        }
        let times = [
            Plot.Line("median", over(\.median)), .init("99 %", over(\.p99)),
            .init("longest", over(\.longest)),
        ]
        let first = self.latencies.first?.words ?? ""
        return [
            Plot("Latency by percentile", curves, unit: "ms", across: "percentile", scale: .percentiles),
            Plot("Latency over time: \(first)", times, unit: "ms, of each second", across: "seconds"),
            Plot(
                "Throughput",
                [.init(self.scenario.unit, over(\.messagesPerSecond))],
                unit: "\(self.scenario.unit) a second",
                across: "seconds"
            ),
            Plot(
                "How busy the load was",
                [.init("the load", over { $0.busyShare * 100 })],
                unit: "% of its threads; above 85 % it is the load that is measured",
                across: "seconds"
            ),
        ] + self.serverPlots
    }

    private var serverPlots: [Plot] {
        let samples = self.history?.samples ?? []
        func line(_ name: String, _ value: (ServerReading) -> Double?) -> Plot.Line {
            Plot.Line(
                name,
                samples.compactMap { sample in value(sample.reading).map { (sample.seconds, $0) } }
            )
        }
        let shares = zip(samples, samples.dropFirst()).compactMap {
            before,
            sample -> (x: Double, y: Double)? in
            guard let then = before.reading.cpuSeconds, let now = sample.reading.cpuSeconds,
                sample.seconds > before.seconds
            else { return nil }
            return (sample.seconds, (now - then) / (sample.seconds - before.seconds) * 100)
        }
        let gauges = ServerHistory.counted.map { name in
            line(String(name.dropFirst("parley_".count)).split(separator: "_").joined(separator: " ")) {
                $0.gauges?[name]
            }
        }
        return [
            Plot(
                "Memory of the server",
                [line("the server", \.megabytes)],
                unit: "MiB",
                across: "seconds"
            ),
            Plot(
                "Processor of the server",
                [.init("the server", shares)],
                unit: "% of one core",
                across: "seconds"
            ),
            Plot("What the server holds", gauges, unit: "", across: "seconds"),
        ]
    }

    private var htmlSettings: String {
        let rows = self.scenario.settings.members.map { name, value in
            var bytes: [UInt8] = []
            value.encode(into: &bytes)
            let text = value.string ?? String(decoding: bytes, as: UTF8.self)
            return "<tr><td>\(HTML.escaped(name))</td><td>\(HTML.escaped(text))</td></tr>"
        }
        return "<h2>What was asked for</h2><table>\(rows.joined())</table>"
    }
}
