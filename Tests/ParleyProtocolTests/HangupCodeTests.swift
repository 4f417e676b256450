import ParleyProtocol
import Testing

@Suite struct HangupCodeTests {
    @Test(arguments: [
        (HangupCode.normal, 200, 16), (.busy, 486, 17), (.noAnswer, 480, 19), (.declined, 603, 21),
        (.unreachable, 480, 20), (.incompatible, 488, 88), (.failed, 500, 41), (.cancelled, 487, 16),
        (.answeredElsewhere, 200, 26), (.transferred, 200, 16), (.merged, 200, 16), (.network, 503, 38),
        (.removed, 403, 21),
    ])
    func `telephones know every code`(code: HangupCode, sip: Int, q850: Int) {
        #expect(code.sip == sip)
        #expect(code.q850 == q850)
    }

    @Test func `people are named by identity, or as the app names them`() throws {
        let identity = IdentityID(high: 1, low: 2)
        #expect(Callee("bob")?.user == "bob" && Callee("bob")?.identity == nil)
        #expect(Callee(identity.description)?.identity == identity && Callee(identity.description)?.user == nil)
        #expect(Callee("") == nil && Callee("a\u{1}b") == nil)
        #expect(Callee(String(repeating: "x", count: Limits().userBytesMax + 1)) == nil)
    }
}
