import ParleyProtocol
import Testing

struct ApartTests {
    private struct Holder: Hashable {
        @Apart var text: String? = nil
    }

    @Test func `What is kept apart behaves as if it was not`() {
        var holder = Holder()
        #expect(holder.text == nil)
        holder.text = "a"
        var copy = holder
        #expect(copy == holder)
        copy.text = "b"
        #expect(holder.text == "a", "a copy changes alone")
        #expect(copy != holder)
        copy.text = "a"
        #expect(copy == holder, "and is equal by what it holds")
        #expect(Set([copy, holder]).count == 1)
        copy.text = nil
        #expect(copy == Holder())
    }

    @Test func `What is not there takes one word`() {
        #expect(MemoryLayout<Holder>.size == MemoryLayout<Int>.size)
    }
}
