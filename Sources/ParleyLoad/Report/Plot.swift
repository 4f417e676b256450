#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A plot as inline SVG, whose colours are those of the page around it.
package struct Plot: Sendable {
    package struct Line: Sendable {
        package var name: String
        package var points: [(x: Double, y: Double)]

        package init(_ name: String, _ points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    /// Where a number stands on an axis.
    package enum Scale: Hashable, Sendable {
        case linear
        /// 90 %, 99 %, 99.9 % … are equally far apart.
        case percentiles
    }

    package var title: String
    package var lines: [Line]
    package var unit: String
    package var across: String
    package var scale = Scale.linear

    package init(
        _ title: String,
        _ lines: [Line],
        unit: String,
        across: String,
        scale: Scale = .linear
    ) {
        self.title = title
        self.lines = lines.filter { !$0.points.isEmpty }
        self.unit = unit
        self.across = across
        self.scale = scale
    }

    private static let (width, height) = (720.0, 300.0)
    private static let (left, right, top, bottom) = (64.0, 16.0, 12.0, 44.0)

    package var svg: String {
        let columns = self.columns
        let (low, high) = (0.0, self.end)
        let rows = Self.rows(to: self.lines.flatMap(\.points).map(\.y).max() ?? 0)
        let top = rows.last ?? 1
        func x(_ value: Double) -> Double {
            let share = high > low ? (self.place(value) - low) / (high - low) : 0
            return Self.left + min(1, max(0, share)) * (Self.width - Self.left - Self.right)
        }
        func y(_ value: Double) -> Double {
            Self.height - Self.bottom - value / top * (Self.height - Self.top - Self.bottom)
        }
        var parts: [String] = []
        for row in rows {
            parts.append(
                "<path class=\"grid\" d=\"M\(Self.text(Self.left)) \(Self.text(y(row)))"
                    + "H\(Self.text(Self.width - Self.right))\"/>"
                    + "<text x=\"\(Self.text(Self.left - 8))\" y=\"\(Self.text(y(row) + 4))\" text-anchor=\"end\">"
                    + "\(Self.label(row))</text>"
            )
        }
        for column in columns {
            let share = (column.at - low) / max(high - low, 1e-9)
            let at = Self.left + share * (Self.width - Self.left - Self.right)
            parts.append(
                "<text x=\"\(Self.text(at))\" y=\"\(Self.text(Self.height - Self.bottom + 18))\""
                    + " text-anchor=\"\(share > 0.97 ? "end" : "middle")\">\(HTML.escaped(column.label))</text>"
            )
        }
        for (number, line) in self.lines.enumerated() {
            let path = line.points.enumerated().map { index, point in
                "\(index == 0 ? "M" : "L")\(Self.text(x(point.x))) \(Self.text(y(point.y)))"
            }
            parts.append("<path class=\"line c\(number % 6)\" d=\"\(path.joined())\"/>")
            if line.points.count == 1, let point = line.points.first {
                parts.append(
                    "<circle class=\"c\(number % 6)\" cx=\"\(Self.text(x(point.x)))\""
                        + " cy=\"\(Self.text(y(point.y)))\" r=\"3\"/>"
                )
            }
        }
        parts.append(
            "<text x=\"\(Self.text(Self.width / 2))\" y=\"\(Self.text(Self.height - 6))\" text-anchor=\"middle\""
                + " class=\"across\">\(HTML.escaped(self.across))</text>"
        )
        return "<svg viewBox=\"0 0 \(Int(Self.width)) \(Int(Self.height))\" role=\"img\""
            + " aria-label=\"\(HTML.escaped(self.title))\">\(parts.joined())</svg>"
    }

    package var html: String {
        guard !self.lines.isEmpty else { return "" }
        let names = self.lines.enumerated().map { number, line in
            "<span><i class=\"c\(number % 6)\"></i>\(HTML.escaped(line.name))</span>"
        }
        let legend = self.lines.count > 1 ? "<p class=\"legend\">\(names.joined())</p>" : ""
        return
            "<figure><figcaption>\(HTML.escaped(self.title)) <small>\(HTML.escaped(self.unit))</small></figcaption>"
            + legend + self.svg + "</figure>"
    }

    // MARK: Axes

    private func place(_ value: Double) -> Double {
        switch self.scale {
        case .linear: value
        case .percentiles: log10(100 / max(100 - value, 100 / 1e7))
        }
    }

    private var most: Double { self.lines.flatMap(\.points).map(\.x).max() ?? 0 }

    /// Where the axis ends.
    private var end: Double {
        switch self.scale {
        case .linear: self.most > 0 ? self.most : 1
        case .percentiles: max(1, self.place(self.most))
        }
    }

    private var columns: [(at: Double, label: String)] {
        switch self.scale {
        case .linear: Self.rows(to: self.most).filter { $0 <= self.end }.map { ($0, Self.label($0)) }
        case .percentiles:
            [0.0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999].filter { self.place($0) <= self.end + 0.001 }
                .map { (self.place($0), "\(Self.label($0)) %") }
        }
    }

    /// Round numbers from 0 to at least that one.
    static func rows(to most: Double) -> [Double] {
        guard most > 0 else { return [0, 1] }
        let rough = most / 4
        let power = pow(10, floor(log10(rough)))
        let step = ([1, 2, 2.5, 5, 10].first { $0 * power >= rough } ?? 10) * power
        return (0...Int((most / step).rounded(.up))).map { Double($0) * step }
    }

    static func label(_ value: Double) -> String {
        let rounded = (value * 10_000).rounded() / 10_000
        return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int64(rounded))" : "\(rounded)"
    }

    private static func text(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
}
