import ParleyProtocol

/// What the devices of a room can agree on for one kind of media: what all receivers can receive and all senders can
/// send.
///
/// Each distinct profile has one voice in the order of codecs, however many people have it: the order changes when a
/// new kind of device comes or the last of a kind leaves, not with every arrival. Costs profiles × formats.
package struct MediaAgreement {
    package enum Mode: String, Hashable, Sendable {
        /// There is a codec that serves everybody.
        case common
        /// There is none, but some pairs have one.
        case pairwise
        /// No two devices understand each other.
        case none
    }

    /// A codec that would be used, but for some devices.
    struct Obstacle {
        let format: MediaFormat
        let devices: [Device]
        /// Whether the codec comes before the one that is used.
        let isPreferred: Bool
    }

    let mode: Mode
    /// One of each codec that can be used, the best profile of it, in order of preference.
    let formats: [MediaFormat]
    let obstacle: Obstacle?
    /// Whether neither the number of people nor who they are matters.
    let isSettled: Bool

    /// - Parameters:
    ///   - devices: those that send or receive this kind, at least one.
    ///   - ranks: the codecs that the room allows, the lowest first; `nil`: any.
    init(among devices: [Device], ranks: [String: Int]?) {
        let candidates = Self.candidates(devices, ranks)
        let common = candidates.filter(\.isCommon)
        if let chosen = common.first {
            self.mode = .common
            self.formats = common.map(\.format)
            let missed = candidates.filter { !$0.isCommon }
            self.isSettled = missed.allSatisfy { ranks != nil && $0.order.rank > chosen.order.rank }
            let preferred = missed.first { $0.isPreferred(to: chosen, among: devices) }
            // Without the room's word for an order, whoever reads the reason wants to know what is missing in any case.
            let told = preferred ?? (ranks == nil ? missed.first : nil)
            self.obstacle = told.map {
                Obstacle(format: $0.format, devices: $0.missing, isPreferred: preferred != nil)
            }
        } else {
            self.isSettled = false
            let possible = candidates.filter { $0.servesAPair(of: devices) }
            self.mode = possible.isEmpty ? .none : .pairwise
            self.formats = possible.map(\.format)
            // The fewest who would have to go.
            let nearest = possible.min { ($0.missingPeople, $0.order) < ($1.missingPeople, $1.order) }
            self.obstacle = nearest.map { Obstacle(format: $0.format, devices: $0.missing, isPreferred: true) }
        }
    }

    /// One per codec that the room allows and some device has, in order of preference.
    private static func candidates(_ devices: [Device], _ ranks: [String: Int]?) -> [Candidate] {
        var best: [String: Candidate] = [:]
        for format in Self.formats(devices) {
            guard let rank = ranks.map({ $0[format.codec] }) ?? 0 else { continue }
            let candidate = Candidate(format, among: devices, rank: rank)
            if let other = best[format.codec], other.profileOrder < candidate.profileOrder { continue }
            best[format.codec] = candidate
        }
        return best.values.sorted { $0.order < $1.order }
    }

    /// All that some device has, or the ``Limits/policyFormatsMax`` that most kinds of device have.
    private static func formats(_ devices: [Device]) -> [MediaFormat] {
        var counts: [MediaFormat: Int] = [:]
        for device in devices {
            for format in device.formats { counts[format, default: 0] += 1 }
        }
        let sorted = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return sorted.prefix(Limits().policyFormatsMax).map(\.key)
    }
}

/// A format, with what the devices think of it.
private struct Candidate {
    let format: MediaFormat
    /// Those that it does not serve, in the order of the profiles.
    let missing: [MediaAgreement.Device]
    let missingPeople: Int
    let order: CodecOrder
    let profileOrder: ProfileOrder

    var isCommon: Bool { self.missing.isEmpty }

    init(_ format: MediaFormat, among devices: [MediaAgreement.Device], rank: Int) {
        self.format = format
        self.missing = devices.filter { !$0.goes(with: format) }
        self.missingPeople = self.missing.reduce(0) { $0 + $1.count }
        self.order = CodecOrder(rank: rank, places: Self.places(of: format.codec, devices), name: format.codec)
        let places = devices.reduce(0) { $0 + $1.place(of: format) }
        self.profileOrder = ProfileOrder(missingPeople: self.missingPeople, places: places, format: format)
    }

    /// Borda's count: its place in the list of each.
    private static func places(of codec: String, _ devices: [MediaAgreement.Device]) -> Int {
        devices.reduce(0) { $0 + $1.place(of: codec) }
    }

    /// Whether it would be used, if those that it does not serve were not there.
    func isPreferred(to chosen: Candidate, among devices: [MediaAgreement.Device]) -> Bool {
        let others = devices.filter { $0.goes(with: self.format) }
        return self.order(among: others) < chosen.order(among: others)
    }

    private func order(among devices: [MediaAgreement.Device]) -> CodecOrder {
        CodecOrder(rank: self.order.rank, places: Self.places(of: self.order.name, devices), name: self.order.name)
    }

    /// Whether there are two different people of whom one can send it to the other.
    func servesAPair(of devices: [MediaAgreement.Device]) -> Bool {
        let senders = devices.filter { $0.sends(self.format) }.reduce(0) { $0 + $1.count }
        let receivers = devices.filter { $0.receives(self.format) }.reduce(0) { $0 + $1.count }
        let both = devices.filter { $0.sends(self.format) && $0.receives(self.format) }.reduce(0) { $0 + $1.count }
        guard senders > 0, receivers > 0 else { return false }
        return !(senders == 1 && receivers == 1 && both == 1)
    }
}

/// Which codec comes first: the room's word, then the devices', then the alphabet's.
private struct CodecOrder: Comparable {
    let rank: Int
    let places: Int
    let name: String

    static func < (left: Self, right: Self) -> Bool {
        (left.rank, left.places, left.name) < (right.rank, right.places, right.name)
    }
}

/// Which profile of a codec stands for it: the one that serves most people, then the devices' word.
private struct ProfileOrder: Comparable {
    let missingPeople: Int
    let places: Int
    let format: MediaFormat

    static func < (left: Self, right: Self) -> Bool {
        (left.missingPeople, left.places, left.format) < (right.missingPeople, right.places, right.format)
    }
}
