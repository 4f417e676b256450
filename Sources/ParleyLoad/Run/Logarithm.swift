#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

enum Logarithm {
    static func natural(_ value: Double) -> Double { log(value) }
}
