import DequeModule
import NIOCore

/// One direction of a TCP connection: bytes in order, late, in pieces, until it is cut.
///
/// What was written and not yet read is bounded, as by the two kernels' buffers: behind a reader that does not read,
/// a writer cannot write.
final class Pipe {
    private enum Segment {
        case bytes(ByteBuffer)
        /// The writer has ended its output.
        case end
    }

    static let capacity = 16_384

    private let network: Network
    private let scheduler: Scheduler
    private weak var writer: VirtualChannel?
    private weak var reader: VirtualChannel?
    private var unread = 0
    private var lastArrival: NIODeadline
    private var arrived: Deque<Segment> = []
    /// So many more bytes arrive; `nil` while the wire is whole.
    private var bytesUntilCut: Int?
    private(set) var isCut = false

    init(from writer: VirtualChannel, to reader: VirtualChannel, network: Network) {
        self.network = network
        self.scheduler = network.scheduler
        self.writer = writer
        self.reader = reader
        self.lastArrival = network.scheduler.now
    }

    var space: Int { max(0, Self.capacity - self.unread) }

    // MARK: The writer

    /// Takes as many bytes as there is space for, in one piece or in several.
    func write(_ bytes: ByteBuffer) -> Int {
        let count = min(bytes.readableBytes, self.space)
        guard count > 0, var rest = bytes.getSlice(at: bytes.readerIndex, length: count) else { return 0 }
        self.unread += count
        while rest.readableBytes > 0 {
            let length = self.network.pieceLength(of: rest.readableBytes)
            // A copy: the writer's buffer is the writer's again.
            guard let piece = rest.readBytes(length: length) else { break }
            self.send(piece)
        }
        return count
    }

    func end() {
        guard !self.isCut else { return }
        self.arrive(.end)
    }

    private func send(_ piece: [UInt8]) {
        guard !self.isCut else { return }
        var piece = piece[...]
        if let left = self.bytesUntilCut {
            piece = piece.prefix(left)
            self.bytesUntilCut = left - piece.count
            if piece.count == left { self.network.wireTore(self) }
        }
        guard !piece.isEmpty else { return }
        self.arrive(.bytes(ByteBuffer(bytes: piece)))
    }

    private func arrive(_ segment: Segment) {
        self.lastArrival = max(self.lastArrival, self.scheduler.now + self.network.latency())
        guard let loop = self.reader?.loop else { return }
        self.scheduler.schedule(at: self.lastArrival, on: loop) {
            self.arrived.append(segment)
            self.reader?.readWhatArrived()
        }
    }

    // MARK: The reader

    enum Reading {
        case bytes(ByteBuffer)
        case end
    }

    func read() -> Reading? {
        switch self.arrived.popFirst() {
        case nil: return nil
        case .end: return .end
        case .bytes(let bytes):
            self.unread -= bytes.readableBytes
            if let loop = self.writer?.loop, !self.isCut {
                self.scheduler.schedule(in: self.network.latency(), on: loop) { self.writer?.writeMore() }
            }
            return .bytes(bytes)
        }
    }

    // MARK: Faults

    /// After so many more bytes nothing arrives any more, and nobody is told.
    func cut(afterBytes count: Int) {
        guard count > 0 else { return self.cut() }
        self.bytesUntilCut = min(self.bytesUntilCut ?? .max, count)
    }

    func cut() {
        self.isCut = true
    }
}
