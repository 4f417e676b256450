/// The modules of a symbol while it is made.
struct Grid {
    private let symbol: Symbol
    private let size: Int
    private var dark: [[Bool]]
    /// Modules that carry no data: masks leave them alone.
    private var isFixed: [[Bool]]

    init(_ symbol: Symbol) {
        self.symbol = symbol
        self.size = symbol.size
        let empty = [[Bool]](repeating: [Bool](repeating: false, count: symbol.size), count: symbol.size)
        self.dark = empty
        self.isFixed = empty
        for index in 0..<self.size {
            self.fix(6, index, index.isMultiple(of: 2))
            self.fix(index, 6, index.isMultiple(of: 2))
        }
        for (row, column) in [(3, 3), (3, self.size - 4), (self.size - 4, 3)] { self.drawFinder(row, column) }
        self.drawAlignments()
        self.drawFormat(mask: 0)
        self.drawVersion()
    }

    private mutating func fix(_ row: Int, _ column: Int, _ isDark: Bool) {
        self.dark[row][column] = isDark
        self.isFixed[row][column] = true
    }

    /// With its separator, as far as it is within the symbol.
    private mutating func drawFinder(_ row: Int, _ column: Int) {
        for y in -4...4 {
            for x in -4...4 where (0..<self.size).contains(row + y) && (0..<self.size).contains(column + x) {
                let distance = max(abs(x), abs(y))
                self.fix(row + y, column + x, distance != 2 && distance != 4)
            }
        }
    }

    private mutating func drawAlignments() {
        let places = self.symbol.alignments
        for row in places {
            for column in places {
                let last = self.size - 7
                let isFinder = (row, column) == (6, 6) || (row, column) == (6, last) || (row, column) == (last, 6)
                guard !isFinder else { continue }
                for y in -2...2 {
                    for x in -2...2 { self.fix(row + y, column + x, max(abs(x), abs(y)) != 1) }
                }
            }
        }
    }

    /// Twice, at the finders (7.9): five bits with a BCH code.
    private mutating func drawFormat(mask: Int) {
        let data = self.symbol.level.bits << 3 | mask
        let bits = (data << 10 | Self.remainder(data, bits: 10, generator: 0b101_0011_0111)) ^ 0b101_0100_0001_0010
        func isDark(_ index: Int) -> Bool { bits >> index & 1 == 1 }
        for index in 0..<15 {
            let row = index < 6 ? index : index < 8 ? index + 1 : self.size - 15 + index
            self.fix(row, 8, isDark(index))
            let column = index < 8 ? self.size - 1 - index : index < 9 ? 7 : 14 - index
            self.fix(8, column, isDark(index))
        }
        self.fix(self.size - 8, 8, true)
    }

    /// Twice, from version 7 on (7.10).
    private mutating func drawVersion() {
        guard self.symbol.version >= 7 else { return }
        let version = self.symbol.version
        let bits = version << 12 | Self.remainder(version, bits: 12, generator: 0b1_1111_0010_0101)
        for index in 0..<18 {
            let isDark = bits >> index & 1 == 1
            self.fix(index / 3, self.size - 11 + index % 3, isDark)
            self.fix(self.size - 11 + index % 3, index / 3, isDark)
        }
    }

    private static func remainder(_ data: Int, bits: Int, generator: Int) -> Int {
        var rest = data
        for _ in 0..<bits {
            rest <<= 1
            if rest >> bits & 1 == 1 { rest ^= generator }
        }
        return rest
    }

    /// In pairs of columns from the right, up and down in turn, past the vertical timing pattern (7.7.3).
    mutating func place(_ codewords: [UInt8]) {
        var index = 0
        var isUpward = true
        for right in stride(from: self.size - 1, through: 1, by: -2) {
            let pair = right <= 6 ? right - 1 : right
            for step in 0..<self.size {
                let row = isUpward ? self.size - 1 - step : step
                for column in [pair, pair - 1] where !self.isFixed[row][column] {
                    // What is left over at the end stays light.
                    guard index < codewords.count * 8 else { continue }
                    self.dark[row][column] = codewords[index / 8] >> (7 - index % 8) & 1 == 1
                    index += 1
                }
            }
            isUpward.toggle()
        }
    }

    /// With the mask that leaves the fewest patterns that readers stumble over (7.8.3).
    func masked() -> [[Bool]] {
        let candidates = (0..<8).map { mask in
            var copy = self
            copy.apply(mask)
            copy.drawFormat(mask: mask)
            return copy.dark
        }
        return candidates.min { Penalty.of($0) < Penalty.of($1) } ?? self.dark
    }

    private mutating func apply(_ mask: Int) {
        for row in 0..<self.size {
            for column in 0..<self.size where !self.isFixed[row][column] {
                if Self.inverts(mask, row, column) { self.dark[row][column].toggle() }
            }
        }
    }

    /// Table 10.
    private static func inverts(_ mask: Int, _ row: Int, _ column: Int) -> Bool {
        switch mask {
        case 0: (row + column) % 2 == 0
        case 1: row % 2 == 0
        case 2: column % 3 == 0
        case 3: (row + column) % 3 == 0
        case 4: (row / 2 + column / 3) % 2 == 0
        case 5: row * column % 2 + row * column % 3 == 0
        case 6: (row * column % 2 + row * column % 3) % 2 == 0
        default: ((row + column) % 2 + row * column % 3) % 2 == 0
        }
    }
}
