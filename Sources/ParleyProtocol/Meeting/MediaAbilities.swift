/// What a device can send and receive, as it says itself (docs/PROTOCOL.md, media policy).
///
/// An absent kind or direction is one that the device does not do at all: such a device is in nobody's way there.
public struct MediaAbilities: Hashable, Sendable {
    public var video: Kind?
    public var audio: Kind?

    public struct Kind: Hashable, Sendable {
        public var send: Direction?
        public var receive: Direction?

        public init(send: Direction? = nil, receive: Direction? = nil) {
            self.send = send
            self.receive = receive
        }
    }

    public struct Direction: Hashable, Sendable {
        /// In the device's own order, each once.
        public var formats: [MediaFormat]
        /// The most lines of a picture; `nil` if there is no bound that the device knows of.
        public var height: Int?
        /// The most pictures a second; `nil` if there is no bound that the device knows of.
        public var frameRate: Int?
        /// Whether it can send several sizes at once.
        public var simulcast: Bool

        public init(
            formats: [MediaFormat],
            height: Int? = nil,
            frameRate: Int? = nil,
            simulcast: Bool = false
        ) {
            self.formats = formats
            self.height = height
            self.frameRate = frameRate
            self.simulcast = simulcast
        }
    }

    public init(video: Kind? = nil, audio: Kind? = nil) {
        self.video = video
        self.audio = audio
    }

    /// What is taken for granted of a device that says nothing: what every browser has to know (RFC 7742, section 5;
    /// RFC 7874, section 3).
    public static var mandatory: Self {
        let baseline = MediaFormat(codec: "H264", profile: "constrained-baseline")
        let video = Direction(formats: [MediaFormat(codec: "VP8", profile: nil), baseline])
        let audio = Direction(formats: ["opus", "PCMU", "PCMA"].map { MediaFormat(codec: $0, profile: nil) })
        return Self(video: Kind(send: video, receive: video), audio: Kind(send: audio, receive: audio))
    }
}

// MARK: - Reading what a client says

extension MediaAbilities {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        if let video = try reader.reader("video") { self.video = try Kind(video, limits) }
        if let audio = try reader.reader("audio") { self.audio = try Kind(audio, limits) }
    }

    /// Reads what ``json`` has written, or what a client says.
    public init(_ value: JSONValue, limits: Limits = Limits()) throws(Rejection) {
        try self.init(try MemberReader(message: value), limits)
    }
}

extension MediaAbilities.Kind {
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        if let send = try reader.reader("send") { self.send = try MediaAbilities.Direction(send, limits) }
        if let receive = try reader.reader("receive") { self.receive = try MediaAbilities.Direction(receive, limits) }
    }
}

extension MediaAbilities.Direction {
    /// A direction without a codec, or with repair alone, is none that anybody could use, but no fault either.
    init(_ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        let entries = try reader.required("codecs") { $0.array }
        guard entries.count <= limits.codecsPerDirectionMax else { throw reader.fault("codecs") }
        var formats: [MediaFormat] = []
        for entry in entries {
            // Ignored: what is no codec, and one whose parameters match with nobody.
            guard let format = try Self.format(entry, reader, limits), !formats.contains(format) else { continue }
            formats.append(format)
        }
        self.init(
            formats: formats,
            height: try reader.optional("height") { Self.bounded($0, limits.pictureLinesMax) },
            frameRate: try reader.optional("frameRate") { Self.bounded($0, limits.framesPerSecondMax) },
            simulcast: try reader.flag("simulcast") ?? false
        )
    }

    private static func format(
        _ entry: JSONValue,
        _ reader: MemberReader,
        _ limits: Limits
    ) throws(Rejection) -> MediaFormat? {
        guard case .object(let object) = entry else { throw reader.fault("codecs") }
        let member = MemberReader(object: object, rejection: reader.rejection)
        let name = try member.required("codec") { Self.token($0, limits.codecNameBytesMax) }
        let parameters = try member.optional("fmtp") { Self.text($0, limits.formatParametersBytesMax) }
        let profile = try member.optional("profile") { Self.word($0, limits.codecNameBytesMax) }
        let clockRate = try member.optional("clockRate") { Self.bounded($0, 768_000) }
        let channels = try member.optional("channels") { Self.bounded($0, 255) }
        guard MediaFormat.isCodec(name) else { return nil }
        if let profile { return MediaFormat(codec: name, profile: profile) }
        return MediaFormat(codec: name, parameters: parameters ?? "", clockRate: clockRate, channels: channels)
    }

    private static func bounded(_ value: JSONValue, _ max: Int) -> Int? {
        guard let integer = value.integer, integer >= 1, integer <= Int64(max) else { return nil }
        return Int(integer)
    }

    /// Printable ASCII, which is all that a description may hold there.
    private static func text(_ value: JSONValue, _ bytesMax: Int) -> String? {
        guard let text = value.string, text.utf8.count <= bytesMax else { return nil }
        return text.utf8.allSatisfy { (0x20...0x7E).contains($0) } ? text : nil
    }

    private static func word(_ value: JSONValue, _ bytesMax: Int) -> String? {
        guard let text = value.string, isPlainWord(text.utf8, bytesMax: bytesMax) else { return nil }
        return text
    }

    /// A media subtype: letters, digits, and `-._+` (RFC 6838, section 4.2, without what no codec has).
    private static func token(_ value: JSONValue, _ bytesMax: Int) -> String? {
        guard let text = value.string, !text.isEmpty, text.utf8.count <= bytesMax else { return nil }
        let isAllowed = text.utf8.allSatisfy { byte in
            byte | 0x20 &- 0x61 < 26 || ASCII.isDigit(byte) || "-._+".utf8.contains(byte)
        }
        return isAllowed ? text : nil
    }
}

// MARK: - Writing

extension MediaAbilities {
    /// As a client says it, with profiles instead of parameters: equal abilities are equal text.
    public var json: JSONValue {
        var object = JSONObject()
        if let video = self.video { object.append("video", video.json) }
        if let audio = self.audio { object.append("audio", audio.json) }
        return .object(object)
    }
}

extension MediaAbilities.Kind {
    fileprivate var json: JSONValue {
        var object = JSONObject()
        if let send = self.send { object.append("send", send.json) }
        if let receive = self.receive { object.append("receive", receive.json) }
        return .object(object)
    }
}

extension MediaAbilities.Direction {
    fileprivate var json: JSONValue {
        let codecs = self.formats.map { format in
            var codec: JSONObject = ["codec": .string(format.codec)]
            if let profile = format.profile { codec.append("profile", .string(profile)) }
            return JSONValue.object(codec)
        }
        var object: JSONObject = ["codecs": .array(codecs)]
        if let height = self.height { object.append("height", .integer(Int64(height))) }
        if let frameRate = self.frameRate { object.append("frameRate", .integer(Int64(frameRate))) }
        if self.simulcast { object.append("simulcast", true) }
        return .object(object)
    }
}
