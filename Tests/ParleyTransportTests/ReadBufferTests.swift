import NIOCore
import NIOEmbedded
import ParleyTransport
import Testing

struct ReadBufferTests {
    private let loop = TransportLoop(eventLoop: EmbeddedEventLoop())
    private let memory = ByteBufferAllocator()

    private func allocator(bytesMax: Int = 16_384) -> LoopReceiveAllocator {
        LoopReceiveAllocator(self.loop, bytesMax: bytesMax)
    }

    private func place(_ buffer: ByteBuffer) -> UnsafeRawPointer? {
        buffer.withVeryUnsafeBytes { $0.baseAddress }
    }

    @Test func `A channel keeps a small buffer, and reads into that of its loop`() {
        var first = self.allocator()
        let kept = first.buffer(allocator: self.memory)
        #expect(kept.capacity == 64)
        let readsElsewhere = first.record(actualReadBytes: 64)
        #expect(readsElsewhere, "it does not read into that one again")
        #expect(first.nextBufferSize() == nil)
        #expect(first.buffer(allocator: self.memory).capacity == 2_048)
    }

    @Test func `What was handled is read into again, what somebody holds is not`() {
        var one = self.allocator()
        _ = one.record(actualReadBytes: 1)
        var place: UnsafeRawPointer?
        func read() -> ByteBuffer {
            var buffer = one.buffer(allocator: self.memory)
            buffer.writeString("abc")
            return buffer
        }
        do {
            let buffer = read()
            place = self.place(buffer)
            self.loop.giveBack(input: buffer)
        }
        let held = read()
        #expect(self.place(held) == place)
        self.loop.giveBack(input: held)
        let other = read()
        #expect(self.place(other) != place)
        #expect(String(buffer: held) == "abc")
    }

    @Test func `Whoever brings much is read in larger pieces, up to the bound`() {
        var one = self.allocator(bytesMax: 8_192)
        _ = one.record(actualReadBytes: 64)
        var sizes: [Int] = []
        for _ in 1...4 {
            let buffer = one.buffer(allocator: self.memory)
            sizes.append(buffer.capacity)
            _ = one.record(actualReadBytes: buffer.capacity)
        }
        #expect(sizes == [2_048, 4_096, 8_192, 8_192])
    }
}
