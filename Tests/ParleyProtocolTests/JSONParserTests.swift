import ParleyProtocol
import Testing

@Suite struct JSONParserTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "\"\"", "[]", "{}",
        "[1,[2,[3]],{\"a\":[]}]", "{\"b\":1,\"a\":{\"c\":null}}", "\"é🦊\"",
        "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\"",
        "1.5", "-0", "0.10", "1e400", "1E+2", "-1e-99999", "9223372036854775808", "\"\u{7F}\u{2028}\"",
    ])
    func writesBackWhatItRead(text: String) throws {
        #expect(try parse(text).text == text)
    }

    @Test func readsValues() throws {
        let value = try parse(" { \"a\" : [ 1 , -2.5 , \"x\\u00e9\\ud83e\\udd8a\\/\" , true , null ] } ")
        #expect(value == ["a": [1, .number("-2.5"), "xé🦊/", true, .null]])
    }

    @Test(
        arguments: [
            ("", .unexpectedEnd), (" ", .unexpectedEnd), ("{", .unexpectedEnd), ("[1", .unexpectedEnd),
            ("{\"a\"", .unexpectedEnd), ("{\"a\":", .unexpectedEnd), ("\"a", .unexpectedEnd),
            ("\"\\", .unexpectedEnd),
            ("\"\\u12", .unexpectedEnd), ("tru", .unexpectedEnd), ("nul!", .unexpectedByte),
            ("True", .unexpectedByte),
            ("NaN", .unexpectedByte), ("+1", .unexpectedByte), (".5", .unexpectedByte),
            ("'a'", .unexpectedByte),
            ("{a:1}", .unexpectedByte), ("{\"a\" 1}", .unexpectedByte), ("{\"a\":1,}", .unexpectedByte),
            ("[1,]", .unexpectedByte), ("[,1]", .unexpectedByte), ("[1 2]", .unexpectedByte),
            ("[1}", .unexpectedByte),
            ("{\"a\":1]", .unexpectedByte), ("\u{FEFF}{}", .unexpectedByte), ("[/**/]", .unexpectedByte),
            ("01", .invalidNumber), ("-", .invalidNumber), ("-01", .invalidNumber), ("1.", .invalidNumber),
            ("1e", .invalidNumber), ("1e+", .invalidNumber), ("-.5", .invalidNumber), ("0x1", .trailingBytes),
            ("\"\\x\"", .invalidEscape), ("\"\\u00g0\"", .invalidEscape), ("\"\\u+041\"", .invalidEscape),
            ("\"\n\"", .controlCharacter), ("\"\u{1F}\"", .controlCharacter),
            ("\"\u{0}\"", .controlCharacter),
            ("\"\\ud800\"", .loneSurrogate), ("\"\\udc00\"", .loneSurrogate),
            ("\"\\ud800\\ud800\"", .loneSurrogate),
            ("\"\\ud800x\"", .loneSurrogate), ("\"\\ud800\\n\"", .loneSurrogate),
            ("\"\\udc00\\udc00\"", .loneSurrogate), ("\"\\udc00\\ud800\"", .loneSurrogate),
            ("{\"a\":1,\"a\":1}", .duplicateMember), ("[{\"a\":{\"b\":1,\"\\u0062\":2}}]", .duplicateMember),
            ("1 2", .trailingBytes), ("{}x", .trailingBytes), ("{},", .trailingBytes),
            ("null\u{0}", .trailingBytes),
        ] as [(String, JSONError.Fault)]
    )
    func namesTheFault(text: String, expected: JSONError.Fault) {
        #expect(fault(text) == expected)
    }

    @Test func refusesWhatIsNotUTF8() {
        #expect(fault([0x22, 0xC0, 0x80, 0x22]) == .invalidUTF8)
        #expect(fault([0x22, 0xED, 0xA0, 0x80, 0x22]) == .invalidUTF8)
        #expect(fault([0x22, 0xE2, 0x82]) == .invalidUTF8)
    }

    @Test func boundsDepthExactly() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(fault(nested(32)) == nil)
        #expect(fault(nested(33)) == .tooDeep)
        #expect(
            fault(String(repeating: "{\"a\":", count: 33) + "1" + String(repeating: "}", count: 33))
                == .tooDeep
        )
        #expect(fault(String(repeating: "[", count: 60_000)) == .tooDeep)
    }

    /// Swift takes the two spellings of é for equal, JSON does not.
    @Test func namesAreComparedByScalars() throws {
        let value = try parse("{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
        #expect(try parse("\"\u{E9}\"") != parse("\"e\u{301}\""))
    }

    @Test func findsADuplicateAmongMany() {
        let members = (0..<5_000).map { "\"m\($0)\":\($0)" }.joined(separator: ",")
        #expect(fault("{\(members)}") == nil)
        #expect(fault("{\(members),\"m2500\":0}") == .duplicateMember)
    }

    @Test func aStringMayEndAnywhereInABlock() throws {
        for length in 0..<70 {
            let text = String(repeating: "x", count: length)
            #expect(try parse("\"\(text)\"") == .string(text))
            #expect(try parse("\"\(text)\\r\\n\(text)\"") == .string("\(text)\r\n\(text)"))
            #expect(fault("\"\(text)\u{1}\(text)\"") == .controlCharacter)
            #expect(fault("\"\(text)") == .unexpectedEnd)
        }
    }
}
