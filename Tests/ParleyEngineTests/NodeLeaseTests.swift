import NIOCore
import ParleyEngine
import ParleyProtocol
import Testing

@Suite("What a node says of itself")
struct NodeLeaseTests {
    static let node = NodeID(high: 1, low: 2)

    @Test("is read as it was written")
    func roundTrip() {
        let plain = NodeLease(node: Self.node, address: "")
        let full = NodeLease(
            node: Self.node,
            address: "wss://a.example",
            name: "a \u{1F600}\"",
            isDraining: true,
            semantics: 3,
            clients: 12
        )
        for lease in [plain, full] { #expect(NodeLease(encoded: lease.encode()) == lease) }
    }

    @Test("may be said by another version, or by somebody else")
    func foreign() {
        let later = #"{"node":"\#(Self.node)","region":"x","clients":-4}"#
        #expect(NodeLease(encoded: ByteBuffer(string: later)) == NodeLease(node: Self.node, address: ""))
        for text in ["", "{}", "[]", #"{"node":"x"}"#, #"{"node":7}"#] {
            #expect(NodeLease(encoded: ByteBuffer(string: text)) == nil)
        }
    }
}
