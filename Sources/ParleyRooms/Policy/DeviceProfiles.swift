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
    private var places: [ParticipantID: Place] = [:]

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

    /// How many distinct kinds of device there are among those that have said what they can.
    package var kindsCount: Int { self.profiles.count - 1 }

    /// Whether anybody has declared anything.
    var isDeclared: Bool { self.profiles.count > 1 }

    package mutating func add(_ holder: Holder, _ abilities: MediaAbilities?, _ standing: Standing) {
        assert(self.places[holder.id] == nil, "nobody has two devices in one membership")
        guard self.places[holder.id] == nil else { return }
        let number = self.intern(abilities)
        guard let index = self.index(of: number) else { return }
        let position = Self.position(of: holder.joined, in: self.profiles[index][standing])
        self.profiles[index][standing].insert(holder, at: position)
        self.places[holder.id] = Place(number: number, joined: holder.joined, standing: standing)
    }

    @discardableResult
    package mutating func remove(_ id: ParticipantID) -> Holder? {
        guard let place = self.places.removeValue(forKey: id), let index = self.index(of: place.number) else {
            return nil
        }
        let position = Self.position(of: place.joined, in: self.profiles[index][place.standing])
        guard position < self.profiles[index][place.standing].count else { return nil }
        let holder = self.profiles[index][place.standing].remove(at: position)
        if !self.profiles[index].isHeld, let abilities = self.profiles[index].abilities {
            self.numbers[abilities] = nil
            self.profiles.remove(at: index)
        }
        return holder
    }

    // MARK: Inside

    private mutating func intern(_ abilities: MediaAbilities?) -> UInt64 {
        guard let abilities else { return 0 }
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
