import ParleyProtocol

/// The clients of a load that are in one room; all on one loop, so that who should hear what is known at once.
final class LoadRoom {
    let reference: RoomReference
    var peers: [LoadPeer] = []
    private let frames = LoadLane.Frames()

    init(_ alias: RoomAlias) { self.reference = .alias(alias) }

    func add(_ peer: LoadPeer) {
        peer.room = self.reference
        peer.frames = self.frames
        self.peers.append(peer)
    }

    private var followed: [FollowedRoom] { self.peers.compactMap { $0.client.room } }

    private var present: Set<ParticipantID> { Set(self.peers.compactMap { $0.participant }) }

    /// Everybody holds the same, and knows of everybody.
    var isSettled: Bool {
        let followed = self.followed
        return RoomAgreement.isReached(followed, present: followed.count)
    }

    func settle(_ verdict: inout Verdict) {
        for peer in self.peers { _ = peer.client.settle(&verdict) }
    }

    func judge(_ verdict: inout Verdict) {
        RoomAgreement.judge(self.followed, present: self.present, &verdict)
    }
}
