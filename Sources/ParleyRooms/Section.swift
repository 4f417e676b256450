public import ParleyProtocol

/// Every path of a room's state belongs to exactly one section, and a view is a fixed set of sections.
///
/// ```
///              server   moderation   door   stage   roster   own
/// moderator       -          x         x       x        x      x
/// participant     -          -         x       x        x      x
/// audience        -          -         x       x        -      x
/// waiting         -          -         x       -        -      x
/// ```
public enum Section: Hashable, Sendable, CaseIterable {
    /// Never leaves the server: sessions, their epochs, command numbers, refusals; and the people of a large audience,
    /// who are counted. No patch is made for it, so there is nothing that could be shown by mistake.
    case server
    /// Waiting list, bans, observers.
    case moderation
    /// What the room is called and whether it is open: whoever waits at the door may know that.
    case door
    /// How things are done here, and the people whom everybody sees.
    case stage
    /// Those of a large audience who have raised a hand.
    case roster
    /// What one participant alone may know. Nothing yet; never part of a hash.
    case own
}

/// What somebody may see, by permission.
public enum View: String, Hashable, Sendable, CaseIterable {
    case moderator
    case participant
    case audience
    /// Of those who are not let in yet.
    case waiting

    public func includes(_ section: Section) -> Bool {
        switch (self, section) {
        case (_, .server): false
        case (_, .door), (_, .own): true
        case (.waiting, .moderation), (.waiting, .stage), (.waiting, .roster): false
        case (_, .stage): true
        case (.moderator, .moderation): true
        case (.participant, .moderation), (.audience, .moderation): false
        case (.moderator, .roster), (.participant, .roster): true
        case (.audience, .roster): false
        }
    }
}

/// How one event changes the state: a JSON Merge Patch (RFC 7396) per section that can be seen and
/// is the same for everybody.
public struct StatePatches: Hashable, Sendable {
    var moderation: JSONValue?
    var door: JSONValue?
    var stage: JSONValue?
    var roster: JSONValue?

    /// What somebody with that view is told; `nil` if nothing of what they see has changed.
    public func patch(for view: View) -> JSONValue? {
        // In a fixed order, so that every node writes the same bytes.
        var merged: JSONValue?
        for section in [Section.door, .stage, .roster, .moderation] where view.includes(section) {
            guard let patch = self[section] else { continue }
            merged = merged.map { $0.union(patch) } ?? patch
        }
        return merged
    }
}

/// Some of the sections that can be shown.
package struct PatchSections: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    static let door = PatchSections(rawValue: 1 << 0)
    static let stage = PatchSections(rawValue: 1 << 1)
    static let roster = PatchSections(rawValue: 1 << 2)
    static let moderation = PatchSections(rawValue: 1 << 3)
}

extension StatePatches {
    /// Of which sections somebody with that view is told.
    package func sections(in view: View) -> PatchSections {
        var sections = PatchSections()
        if self.door != nil, view.includes(.door) { sections.insert(.door) }
        if self.stage != nil, view.includes(.stage) { sections.insert(.stage) }
        if self.roster != nil, view.includes(.roster) { sections.insert(.roster) }
        if self.moderation != nil, view.includes(.moderation) { sections.insert(.moderation) }
        return sections
    }

    package static var none: Self { Self() }

    package var isEmpty: Bool { self == .none }

    /// Both changes, this one first.
    package func merging(_ other: StatePatches) -> StatePatches {
        var merged = self
        for section in [Section.door, .stage, .roster, .moderation] {
            guard let patch = other[section] else { continue }
            merged[section] = merged[section].map { MergePatch.composed($0, patch) } ?? patch
        }
        return merged
    }

    package init(_ patch: JSONValue, in section: Section) {
        self.init()
        self[section] = patch
    }

    static func person(_ id: ParticipantID, _ patch: JSONValue, in section: Section) -> Self {
        Self(.object([StatePath.people: .object([id.description: patch])]), in: section)
    }

    package subscript(section: Section) -> JSONValue? {
        get {
            switch section {
            case .moderation: self.moderation
            case .door: self.door
            case .stage: self.stage
            case .roster: self.roster
            case .server, .own: nil
            }
        }
        set {
            switch section {
            case .moderation: self.moderation = newValue
            case .door: self.door = newValue
            case .stage: self.stage = newValue
            case .roster: self.roster = newValue
            case .server: break
            case .own: assertionFailure("nothing of this section is the same for many")
            }
        }
    }
}

extension JSONValue {
    /// Both objects in one. Sections never share a path, so only objects can meet; or what was taken out of one section
    /// and put into another, which to those who see both has never gone.
    func union(_ other: JSONValue) -> JSONValue {
        if self == .null { return other }
        if other == .null { return self }
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
