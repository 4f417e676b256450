import Foundation
import FuzzTargets

// `fuzz TARGET OPTION… FOLDER…`: the options are libFuzzer's.

/// libFuzzer's own loop; SwiftPM gives a program's `main` another name, which hides libFuzzer's.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutableRawPointer,
    _ check: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

nonisolated(unsafe) private var chosen: FuzzTarget?

@_cdecl("LLVMFuzzerTestOneInput")
public func checkOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let chosen else { return 0 }
    do {
        try chosen.check(UnsafeRawBufferPointer(start: bytes, count: count))
    } catch {
        // Only a crash makes the fuzzer keep the input.
        fatalError("\(chosen.name): \(error)")
    }
    return 0
}

@_cdecl("fuzz_main")
public func fuzzMain(
    _ count: CInt,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
    let name = count > 1 ? arguments[1].map { String(cString: $0) } : nil
    chosen = (FuzzTarget.all + Planted.all).first { $0.name == name }
    guard chosen != nil else {
        // Also how the runner learns which there are; the planted ones it knows.
        for target in FuzzTarget.all { print(target.name) }
        return name == nil ? 0 : 2
    }
    arguments[1] = arguments[0]
    var (rest, vector) = (count - 1, UnsafeMutableRawPointer(arguments + 1))
    return withExtendedLifetime(vector) { runFuzzer(&rest, &vector) { checkOneInput($0, $1) } }
}
