/// A value that is nearly never there, kept in a place of its own: where it is not, it takes eight bytes.
///
/// What holds hundreds of bytes inline that few clients ever send makes every session and every command as large.
/// Setting it makes a new place, so copies stay apart.
@propertyWrapper
public struct Apart<Value: Hashable & Sendable>: Hashable, Sendable {
    private var place: Shared<Value>?

    public init(wrappedValue: Value?) {
        self.place = wrappedValue.map { Shared($0) }
    }

    public var wrappedValue: Value? {
        get { self.place?.value }
        set { self.place = newValue.map { Shared($0) } }
    }

    public static func == (left: Self, right: Self) -> Bool {
        left.place === right.place || left.wrappedValue == right.wrappedValue
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(self.wrappedValue)
    }
}
