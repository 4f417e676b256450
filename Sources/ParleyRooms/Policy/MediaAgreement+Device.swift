import ParleyProtocol

extension MediaAgreement {
    /// One kind of device, and who has it.
    struct Device {
        /// It has said nothing: what browsers must know is taken for granted.
        let isSilent: Bool
        let count: Int
        /// The first who came with it, in order of arrival.
        let holders: [DeviceProfiles.Holder]
        /// `nil`: it does not send this kind at all.
        private let send: Set<MediaFormat>?
        private let receive: Set<MediaFormat>?
        /// In its own order: each codec, and each profile among those of its codec, from 0.
        private let places: [String: Int]
        private let profilePlaces: [MediaFormat: Int]

        /// - Returns: `nil` if it neither sends nor receives any codec of this kind.
        init?(_ kind: MediaAbilities.Kind?, isSilent: Bool, count: Int, holders: [DeviceProfiles.Holder]) {
            guard let kind else { return nil }
            // A list without a codec is one that nobody can use.
            self.send = kind.send.flatMap { $0.formats.isEmpty ? nil : Set($0.formats) }
            self.receive = kind.receive.flatMap { $0.formats.isEmpty ? nil : Set($0.formats) }
            guard self.send != nil || self.receive != nil else { return nil }
            self.isSilent = isSilent
            self.count = count
            self.holders = holders
            var places: [String: Int] = [:]
            var profilePlaces: [MediaFormat: Int] = [:]
            var profiles: [String: Int] = [:]
            for format in (self.receive == nil ? kind.send : kind.receive)?.formats ?? [] {
                if places[format.codec] == nil { places[format.codec] = places.count }
                profilePlaces[format] = profiles[format.codec, default: 0]
                profiles[format.codec, default: 0] += 1
            }
            self.places = places
            self.profilePlaces = profilePlaces
        }

        var formats: Set<MediaFormat> { (self.send ?? []).union(self.receive ?? []) }

        func sends(_ format: MediaFormat) -> Bool { self.send?.contains(format) ?? false }
        func receives(_ format: MediaFormat) -> Bool { self.receive?.contains(format) ?? false }

        /// Whether it is in nobody's way, if that format is used.
        func goes(with format: MediaFormat) -> Bool {
            (self.send == nil || self.sends(format)) && (self.receive == nil || self.receives(format))
        }

        /// The last place if it does not know it.
        func place(of codec: String) -> Int { self.places[codec] ?? self.places.count }
        func place(of format: MediaFormat) -> Int { self.profilePlaces[format] ?? self.profilePlaces.count }
    }
}
