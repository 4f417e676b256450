public import ParleyProtocol

/// The devices of a room, each distinct kind once, with the people who have it.
///
/// A meeting of a thousand browsers has a handful of them. Adding and removing somebody costs O(log n) comparisons and
/// one move in a list of numbers; whoever computes a policy looks at the profiles, not at the people.
public struct DeviceProfiles: Hashable, Sendable {
    /// Somebody who has such a device.
    package struct Holder: Hashable, Sendable {
        /// Order of arrival: who is named first.
        package let joined: UInt64
        package let id: ParticipantID
        package let name: DisplayName?

        package init(joined: UInt64, id: ParticipantID, name: DisplayName?) {
            self.joined = joined
            self.id = id
            self.name = name
        }
    }

    /// Whether a device counts.
    package enum Standing: Hashable, Sendable {
        case stage
        /// Counts if the room says so.
        case audience
        /// Never counts: an observer.
        case hidden
    }

    struct Profile: Hashable, Sendable {
        /// Names it in the log, as long as somebody has it. Never used again.
        let number: UInt64
        /// `nil`: has not said anything.
        let abilities: MediaAbilities?
        /// Each in order of arrival.
        fileprivate(set) var stage: [Holder] = []
        fileprivate(set) var audience: [Holder] = []
        fileprivate(set) var hidden: [Holder] = []

        var isHeld: Bool { !(self.stage.isEmpty && self.audience.isEmpty && self.hidden.isEmpty) }

        init(number: UInt64, abilities: MediaAbilities?) {
            self.number = number
            self.abilities = abilities
        }

        fileprivate subscript(standing: Standing) -> [Holder] {
            get {
                switch standing {
                case .stage: self.stage
                case .audience: self.audience
                case .hidden: self.hidden
                }
            }
            _modify {
                switch standing {
                case .stage: yield &self.stage
                case .audience: yield &self.audience
                case .hidden: yield &self.hidden
                }
            }
        }
    }

    /// A device with one more distinct profile counts as one that has said nothing.
    static var profilesMax: Int { Limits().deviceProfilesPerRoomMax }

    /// In the order of their numbers. The first is that of devices that have said nothing, held or not.
    private(set) var profiles = [Profile(number: 0, abilities: nil)]
    private var numberLast: UInt64 = 0
    private var numbers: [MediaAbilities: UInt64] = [:]
    private var places: PersistentMap<ParticipantID, Place> = [:]

    private struct Place: Hashable, Sendable {
        var number: UInt64
        var joined: UInt64
        var standing: Standing
    }

    public init() {}

    /// What the server knows of somebody's device; `nil` if it has said nothing, or there are too many kinds.
    public func abilities(of id: ParticipantID) -> MediaAbilities? {
        self.places[id].flatMap { self.index(of: $0.number) }.flatMap { self.profiles[$0].abilities }
    }

    /// How the log names what a device has said.
    func declaration(of abilities: MediaAbilities) -> MediaDeclaration {
        self.numbers[abilities].map { .known($0) } ?? .new(abilities)
    }

    /// How many distinct kinds of device there are among those that have said what they can.
    package var kindsCount: Int { self.profiles.count - 1 }

    /// The kinds that count, in a fixed order.
    func counted(withAudience: Bool) -> [UInt64] {
        self.profiles.filter { !$0.stage.isEmpty || withAudience && !$0.audience.isEmpty }.map(\.number)
    }

    package mutating func add(_ holder: Holder, _ abilities: MediaAbilities?, _ standing: Standing) {
        let number = if let abilities { self.intern(abilities) } else { 0 as UInt64 }
        self.add(holder, number: number, standing)
    }

    mutating func add(_ holder: Holder, _ declaration: MediaDeclaration?, _ standing: Standing) {
        switch declaration {
        case nil: self.add(holder, number: 0, standing)
        case .known(let number): self.add(holder, number: number, standing)
        case .new(let abilities): self.add(holder, abilities, standing)
        }
    }

    /// Somebody has another device, or says anew what it can.
    mutating func declare(_ declaration: MediaDeclaration, by id: ParticipantID) {
        guard let standing = self.places[id]?.standing, let holder = self.remove(id) else { return }
        self.add(holder, declaration, standing)
    }

    mutating func move(_ id: ParticipantID, to standing: Standing) {
        guard let place = self.places[id], place.standing != standing else { return }
        guard let index = self.index(of: place.number), let holder = self.takeOut(place, at: index) else { return }
        self.putIn(holder, at: index, standing)
        self.places[id]?.standing = standing
    }

    @discardableResult
    package mutating func remove(_ id: ParticipantID) -> Holder? {
        guard let place = self.places.removeValue(forKey: id), let index = self.index(of: place.number) else {
            return nil
        }
        let holder = self.takeOut(place, at: index)
        if !self.profiles[index].isHeld, let abilities = self.profiles[index].abilities {
            self.numbers[abilities] = nil
            self.profiles.remove(at: index)
        }
        return holder
    }

    // MARK: Inside

    /// A number that nobody has is that of a kind too many, or of devices that are all gone.
    private mutating func add(_ holder: Holder, number: UInt64, _ standing: Standing) {
        assert(self.places[holder.id] == nil, "nobody has two devices in one membership")
        guard self.places[holder.id] == nil else { return }
        let index = self.index(of: number) ?? 0
        self.putIn(holder, at: index, standing)
        let known = self.profiles[index].number
        self.places[holder.id] = Place(number: known, joined: holder.joined, standing: standing)
    }

    private mutating func putIn(_ holder: Holder, at index: Int, _ standing: Standing) {
        let position = Self.position(of: holder.joined, in: self.profiles[index][standing])
        self.profiles[index][standing].insert(holder, at: position)
    }

    private mutating func takeOut(_ place: Place, at index: Int) -> Holder? {
        let position = Self.position(of: place.joined, in: self.profiles[index][place.standing])
        guard position < self.profiles[index][place.standing].count else { return nil }
        return self.profiles[index][place.standing].remove(at: position)
    }

    private mutating func intern(_ abilities: MediaAbilities) -> UInt64 {
        if let number = self.numbers[abilities] { return number }
        guard self.profiles.count <= Self.profilesMax else { return 0 }
        self.numberLast += 1
        self.numbers[abilities] = self.numberLast
        self.profiles.append(Profile(number: self.numberLast, abilities: abilities))
        return self.numberLast
    }

    private func index(of number: UInt64) -> Int? {
        // At most a few dozen, and the newest are asked for most.
        self.profiles.lastIndex { $0.number == number }
    }

    /// Where somebody who came then is, or would be.
    private static func position(of joined: UInt64, in holders: [Holder]) -> Int {
        var low = 0
        var high = holders.count
        while low < high {
            let middle = (low + high) / 2
            if holders[middle].joined < joined { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

// MARK: - The snapshot

extension DeviceProfiles {
    /// `nil` if nobody has ever said anything: what people have is written beside each of them (``number(of:)``).
    var json: JSONValue? {
        guard self.numberLast > 0 else { return nil }
        let kinds = self.profiles.compactMap { profile in
            profile.abilities.map { abilities -> JSONValue in
                ["number": .integer(Int64(clamping: profile.number)), "media": abilities.json]
            }
        }
        return ["numberLast": .integer(Int64(clamping: self.numberLast)), "kinds": .array(kinds)]
    }

    /// Without the people, who are added one by one.
    init(_ reader: FieldReader) throws(RoomFormatError) {
        self.init()
        self.numberLast = try reader.number("numberLast")
        for value in try reader.array("kinds") {
            let kind = try FieldReader(value, "kind")
            let (number, abilities) = (try kind.number("number"), try kind.media("media"))
            self.numbers[abilities] = number
            self.profiles.append(Profile(number: number, abilities: abilities))
        }
    }

    /// 0: has not said anything.
    func number(of id: ParticipantID) -> UInt64 { self.places[id]?.number ?? 0 }
}
