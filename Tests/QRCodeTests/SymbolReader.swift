/// Reads what a perfect picture shows, by the standard and not by the maker: finders, format, mask, placement, blocks.
struct SymbolReader {
    let text: String
    /// Whether no block has an error: all syndromes are 0.
    let areBlocksWhole: Bool

    /// Versions 1 to 10: data codewords and blocks by level (ISO/IEC 18004, tables 7 and 9).
    private static let low = [
        (19, 1), (34, 1), (55, 1), (80, 1), (108, 1), (136, 2), (156, 2), (194, 2), (232, 2), (274, 4),
    ]
    private static let medium = [
        (16, 1), (28, 1), (44, 1), (64, 2), (86, 2), (108, 4), (124, 4), (154, 4), (182, 5), (216, 5),
    ]
    private static let alignments = [
        [], [6, 18], [6, 22], [6, 26], [6, 30], [6, 34], [6, 22, 38], [6, 24, 42], [6, 26, 46], [6, 28, 50],
    ]

    init?(_ modules: [[Bool]]) {
        let version = (modules.count - 17) / 4
        guard (1...10).contains(version) else { return nil }
        // The fifteen bits beside the first finder, the mask of format information taken off.
        let places = (0...5).map { ($0, 8) } + [(7, 8), (8, 8), (8, 7)] + (0...5).reversed().map { (8, $0) }
        var format = 0
        for (index, place) in places.enumerated() where modules[place.0][place.1] { format |= 1 << index }
        format ^= 0x5412
        let level = format >> 13
        let mask = format >> 10 & 7
        guard level < 2, modules[modules.count - 8][8] else { return nil }
        let (dataCount, blockCount) = (level == 1 ? Self.low : Self.medium)[version - 1]
        let codewords = Self.codewords(modules, version: version, mask: mask)
        let blocks = Self.blocks(codewords, data: dataCount, count: blockCount)
        self.areBlocksWhole = blocks.allSatisfy { block in
            (0..<block.code.count - block.data).allSatisfy { Self.value(of: block.code, at: Self.power($0)) == 0 }
        }
        let data = blocks.flatMap { $0.code.prefix($0.data) }
        let bits = data.flatMap { byte in (0..<8).reversed().map { Int(byte >> $0 & 1) } }
        func number(_ start: Int, _ count: Int) -> Int { bits[start..<start + count].reduce(0) { $0 << 1 | $1 } }
        guard number(0, 4) == 4 else { return nil }
        let lengthBits = version < 10 ? 8 : 16
        let bytes = (0..<number(4, lengthBits)).map { UInt8(number(4 + lengthBits + 8 * $0, 8)) }
        self.text = String(decoding: bytes, as: UTF8.self)
    }

    private static func isFunction(_ row: Int, _ column: Int, version: Int) -> Bool {
        let size = 17 + 4 * version
        if row == 6 || column == 6 { return true }
        if row < 9, column < 9 || column >= size - 8 { return true }
        if column < 9, row >= size - 8 { return true }
        if version >= 7 {
            if row < 6, column >= size - 11 { return true }
            if column < 6, row >= size - 11 { return true }
        }
        let places = self.alignments[version - 1]
        return places.contains { y in
            places.contains { x in
                let isFinder = (y == 6 && (x == 6 || x == size - 7)) || (x == 6 && y == size - 7)
                return !isFinder && abs(y - row) <= 2 && abs(x - column) <= 2
            }
        }
    }

    private static func codewords(_ modules: [[Bool]], version: Int, mask: Int) -> [UInt8] {
        var bits: [Bool] = []
        var column = modules.count - 1
        var rows = Array(modules.indices.reversed())
        while column > 0 {
            if column == 6 { column -= 1 }
            for row in rows {
                for x in [column, column - 1] where !self.isFunction(row, x, version: version) {
                    bits.append(modules[row][x] != self.isMasked(mask, row, x))
                }
            }
            rows.reverse()
            column -= 2
        }
        return (0..<bits.count / 8).map { index in bits[8 * index..<8 * index + 8].reduce(0) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }

    private static func isMasked(_ mask: Int, _ i: Int, _ j: Int) -> Bool {
        [
            (i + j) % 2, i % 2, j % 3, (i + j) % 3, (i / 2 + j / 3) % 2, (i * j) % 2 + (i * j) % 3,
            ((i * j) % 2 + (i * j) % 3) % 2, ((i + j) % 2 + (i * j) % 3) % 2,
        ][mask] == 0
    }

    private static func blocks(_ codewords: [UInt8], data: Int, count: Int) -> [(code: [UInt8], data: Int)] {
        let sizes = (0..<count).map { data / count + ($0 < count - data % count ? 0 : 1) }
        var blocks = sizes.map { (code: [UInt8](), data: $0) }
        var rest = codewords[...]
        for index in 0..<(sizes.max() ?? 0) {
            for block in blocks.indices where index < sizes[block] {
                if let byte = rest.popFirst() { blocks[block].code.append(byte) }
            }
        }
        while !rest.isEmpty {
            for block in blocks.indices { if let byte = rest.popFirst() { blocks[block].code.append(byte) } }
        }
        return blocks
    }

    /// Powers of 2 in GF(256).
    private static func power(_ exponent: Int) -> Int {
        (0..<exponent).reduce(1) { value, _ in value << 1 ^ (value >= 128 ? 0x11D : 0) }
    }

    private static func value(of code: [UInt8], at x: Int) -> Int {
        code.reduce(0) { sum, byte in self.product(sum, x) ^ Int(byte) }
    }

    private static func product(_ a: Int, _ b: Int) -> Int {
        var (product, a, b) = (0, a, b)
        while b > 0 {
            if b & 1 == 1 { product ^= a }
            a = a << 1 ^ (a >= 128 ? 0x11D : 0)
            b >>= 1
        }
        return product
    }
}
