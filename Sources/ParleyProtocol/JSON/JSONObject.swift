/// The members of a JSON object in their order; names are unique.
///
/// Protocol objects have a dozen members and are a plain list. The one that grows with a room,
/// `people`, gets an index when it passes ``linearMax``: from then on a lookup, a change, an addition
/// and a removal cost O(1) on average. A removed member leaves a gap, which the next compaction closes.
public struct JSONObject: Sendable {
    fileprivate struct Slot: Sendable {
        var name: String
        /// `nil`: a gap. Only indexed objects have gaps.
        var value: JSONValue?
    }

    /// A list of up to so many members is searched from the front.
    static var linearMax: Int { 16 }

    private var slots: [Slot] = []
    /// Where each member is; empty as long as the list is searched from the front.
    private var index: [MemberName: Int] = [:]

    public init() {}

    public var count: Int { self.index.isEmpty ? self.slots.count : self.index.count }
    public var isEmpty: Bool { self.slots.isEmpty }

    /// The members in their order.
    public var members: Members { Members(object: self) }

    /// Setting `nil` removes the member; setting a new name appends it.
    public subscript(name: String) -> JSONValue? {
        get {
            guard let position = self.position(of: name) else { return nil }
            return self.slots[position].value
        }
        set {
            guard let value = newValue else { return self.remove(name) }
            if let position = self.position(of: name) {
                self.slots[position].value = value
            } else {
                self.append(name, value)
            }
        }
    }

    /// Changes a member in place: nothing below it is copied. `nil` stands for "absent" both ways.
    public mutating func withMember<Result>(
        _ name: String,
        _ body: (inout JSONValue?) -> Result
    ) -> Result {
        guard let position = self.position(of: name) else {
            var value: JSONValue?
            let result = body(&value)
            if let value { self.append(name, value) }
            return result
        }
        let result = body(&self.slots[position].value)
        if self.slots[position].value == nil { self.removeSlot(position) }
        return result
    }

    /// Adds a member whose name is known to be new.
    public mutating func append(_ name: String, _ value: JSONValue) {
        assert(self.position(of: name) == nil)
        // Few objects have one or two members: growing through 1, 2 and 4 was an allocation for each.
        if self.slots.capacity == 0 { self.slots.reserveCapacity(4) }
        self.slots.append(Slot(name: name, value: value))
        if !self.index.isEmpty {
            self.index[MemberName(name)] = self.slots.count - 1
        } else if self.slots.count > Self.linearMax {
            self.buildIndex()
        }
    }

    /// Adds a member, or says `false` if there is one of that name.
    mutating func appendIfNew(_ name: String, _ value: JSONValue) -> Bool {
        guard !self.index.isEmpty else {
            guard self.position(of: name) == nil else { return false }
            self.append(name, value)
            return true
        }
        // One look into the index instead of two: a frame may bring thousands.
        if let old = self.index.updateValue(self.slots.count, forKey: MemberName(name)) {
            self.index[MemberName(name)] = old
            return false
        }
        self.slots.append(Slot(name: name, value: value))
        return true
    }

    private func position(of name: String) -> Int? {
        self.index.isEmpty
            ? self.slots.firstIndex { MemberName($0.name) == MemberName(name) }
            : self.index[MemberName(name)]
    }

    private mutating func remove(_ name: String) {
        if let position = self.position(of: name) { self.removeSlot(position) }
    }

    private mutating func removeSlot(_ position: Int) {
        guard !self.index.isEmpty else {
            self.slots.remove(at: position)
            return
        }
        self.index[MemberName(self.slots[position].name)] = nil
        self.slots[position] = Slot(name: "", value: nil)
        // Each compaction is paid for by as many removals: O(1) on average. It also ends with an
        // empty list when the last member goes, which `isEmpty` relies on.
        if self.index.count <= self.slots.count / 2 { self.compact() }
    }

    private mutating func compact() {
        self.slots.removeAll { $0.value == nil }
        self.index = [:]
        if self.slots.count > Self.linearMax { self.buildIndex() }
    }

    private mutating func buildIndex() {
        self.index.reserveCapacity(self.slots.count + 1)
        for position in self.slots.indices { self.index[MemberName(self.slots[position].name)] = position }
    }
}

/// A text compared byte by byte, as JSON does (RFC 8259, section 8.3). Swift's own `==` takes canonically
/// equivalent texts for equal, so two different names would pass for one.
package struct MemberName: Hashable, Sendable {
    let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: Self, right: Self) -> Bool { left.text.isSameText(as: right.text) }

    /// Of the bytes. Swift's own hash is the same for canonically equivalent texts: thousands of names in one frame
    /// could share it, and each would be compared with each.
    package func hash(into hasher: inout Hasher) {
        var copy = self.text
        copy.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(UInt8(0xFF))
    }
}

extension String {
    /// The same scalars. Never by Swift's own `==`, which normalises both where they are not ASCII.
    func isSameText(as other: String) -> Bool {
        self.utf8.count == other.utf8.count && self.utf8.elementsEqual(other.utf8)
    }
}

extension JSONObject {
    /// The members of an object, in their order.
    public struct Members: Sequence, Sendable {
        fileprivate let object: JSONObject

        public struct Iterator: IteratorProtocol {
            fileprivate let slots: [Slot]
            fileprivate var position = 0

            public mutating func next() -> (name: String, value: JSONValue)? {
                while self.position < self.slots.count {
                    let slot = self.slots[self.position]
                    self.position += 1
                    if let value = slot.value { return (slot.name, value) }
                }
                return nil
            }
        }

        public func makeIterator() -> Iterator { Iterator(slots: self.object.slots) }
        public var underestimatedCount: Int { self.object.count }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (name, value) in elements { self.append(name, value) }
    }
}

/// Two objects are equal if they have the same members in whatever order (RFC 8259, section 4).
extension JSONObject: Hashable {
    public static func == (left: Self, right: Self) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.name] == $0.value }
    }

    public func hash(into hasher: inout Hasher) {
        // Order must not matter, so the members' hashes are added up.
        var sum = 0
        for (name, value) in self.members {
            var member = Hasher()
            member.combine(name)
            member.combine(value)
            sum &+= member.finalize()
        }
        hasher.combine(sum)
    }
}
