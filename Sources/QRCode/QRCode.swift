/// A text as a QR code (ISO/IEC 18004, model 2): byte mode, versions 1 to 10.
///
/// The smallest version is taken that holds the text, and within it the better of the two lower levels of error
/// correction: what a terminal shows is clean, and a small code is easier to see.
public struct QRCode: Hashable, Sendable {
    /// Rows from top to bottom; `true` is dark. A quiet zone of four light modules belongs around it.
    public let modules: [[Bool]]

    /// Modules of one side: 21 to 57.
    public var size: Int { self.modules.count }

    /// Bytes that fit at most.
    public static let bytesMax = 271

    /// `nil`: the text is longer than ``bytesMax`` bytes in UTF-8.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let symbol = Symbol.smallest(bytes: bytes.count) else { return nil }
        var grid = Grid(symbol)
        grid.place(symbol.codewords(of: bytes))
        self.modules = grid.masked()
    }

    /// Two rows to a line of half blocks, for a terminal of any colors: light modules are drawn, dark ones left dark
    /// by an explicit background.
    public var terminalLines: [String] {
        let zone = 4
        func isDark(_ row: Int, _ column: Int) -> Bool {
            let range = 0..<self.size
            guard range.contains(row), range.contains(column) else { return false }
            return self.modules[row][column]
        }
        return stride(from: -zone, to: self.size + zone, by: 2).map { row in
            let line = (-zone..<self.size + zone).map { column in
                switch (isDark(row, column), isDark(row + 1, column)) {
                case (false, false): "█"
                case (false, true): "▀"
                case (true, false): "▄"
                case (true, true): " "
                }
            }
            // White on black, whatever the terminal's own colors are.
            return "\u{1B}[97;40m" + line.joined() + "\u{1B}[0m"
        }
    }
}
