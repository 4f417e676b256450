public import ParleyProtocol

/// Every path of a room's state belongs to exactly one section, and a view is a fixed set of sections.
///
/// ```
///              server   moderation   stage   roster   own
/// moderator       -          x          x        x      x
/// participant     -          -          x        x      x
/// audience        -          -          x        -      x
/// ```
public enum Section: Hashable, Sendable, CaseIterable {
    /// Never leaves the server: sessions, command numbers, remembered refusals. Has no JSON but
    /// that of the snapshot, so there is nothing that could be shown by mistake.
    case server
    /// Waiting list, bans, observers. Nothing yet.
    case moderation
    /// The room's own facts, and the people whom everybody sees.
    case stage
    /// The people beyond the stage. Nobody yet: everybody is on stage.
    case roster
    /// What one participant alone may know. Nothing yet; never part of a hash.
    case own
}

/// What somebody may see, by permission.
public enum View: Hashable, Sendable, CaseIterable {
    case moderator
    case participant
    case audience

    public func includes(_ section: Section) -> Bool {
        switch (self, section) {
        case (_, .server): false
        case (_, .stage), (_, .own): true
        case (.moderator, .moderation): true
        case (.participant, .moderation), (.audience, .moderation): false
        case (.moderator, .roster), (.participant, .roster): true
        case (.audience, .roster): false
        }
    }
}

/// One value per section that can be seen and belongs to the whole room.
public struct PerSection<Value: Sendable>: Sendable {
    public var moderation: Value
    public var stage: Value
    public var roster: Value

    public init(repeating value: Value) {
        self.moderation = value
        self.stage = value
        self.roster = value
    }

    /// In a fixed order.
    var all: [(Section, Value)] {
        [(.stage, self.stage), (.roster, self.roster), (.moderation, self.moderation)]
    }
}

extension PerSection {
    /// `server` and `own` are nobody else's: they have no value here.
    subscript(section: Section) -> Value? {
        switch section {
        case .moderation: self.moderation
        case .stage: self.stage
        case .roster: self.roster
        case .server, .own: nil
        }
    }

    mutating func change(_ section: Section, _ body: (inout Value) -> Void) {
        switch section {
        case .moderation: body(&self.moderation)
        case .stage: body(&self.stage)
        case .roster: body(&self.roster)
        case .server, .own: assertionFailure("not a section that many can see")
        }
    }
}

extension PerSection: Equatable where Value: Equatable {}
extension PerSection: Hashable where Value: Hashable {}

/// How one event changes the state: a JSON Merge Patch (RFC 7396) per section.
public typealias StatePatches = PerSection<JSONValue?>

extension PerSection<JSONValue?> {
    static var none: Self { Self(repeating: nil) }

    static func person(_ id: ParticipantID, _ patch: JSONValue, in section: Section) -> Self {
        var patches = Self.none
        patches.change(section) { $0 = [StatePath.people: .object([id.description: patch])] }
        return patches
    }

    /// What somebody with that view is told; `nil` if nothing of what they see has changed.
    public func patch(for view: View) -> JSONValue? {
        self.all.reduce(nil) { merged, next in
            guard view.includes(next.0), let patch = next.1 else { return merged }
            return merged.map { $0.union(patch) } ?? patch
        }
    }
}

extension JSONValue {
    /// Both objects in one. Sections never share a path, so only objects can meet.
    func union(_ other: JSONValue) -> JSONValue {
        guard case .object(var mine) = self, case .object(let theirs) = other else {
            assertionFailure("a path of the state belongs to two sections")
            return other
        }
        for (name, value) in theirs.members {
            mine[name] = mine[name].map { $0.union(value) } ?? value
        }
        return .object(mine)
    }
}
