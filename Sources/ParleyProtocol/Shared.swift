/// A value that many hold and nobody changes, kept once.
///
/// ``Limits`` is some 1,500 bytes: in each room, or copied for each message, it would be most of what they cost.
public final class Shared<Value: Sendable>: Sendable {
    public let value: Value

    public init(_ value: Value) {
        self.value = value
    }
}
