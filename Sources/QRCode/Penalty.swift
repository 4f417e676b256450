/// How hard a symbol is to read (ISO/IEC 18004, table 11).
enum Penalty {
    static func of(_ modules: [[Bool]]) -> Int {
        let columns = modules.indices.map { column in modules.map { $0[column] } }
        let lines = (modules + columns).reduce(0) { $0 + self.runs($1) + self.finders($1) }
        return lines + self.blocks(modules) + self.balance(modules)
    }

    /// Five or more of one color in a row.
    private static func runs(_ line: [Bool]) -> Int {
        var penalty = 0
        var length = 0
        for index in line.indices {
            length = index > 0 && line[index] == line[index - 1] ? length + 1 : 1
            if length == 5 { penalty += 3 } else if length > 5 { penalty += 1 }
        }
        return penalty
    }

    /// What looks like a finder, with four light modules at one side of it.
    private static func finders(_ line: [Bool]) -> Int {
        let finder = [true, false, true, true, true, false, true]
        let light = [Bool](repeating: false, count: 4)
        let patterns = [finder + light, light + finder]
        guard line.count >= 11 else { return 0 }
        return (0...line.count - 11).reduce(0) { sum, start in
            let part = line[start..<start + 11]
            return sum + patterns.count { part.elementsEqual($0) } * 40
        }
    }

    /// Squares of two by two of one color.
    private static func blocks(_ modules: [[Bool]]) -> Int {
        var penalty = 0
        for row in modules.indices.dropLast() {
            for column in modules.indices.dropLast() {
                let color = modules[row][column]
                if modules[row][column + 1] == color, modules[row + 1][column] == color,
                    modules[row + 1][column + 1] == color
                {
                    penalty += 3
                }
            }
        }
        return penalty
    }

    /// Each twentieth by which dark and light differ from one half.
    private static func balance(_ modules: [[Bool]]) -> Int {
        let dark = modules.reduce(0) { sum, row in sum + row.count { $0 } }
        let total = modules.count * modules.count
        return abs(dark * 20 - total * 10) / total * 10
    }
}
