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

private let variable = "PARLEY_FUZZ_TARGET"
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
    // libFuzzer starts itself anew, with its own arguments alone: to merge, for example.
    let isAnew = count > 1 && arguments[1].map { $0.pointee == CChar(UInt8(ascii: "-")) } ?? false
    let word = isAnew ? UnsafePointer(getenv(variable)) : count > 1 ? UnsafePointer(arguments[1]) : nil
    let name = word.map { String(cString: $0) }
    chosen = (FuzzTarget.all + Planted.all).first { $0.name == name }
    guard let target = chosen else {
        // Also how the runner learns which there are; the planted ones it knows.
        for target in FuzzTarget.all { print(target.name) }
        return name == nil ? 0 : 2
    }
    if isAnew {
        var (count, vector) = (count, UnsafeMutableRawPointer(arguments))
        return withExtendedLifetime(vector) { runFuzzer(&count, &vector) { checkOneInput($0, $1) } }
    }
    setenv(variable, target.name, 1)
    arguments[1] = arguments[0]
    var (rest, vector) = (count - 1, UnsafeMutableRawPointer(arguments + 1))
    return withExtendedLifetime(vector) { runFuzzer(&rest, &vector) { checkOneInput($0, $1) } }
}
