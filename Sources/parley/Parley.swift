import ArgumentParser
import Configuration
import ParleyServer

@main
struct Parley: AsyncParsableCommand {
    func run() async throws {}
}
