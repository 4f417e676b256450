import ParleyProtocol

// Why a policy is what it is, in a sentence that names people.

extension MediaAgreement {
    /// - Parameters:
    ///   - kind: `video` or `audio`.
    ///   - hasRanks: whether the room says which codecs may be used.
    func sentence(_ kind: String, hasRanks: Bool) -> String {
        switch self.mode {
        case .common:
            let title = self.formats.first?.codecTitle ?? ""
            guard let obstacle = self.obstacle else {
                let serves = hasRanks ? "the room prefers it, and every device has it." : "every device has it."
                return "\(title): \(serves)"
            }
            let fault = obstacle.sentence
            return obstacle.isPreferred ? "\(title): \(fault)" : "\(title): every device has it. \(fault)"
        case .pairwise:
            let fault = self.obstacle.map { " \($0.sentence)" } ?? ""
            return "No \(kind) codec is common to all:\(fault) Each pair uses what both have."
        case .none:
            return hasRanks
                ? "No two devices have the same \(kind) codec of those that the room allows."
                : "No two devices have the same \(kind) codec."
        }
    }
}

extension MediaAgreement.Obstacle {
    fileprivate var sentence: String {
        let people = People(self.devices.flatMap(\.holders), of: self.devices.reduce(0) { $0 + $1.count })
        return "\(people.devices) \(self.lack(people.isOne))."
    }

    private func lack(_ isOne: Bool) -> String {
        if self.devices.allSatisfy(\.isSilent) {
            return isOne ? "has not said whether it has \(self.title)" : "have not said whether they have \(self.title)"
        }
        if self.devices.allSatisfy({ $0.receives(self.format) }) { return "cannot send \(self.title)" }
        if self.devices.allSatisfy({ $0.sends(self.format) }) { return "cannot receive \(self.title)" }
        return isOne ? "has no \(self.title)" : "have no \(self.title)"
    }

    /// With the profile, where the codec alone is not what is missing.
    private var title: String {
        let hasCodec = self.devices.contains { device in
            device.formats.contains { $0.codec == self.format.codec && $0 != self.format }
        }
        guard hasCodec, let profile = self.format.profile else { return self.format.codecTitle }
        return "\(self.format.codecTitle) (\(profile))"
    }
}

/// The lowest bound that somebody has named.
struct MediaBound {
    let value: Int
    /// Whether it is the room's own.
    var isRooms: Bool { self.count == 0 }
    /// The devices whose bound it is; empty if it is the room's.
    private let holders: [DeviceProfiles.Holder]
    private let count: Int

    init?(
        of counted: [MediaPolicy.Counted],
        _ bound: KeyPath<MediaAbilities.Direction, Int?>,
        room: Int?
    ) {
        let bounds = counted.compactMap { device in
            device.abilities.video?.receive?[keyPath: bound].map { (device: device, value: $0) }
        }
        guard let value = (bounds.map(\.value) + [room].compactMap(\.self)).min() else { return nil }
        self.value = value
        let lowest = room == value ? [] : bounds.filter { $0.value == value }
        self.holders = lowest.flatMap(\.device.holders)
        self.count = lowest.reduce(0) { $0 + $1.device.count }
    }

    /// - Parameter unit: what is counted, in the plural.
    func sentence(_ unit: String) -> String {
        guard !self.holders.isEmpty else { return "At most \(self.value) \(unit): the room wants no more." }
        let people = People(self.holders, of: self.count)
        return "At most \(self.value) \(unit): \(people.devices) \(people.isOne ? "takes" : "take") no more."
    }
}

/// People in order of arrival, as the owners of their devices. No number in it: it would change with every arrival.
private struct People {
    let isOne: Bool
    let devices: String

    init(_ holders: [DeviceProfiles.Holder], of count: Int) {
        let names = holders.sorted { $0.joined < $1.joined }.map { $0.name?.text ?? "Somebody" }
        let first = names.first ?? "Somebody"
        self.isOne = count == 1
        self.devices =
            switch count {
            case 1: "\(first)'s device"
            case 2 where names.count > 1: "\(first)'s and \(names[1])'s devices"
            default: "\(first)'s and other devices"
            }
    }
}
