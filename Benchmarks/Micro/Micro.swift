/// One piece of work, done again and again.
///
/// `Benchmarks/run --micro` counts its instructions: `micro NAME COUNT` does it COUNT times, and two counts give the
/// cost of one, whatever the start costs. `micro` alone lists the names.
struct Benchmark {
    let name: String
    /// Prepares the work; each call of what it returns is one piece, whose answer must not be 0: nothing is measured
    /// that does nothing.
    let prepare: () -> () -> Int

    init(_ name: String, _ prepare: @escaping () -> () -> Int) {
        self.name = name
        self.prepare = prepare
    }
}

@main
enum Micro {
    static func main() {
        let benchmarks = frameBenchmarks() + roomBenchmarks()
        let words = CommandLine.arguments.dropFirst()
        guard let name = words.first, let count = words.last.flatMap({ Int($0) }) else {
            for benchmark in benchmarks { print(benchmark.name) }
            return
        }
        guard let benchmark = benchmarks.first(where: { $0.name == name }) else {
            return print("There is no benchmark \(name).")
        }
        let work = benchmark.prepare()
        var done = 0
        for _ in 0..<count { done += work() == 0 ? 0 : 1 }
        print(done == count ? "done \(done)" : "\(name) has done nothing \(count - done) times")
    }
}
