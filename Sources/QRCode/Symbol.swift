/// A version with a level of error correction: how many codewords there are, and how they are made of bytes.
struct Symbol: Hashable {
    enum Level: Hashable {
        case low, medium

        /// As format information has it (ISO/IEC 18004, table 12).
        var bits: Int {
            switch self {
            case .low: 0b01
            case .medium: 0b00
            }
        }
    }

    let version: Int
    let level: Level

    /// Table 9: codewords for correction in each block, and blocks, of versions 1 to 10.
    private static let low = [
        (7, 1), (10, 1), (15, 1), (20, 1), (26, 1), (18, 2), (20, 2), (24, 2), (30, 2), (18, 4),
    ]
    private static let medium = [
        (10, 1), (16, 1), (26, 1), (18, 2), (24, 2), (16, 4), (18, 4), (22, 4), (22, 5), (26, 5),
    ]

    static func smallest(bytes: Int) -> Symbol? {
        for version in 1...self.low.count {
            for level in [Level.medium, .low] {
                let symbol = Symbol(version: version, level: level)
                if bytes <= symbol.bytesMax { return symbol }
            }
        }
        return nil
    }

    var size: Int { 17 + 4 * self.version }

    private var correction: (codewords: Int, blocks: Int) {
        switch self.level {
        case .low: Self.low[self.version - 1]
        case .medium: Self.medium[self.version - 1]
        }
    }

    /// Where alignment patterns have their centres, in both directions (annex E).
    var alignments: [Int] {
        guard self.version > 1 else { return [] }
        let count = self.version / 7 + 2
        // The steps are even, and equal but for the first one.
        let step = count == 2 ? self.size - 13 : (self.version * 4 + 4 + count - 2) / (2 * (count - 1)) * 2
        return [6] + (0..<count - 1).map { self.size - 7 - $0 * step }.reversed()
    }

    /// Modules for data and correction, in whole codewords.
    private var codewordCount: Int {
        var modules = self.size * self.size
        modules -= 3 * 8 * 8  // finders with their separators
        modules -= 2 * 15 + 1  // format information, and the dark module
        modules -= 2 * (self.size - 16)  // timing
        let count = self.alignments.count
        if count > 0 {
            // Three places are taken by finders; those in a row with them share five modules with the timing.
            modules -= 25 * (count * count - 3) - 5 * 2 * (count - 2)
        }
        if self.version >= 7 { modules -= 2 * 18 }
        return modules / 8
    }

    private var dataCount: Int { self.codewordCount - self.correction.codewords * self.correction.blocks }

    /// Bits of the number of bytes (table 3).
    private var lengthBits: Int { self.version < 10 ? 8 : 16 }

    private var bytesMax: Int { (self.dataCount * 8 - 4 - self.lengthBits) / 8 }

    /// What is placed into the symbol: data and correction of all blocks, interleaved.
    func codewords(of bytes: [UInt8]) -> [UInt8] {
        let data = self.data(of: bytes)
        let (correctionCount, blockCount) = self.correction
        let short = data.count / blockCount
        // The last blocks are longer by one where it does not come out even.
        let longBlocks = data.count % blockCount
        let code = ReedSolomon(degree: correctionCount)
        var blocks: [[UInt8]] = []
        var start = 0
        for index in 0..<blockCount {
            let end = start + short + (index < blockCount - longBlocks ? 0 : 1)
            blocks.append(Array(data[start..<end]))
            start = end
        }
        let corrections = blocks.map { code.correction(of: $0) }
        let interleaved = (0...short).flatMap { index in
            blocks.compactMap { index < $0.count ? $0[index] : nil }
        }
        return interleaved + (0..<correctionCount).flatMap { index in corrections.map { $0[index] } }
    }

    private func data(of bytes: [UInt8]) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: Int, _ count: Int) {
            for shift in (0..<count).reversed() { bits.append(value >> shift & 1 == 1) }
        }
        append(0b0100, 4)  // byte mode
        append(bytes.count, self.lengthBits)
        for byte in bytes { append(Int(byte), 8) }
        append(0, min(4, self.dataCount * 8 - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var data = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        for index in 0..<self.dataCount - data.count { data.append(index.isMultiple(of: 2) ? 0xEC : 0x11) }
        return data
    }
}
