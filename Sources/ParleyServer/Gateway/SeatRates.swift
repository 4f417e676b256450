import ParleyProtocol
import ParleyRooms

/// What one participant may ask for now and then. Most never do.
final class SeatRates {
    /// Each costs a snapshot.
    var resyncs: RateLimit
    var chatMessages: RateLimit
    var chatHistories: RateLimit
    /// Questions for the audience.
    var rosters: RateLimit

    init(limits: Limits) {
        self.resyncs = RateLimit(perSecond: 1, burst: limits.resyncBurst, now: 0)
        self.chatMessages = RateLimit(
            perSecond: limits.chatMessagesPerSecond,
            burst: limits.chatMessageBurst,
            now: 0
        )
        self.chatHistories = RateLimit(
            perSecond: limits.chatHistoriesPerSecond,
            burst: limits.chatHistoryBurst,
            now: 0
        )
        self.rosters = RateLimit(perSecond: 1, burst: limits.rosterBurst, now: 0)
    }
}
