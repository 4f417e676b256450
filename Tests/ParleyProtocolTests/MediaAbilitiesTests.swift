import ParleyProtocol
import Testing

@Suite struct MediaAbilitiesTests {
    private func read(_ text: String) throws -> MediaAbilities {
        try MediaAbilities(try JSONParser.parse(Array(text.utf8)))
    }

    private func refused(_ text: String) -> String? {
        do {
            _ = try self.read(text)
            return nil
        } catch let rejection as Rejection {
            return rejection.code == .invalidMember ? rejection.member : "\(rejection.code)"
        } catch {
            return "\(error)"
        }
    }

    /// One direction of video with these codecs.
    private func video(_ codecs: String, _ more: String = "") -> String {
        #"{"video":{"receive":{"codecs":["# + codecs + "]" + more + "}}}"
    }

    @Test func `the formats that every client reads`() throws {
        for vector in try Vectors.read("media-formats") {
            let name = vector["name"]?.string ?? ""
            let codec = try #require(vector["codec"]?.string)
            let format =
                MediaFormat.isCodec(codec)
                ? MediaFormat(
                    codec: codec,
                    parameters: vector["fmtp"]?.string ?? "",
                    clockRate: vector["clockRate"]?.integer.map { Int($0) },
                    channels: vector["channels"]?.integer.map { Int($0) }
                ) : nil
            if vector["isIgnored"]?.bool == true {
                #expect(format == nil, "\(name)")
            } else {
                let format = try #require(format, "\(name)")
                #expect(format.profile == vector["profile"]?.string, "\(name)")
                #expect(format.codec.lowercased() == codec.lowercased(), "\(name)")
            }
        }
    }

    @Test func `what a browser lists`() throws {
        let abilities = try self.read(
            """
            {"video":{"send":{"codecs":[{"codec":"VP8"},{"codec":"rtx"},
            {"codec":"H264","fmtp":"packetization-mode=1;profile-level-id=42e01f"},
            {"codec":"H264","fmtp":"packetization-mode=1;profile-level-id=42e034"}],"height":720,"frameRate":30,
            "simulcast":true},"receive":{"codecs":[{"codec":"vp8"}]}},"audio":{"send":{"codecs":[{"codec":"opus",
            "clockRate":48000,"channels":2}]}},"more":[]}
            """
        )
        let send = try #require(abilities.video?.send)
        #expect(
            send.formats == [MediaFormat(codec: "VP8"), MediaFormat(codec: "H264", profile: "constrained-baseline")]
        )
        #expect(send.height == 720 && send.frameRate == 30 && send.simulcast)
        #expect(abilities.video?.receive?.formats == [MediaFormat(codec: "VP8")])
        #expect(abilities.audio?.send?.formats == [MediaFormat(codec: "opus")])
        #expect(abilities.audio?.receive == nil)
        #expect(try MediaAbilities(abilities.json) == abilities)
        #expect(try MediaAbilities(MediaAbilities.mandatory.json) == .mandatory)
        #expect(try self.read("{}") == MediaAbilities())
    }

    @Test func `what is refused, and by which name`() {
        let good = #"{"codec":"VP8"}"#
        let name = String(repeating: "v", count: 32)
        let refused: [(String, String?)] = [
            (self.video(good), nil),
            (#"{"video":{"receive":{}}}"#, "codecs"),
            (#"{"video":{"receive":{"codecs":{}}}}"#, "codecs"),
            (#"{"video":[]}"#, "video"),
            (#"{"video":{"send":true}}"#, "send"),
            (self.video("1"), "codecs"),
            (self.video("{}"), "codec"),
            (self.video(#"{"codec":""}"#), "codec"),
            (self.video(#"{"codec":"VP 8"}"#), "codec"),
            (self.video(#"{"codec":"\#(name)"}"#), nil),
            (self.video(#"{"codec":"\#(name)v"}"#), "codec"),
            (self.video(#"{"codec":"VP9","profile":"Main"}"#), "profile"),
            (self.video(#"{"codec":"VP9","fmtp":"a\nb"}"#), "fmtp"),
            (self.video(#"{"codec":"VP9","fmtp":"\#(String(repeating: "a", count: 256))"}"#), nil),
            (self.video(#"{"codec":"VP9","fmtp":"\#(String(repeating: "a", count: 257))"}"#), "fmtp"),
            (self.video(#"{"codec":"L16","clockRate":0}"#), "clockRate"),
            (self.video(#"{"codec":"L16","channels":256}"#), "channels"),
            (self.video(good, #","height":0"#), "height"),
            (self.video(good, #","height":16385"#), "height"),
            (self.video(good, #","frameRate":29.97"#), "frameRate"),
            (self.video(good, #","frameRate":1001"#), "frameRate"),
            (self.video(good, #","simulcast":1"#), "simulcast"),
            (self.video(Array(repeating: good, count: 32).joined(separator: ",")), nil),
            (self.video(Array(repeating: good, count: 33).joined(separator: ",")), "codecs"),
        ]
        for (text, member) in refused { #expect(self.refused(text) == member, "\(text.prefix(100))") }
    }

    @Test func `what is no codec, or matches with nobody, is passed over`() throws {
        let abilities = try self.read(
            self.video(#"{"codec":"red"},{"codec":"H264","fmtp":"profile-level-id=nonsense"}"#)
        )
        #expect(abilities.video?.receive?.formats == [])
    }
}
