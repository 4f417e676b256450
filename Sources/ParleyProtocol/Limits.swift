/// Every bound of the system, with the unit in the name and the rule at the bound in the comment.
public struct Limits: Hashable, Sendable {
    // MARK: Frames
    /// A longer message closes its connection (1009).
    public var frameBytesMax = 65_536
    /// A deeper JSON value is rejected: `malformed`.
    public var depthMax = 32
    /// So many frames that cannot be read close their connection (4500).
    public var faultsPerConnectionMax = 32
    /// What follows such a frame is read so much later, and as much again for each 8 KiB of it.
    public var faultPauseMilliseconds = 100
    // MARK: Connections
    /// One more is answered with HTTP 503.
    public var connectionsMax = 18_000
    /// Connections that are plain HTTP; one more is closed without an answer.
    public var plainConnectionsMax = 1_024
    /// Connections that have not said yet what they want; one more is closed without an answer.
    public var waitingUpgradesMax = 16_384
    /// The upgrade request and its headers; more is answered with HTTP 431.
    public var upgradeRequestBytesMax = 16_384
    /// From accept to the end of the upgrade request, and then at most as long again to the end of another one with its
    /// body; a slower one is closed.
    public var upgradeMilliseconds = 10_000
    /// From a request of plain HTTP to the end of its answer, and from there to the end of the next request; a slower
    /// connection is closed.
    public var plainAnswerMilliseconds = 60_000
    /// Requests of plain HTTP that begin, of all connections together, and the most that can be saved up; one too many
    /// waits for its turn.
    public var plainRequestsPerSecond = 1_000
    public var plainRequestBurst = 100
    /// What one connection may have sent before its request has its turn; one more closes it. Browsers do not do that.
    public var plainRequestsHeldMax = 64
    /// So much of plain HTTP is read of one connection at a time.
    public var plainReadBytesMax = 2_048
    /// From the upgrade to `hello`; a slower one is closed (4407).
    public var helloMilliseconds = 10_000
    /// While more than this waits for a connection, it gets no room frames, no signals and no pulses: they stay where
    /// they are (the first two), or are gone (the last).
    public var outputWatermarkBytes = 65_536
    /// Waiting bytes of one connection; more closes it (4408). Room for what does not ask whether there is room: one
    /// snapshot of a full room, one mailbox, and the answers to what the client itself has asked.
    public var outputBytesMax: Int {
        self.outputWatermarkBytes + (1_024 + 2 * self.attributeBytesPerParticipantMax) * self.peopleShownMax
            + 2 * self.attributeBytesPerRoomMax + self.mailboxBytesMax + 262_144
    }
    /// In one snapshot: the stage, those whom people on it may have become since, and hands.
    private var peopleShownMax: Int {
        min(self.participantsPerRoomMax, 2 * (self.stageMax + self.stageReserve) + self.audienceHandsMax)
    }
    /// Output of which not a byte leaves for so long closes its connection (4408).
    public var writeStallMilliseconds = 10_000
    /// Whoever falls behind what is kept of a room (``replayEntriesMax``) gets a snapshot; a second time within this
    /// time is closed (4408).
    public var patienceMilliseconds = 30_000
    /// Pings and pongs of a client within a second; one more closes its connection (1008).
    public var controlFramesPerSecondMax = 100
    /// Empty fragments of one message; one more closes its connection (1008).
    public var emptyFragmentsMax = 64
    /// After so much silence the server pings and beats.
    public var silenceMilliseconds = 2_000
    /// After so much silence the connection counts as dark and is closed (4409).
    public var darkMilliseconds = 4_500
    /// After the hint that the network has changed, a connection that is silent for so long is closed (4409).
    public var networkChangedMilliseconds = 1_000
    /// Such hints, and the most that can be saved up: each is told to many. One too many is rejected: `rate-limited`.
    public var networkChangesPerSecond = 1
    public var networkChangeBurst = 4
    // MARK: Bodies
    /// Of what is asked over HTTP: rooms that operators make, revocations, tickets. A longer one is answered with HTTP
    /// 413.
    public var roomBodyBytesMax = 16_384
    public var revocationBodyBytesMax = 4_096
    public var ticketBodyBytesMax = 1_024
    /// Revocations on one page; who asks for more gets so many.
    public var revocationsPageMax = 1_000
    // MARK: Addresses. An IPv6 network of 64 bits counts as one address.
    /// WebSockets of one address; one more is answered with HTTP 429 (`too-many-connections`).
    public var connectionsPerAddressMax = 1_000
    /// Sockets of one address that are no WebSockets, or not yet, besides those; one more is closed without an answer,
    /// before it can begin TLS.
    public var plainConnectionsPerAddressMax = 256
    /// WebSockets that one address may open, and the most that can be saved up; one too many is answered with HTTP 429
    /// (`rate-limited`).
    public var upgradesPerAddressPerSecond = 50
    public var upgradesPerAddressBurst = 1_000
    /// The same for all addresses together; one too many is answered with HTTP 503 (`busy`).
    public var upgradesPerSecond = 1_000
    public var upgradeBurst = 5_000
    /// Of both, so much of what can be saved up is kept for those who say that they come back.
    public var upgradesKeptPercent = 25
    /// Failures of one address to show who it is (for PINs it is counted apart) without a pause; after each further one
    /// the pause doubles, up to the longest. Meanwhile it is answered with HTTP 429, or rejected: `rate-limited`.
    public var failuresFree = 20
    public var failurePauseMilliseconds = 1_000
    public var failurePauseMillisecondsMax = 60_000
    /// So many lock the address, for so long.
    public var failuresMax = 32
    public var lockMilliseconds = 300_000
    /// One failure is forgotten in this time.
    public var failureForgottenMilliseconds = 15_000
    /// For so long after the start nobody is blamed for a resume secret that nobody knows: the store may have lost
    /// the key.
    public var secretsForgivenMilliseconds = 600_000
    /// Addresses whose upgrades, and whose failures, are remembered: at least the newest half of them.
    public var addressesMax = 32_768
    // MARK: The meter
    /// Of addresses, identities, sessions and rooms, so many each of which the meter knows what they cost; of more,
    /// those that cost the least are forgotten.
    public var meterEntriesMax = 256
    /// What was counted is worth half after so long.
    public var meterHalfLifeMilliseconds = 300_000
    // MARK: Names
    /// A longer name is rejected: `invalid-name`.
    public var nameBytesMax = 128
    /// A longer alias is rejected: `invalid-alias`.
    public var aliasBytesMax = 64
    /// A longer kind is rejected: `invalid-kind`.
    public var pulseKindBytesMax = 32
    /// Client name and version are cut there; they are for statistics only.
    public var clientNameBytesMax = 64
    // MARK: Rooms
    /// One more join is rejected: `too-many-rooms`.
    public var roomsPerSessionMax = 16
    /// Rooms that one identity has made on this node and that are still there; one more is rejected: `too-many-rooms`.
    public var roomsMadePerIdentityMax = 64
    /// One more join is rejected: `server-full`.
    public var roomsMax = 100_000
    /// One more join is rejected: `room-full`.
    public var participantsPerRoomMax = 100
    /// Who is announced one by one where a room does not say how many; who comes later is counted.
    public var stageUsual = 50
    /// The most that a room can say.
    public var stageMax = 1_000
    /// Places beyond that for those who are expected: hosts, speakers, their other devices; one more of them is
    /// rejected: `room-full`.
    public var stageReserve = 100
    /// Raised hands of those who are counted; one more is rejected: `too-many`.
    public var audienceHandsMax = 64
    /// The most of the audience that one answer lists, and how many where the question does not say.
    public var rosterPageMax = 100
    public var rosterPageUsual = 50
    /// Such questions at once, then one a second; one more is rejected: `rate-limited`.
    public var rosterBurst = 10
    /// Pulses of a room's whole audience that the stage is told in a second; what is more is not told.
    public var audiencePulsesPerSecond = 50
    /// Commands of everybody in one room, and the most that can be saved up; one too many is rejected: `busy`. Whoever
    /// comes and goes is not counted.
    public var commandsPerRoomPerSecond = 1_000
    public var commandsPerRoomBurst = 5_000
    /// Waiting commands of one room; more are rejected: `busy`.
    public var pendingCommandsPerRoomMax = 4_096
    /// One log entry never holds more commands or bytes than this.
    public var commandsPerEntryMax = 256
    public var entryBytesMax = 65_536
    /// How many refused commands per participant are remembered with their codes.
    public var rememberedRejectionsMax = 16
    // MARK: Settings of a room. What is beyond is rejected: `invalid-settings`.
    /// What the room is about.
    public var topicBytesMax = 200
    /// A PIN; it has at least 4.
    public var pinBytesMax = 32
    /// Estimated and maximum duration: 30 days. The least is a second.
    public var meetingMillisecondsMax = 2_592_000_000
    /// How long a room may be kept without people: a day.
    public var emptyMillisecondsMax = 86_400_000
    /// Nothing is planned beyond the year 2100.
    public var instantMillisecondsMax: Int64 = 4_102_444_800_000
    /// And not more than a year ahead.
    public var startsAheadMillisecondsMax = 31_622_400_000
    /// Codecs that a room asks for.
    public var codecsPerRuleMax = 16
    /// Identities whose role is another than the usual one, present or not; one more `set-role` is rejected:
    /// `too-many`.
    public var rolesGivenMax = 1_024
    /// People whom a `mute-all` leaves out; more are rejected: `too-many`.
    public var exceptionsMax = 128
    // MARK: Floors and consents
    /// Floors that differ from what every room has at first; one more is rejected: `too-many`.
    public var floorsPerRoomMax = 32
    /// A longer name, a larger capacity, a lease outside these bounds is rejected: `invalid-member`.
    public var floorNameBytesMax = 32
    public var floorCapacityMax = 64
    public var floorLeaseMillisecondsMin = 1_000
    public var floorLeaseMillisecondsMax = 3_600_000
    /// Who waits for one floor; one more is rejected: `floor-busy`.
    public var floorQueueMax = 64
    /// Questions open in one room; one more is rejected: `too-many`.
    public var consentsOpenMax = 16
    /// Of those, asked by one participant; one more is rejected: `too-many`.
    public var consentsPerAskerMax = 4
    /// People asked by one question; a question to more is rejected: `too-many`.
    public var consentAskedMax = 256
    /// A longer kind or question, a deadline outside these bounds is rejected: `invalid-member`.
    public var consentKindBytesMax = 32
    public var consentQuestionBytesMax = 500
    public var consentMillisecondsMin = 1_000
    public var consentMillisecondsMax = 120_000
    /// Where the question names no deadline.
    public var consentMillisecondsDefault = 60_000
    /// Identities whose answer to one recording is kept; one more is rejected: `too-many`.
    public var recordingAnswersMax = 1_024
    // MARK: The door of a room
    /// People who wait; one more join is rejected: `room-full`.
    public var waitingMax = 200
    /// One more is rejected: `too-many`.
    public var bansMax = 256
    public var invitationsMax = 64
    /// Identities that may come in by one invitation.
    public var invitationUsesMax = 100
    /// People who are remembered to have been in, or to have been denied; the longest remembered is forgotten.
    public var knownIdentitiesMax = 512
    /// Whoever was denied is rejected so long: `denied`.
    public var deniedMilliseconds = 60_000
    /// A ban for a time: 30 days; for good is possible, too.
    public var banMillisecondsMax = 2_592_000_000
    /// A longer one is rejected: `too-long`.
    public var noticeBytesMax = 500
    /// Wrong PINs of one identity without a pause; after each further one the pause doubles, up to a minute. Meanwhile
    /// its joins are rejected: `rate-limited`.
    public var wrongPINsFree = 3
    public var wrongPINPauseMilliseconds = 2_000
    public var wrongPINPauseMillisecondsMax = 60_000
    /// Wrong PINs of everybody together, per room and minute: whoever guesses may have many identities.
    public var wrongPINsPerMinute = 30
    /// Identities whose wrong PINs are counted per room; the longest quiet one is forgotten.
    public var guessersMax = 1_024
    // MARK: Queues
    /// People who wait in a queue; one more join is rejected: `room-full`. A queue may have less: `waitingMax`.
    public var queueWaitingMax = 1_000
    /// Put together by one match.
    public var queueMatchMax = 16
    /// Of one customer or agent; more, or a longer one, is rejected: `invalid-member`.
    public var queueSkillsMax = 16
    public var skillBytesMax = 32
    /// A longer key, a greater priority is rejected: `invalid-member`.
    public var queueKeyBytesMax = 64
    public var queuePriorityMax = 9
    /// How long an agent may be asked, and how long a code may be good: 5 s to these. Else: `invalid-settings`.
    public var offerMillisecondsMax = 180_000
    public var codeMillisecondsMax = 3_600_000
    /// So long whoever was taken has to come to the room, if the queue does not say otherwise; then they have left the
    /// queue: `expired`.
    public var takenMilliseconds = 45_000
    /// What a queue may say of that: 5 s to this. Else: `invalid-settings`.
    public var arriveMillisecondsMax = 180_000
    /// A call to which the other has not come is over so long later: `no-answer`.
    public var unmetMilliseconds = 5_000
    /// Takings and offers of one entry of a log; the others follow with the next one.
    public var queueStepsMax = 16
    // MARK: Sessions that survive their connection
    /// How long somebody whose connection is lost keeps the place in a room; then they have left.
    public var graceMilliseconds = 30_000
    /// Who is back within this time was never away: others hear nothing.
    public var debounceMilliseconds = 1_000
    /// A session that is seen at another node may take so much longer to be in all of its rooms there: only then those
    /// where it is not yet hear that it is away.
    public var moveMilliseconds = 3_000
    /// Sessions kept without a connection; one more ends the one that has been without it longest.
    public var sessionsMax = 18_000
    /// How long a resume secret is good on a node that does not hold its session; then it names nobody.
    public var resumeSecretMilliseconds = 86_400_000
    /// Frames and bytes of one room kept for those who come back; who missed more gets a snapshot.
    public var replayEntriesMax = 512
    public var replayBytesMax = 1_048_576
    // MARK: Agreement
    /// So often a room tells its state hash and round trips that have changed; every third time all of them.
    public var roomBeatMilliseconds = 5_000
    /// Round trips in one beat; in a larger room those who are told take turns.
    public var roundTripsPerBeatMax = 128
    /// A connection on which something is always said is pinged so often, to know its round trip.
    public var busyPingMilliseconds = 10_000
    /// Snapshots that a participant may ask for at once, then one a second; one more is rejected: `rate-limited`.
    public var resyncBurst = 8
    // MARK: Signals and pulses
    /// Per recipient; further signals are rejected: `mailbox-full`.
    public var unacknowledgedSignalsMax = 256
    public var mailboxBytesMax = 524_288
    /// Pairs of one session; a signal to one more peer is rejected: `too-many-peers`.
    public var peersPerSessionMax = 1_024
    /// Tokens per second and the most that can be saved up; a frame too many is rejected: `rate-limited`.
    public var messagesPerSecond = 500
    public var messageBurst = 2_000
    /// The same for bytes: so many for each message that may be said, and at least four of the longest at once; what is
    /// beyond is rejected: `rate-limited` (a pulse is dropped). Counted for a session, over all its connections, as are
    /// messages and pulses.
    public var bytesPerMessage = 2_048
    public var bytesPerSecond: Int { self.messagesPerSecond * self.bytesPerMessage }
    public var byteBurst: Int { max(self.messageBurst * self.bytesPerMessage, 4 * self.frameBytesMax) }
    /// Of a session's messages, so many hundredths may go to one peer; a signal too many is rejected: `rate-limited`.
    public var signalsPerPairPercent = 50
    public var signalsPerPairPerSecond: Int { max(1, self.messagesPerSecond * self.signalsPerPairPercent / 100) }
    public var signalsPerPairBurst: Int { max(1, self.messageBurst * self.signalsPerPairPercent / 100) }
    /// Frames of a session that may be refused for being too many, per second and at once; one more ends it (4502).
    public var overrunsPerSecond = 20
    public var overrunBurst = 5_000
    /// How fast one connection is read, and how much of that can be saved up: a message, ping or pong is a unit, and so
    /// are ``bytesPerMessage`` bytes. There are units for all that may be said, so that nobody who signals within the
    /// other bounds waits for this one; what is more is read later.
    public var readUnitsPerSecond: Int {
        self.messagesPerSecond + self.bytesPerSecond / self.bytesPerMessage + self.pulsesPerSecond
            + self.controlFramesPerSecondMax
    }
    public var readUnitsBurst: Int {
        self.messageBurst + self.byteBurst / self.bytesPerMessage + self.pulseBurst + self.controlFramesPerSecondMax
    }
    /// Messages, pings and pongs of one connection that are handled before others have their turn: the most, and what
    /// remains of it when the units of the connection are nearly used up.
    public var messagesPerTurnMax = 64
    public var messagesPerTurnMin = 4
    /// Of a message that has to be understood, and not only passed on, each byte beyond the first so many counts as so
    /// many more of them.
    public var decodedBytesUsual = 1_024
    public var decodedByteWeight = 32
    /// A pulse too many is dropped.
    public var pulsesPerSecond = 50
    public var pulseBurst = 100
    // MARK: Chat
    /// A longer text is rejected: `too-long`.
    public var chatTextBytesMax = 4_096
    /// A sender's own name for a message; a longer one is rejected: `invalid-member`.
    public var chatNameBytesMax = 64
    /// What is kept of a room's chat; what is older goes.
    public var chatMessagesMax = 1_000
    public var chatBytesMax = 1_048_576
    /// Messages of one room that are not in its log yet, and questions for history that wait for it; one more is
    /// rejected: `busy`.
    public var chatPendingMax = 256
    /// Of one participant, and the most that can be saved up; one too many is rejected: `rate-limited`.
    public var chatMessagesPerSecond = 5
    public var chatMessageBurst = 20
    public var chatHistoriesPerSecond = 2
    public var chatHistoryBurst = 20
    /// One answer with history holds no more; who wants more asks again.
    public var chatPageMax = 100
    public var chatPageBytesMax = 131_072
    /// A chat in which nobody has written for so long goes, if nobody could take it away when its room ended.
    public var chatMilliseconds = 604_800_000
    // MARK: Breakout rooms
    /// Of one room at once, and people in one command; more are rejected: `too-many`.
    public var breakoutsMax = 50
    public var breakoutPeopleMax = 1_000
    /// How long they may be open; longer is rejected: `invalid-member`.
    public var breakoutMillisecondsMax = 86_400_000
    /// Who is in a breakout room and should not be any more, and does not go, is taken out after so long.
    public var strayMilliseconds = 10_000
    /// A ticket to another room is good for so long.
    public var ticketMilliseconds = 600_000
    // MARK: Calls
    /// People who are rung at once; more are rejected: `too-many`.
    public var ringPeopleMax = 32
    /// What rings in one room at once; one more is rejected: `too-many`.
    public var ringsPerRoomMax = 8
    /// How long it may ring, and how long where nothing is said; other durations are rejected: `invalid-member`.
    public var ringMillisecondsMin = 5_000
    public var ringMillisecondsMax = 180_000
    public var ringMillisecondsUsual = 45_000
    /// An early offer, and the answer to one, as JSON text; a longer one is rejected: `too-long`.
    public var offerBytesMax = 16_384
    /// What an app adds to a ring, as JSON text; more is rejected: `too-long`.
    public var callDataBytesMax = 1_024
    /// What an app calls a person; a longer name is rejected: `invalid-member`.
    public var userBytesMax = 128
    /// Transfers of one call; one more is rejected: `too-many`.
    public var callTransfersMax = 8
    /// Who comes over from another call is waited for so long.
    public var awaitedMilliseconds = 15_000
    // MARK: Lines
    /// Devices of one person that are online at once; one more join is rejected: `room-full`.
    public var lineDevicesMax = 16
    /// A line without devices is kept so long, with what was missed.
    public var lineMilliseconds = 604_800_000
    /// A line on which nobody is leaves a server's memory after so long; the engine keeps it.
    public var lineIdleMilliseconds = 30_000
    /// Lines in the engine to whose end one server sees; of one more it is seen to when somebody asks for it.
    public var linesAsleepMax = 100_000
    /// Calls that come in on one line at once; one more finds it busy.
    public var incomingMax = 8
    /// A call that has rung out stays so much longer, for the last word of whoever called.
    public var incomingSlackMilliseconds = 2_000
    /// Calls of which it is remembered that they have rung, for as long as they could ring again; one more finds the
    /// line busy.
    public var settledMax = 64
    /// Missed calls that are kept; the oldest gives way.
    public var missedMax = 50
    /// People who are blocked; one more is rejected: `too-many`.
    public var blockedMax = 200
    /// A longer note beside the availability, or a longer word to whoever called, is rejected: `too-long`.
    public var statusNoteBytesMax = 200
    public var declineMessageBytesMax = 200
    /// People of whom one connection is told how they are; more are rejected: `too-many`.
    public var watchedMax = 200
    /// People whom all connections of one node watch; of one more nothing is known there: `null`.
    public var watchedPerNodeMax = 50_000
    /// Times that one connection may say whom it watches, at once, and then one a second; one more is rejected:
    /// `rate-limited`.
    public var watchBurst = 10
    /// What has changed within this time is told together.
    public var presenceMilliseconds = 250
    /// Rings of one identity on one node, at once, and then one in so long; one more is rejected: `rate-limited`.
    public var ringBurst = 20
    public var ringPauseMilliseconds = 3_000
    /// Identities whose rings are counted: at least the newest half of them.
    public var ringersMax = 32_768
    /// Whoever is rung and cannot be reached, for whatever reason, is said to be that after so long; with a wake-up
    /// service, after so much more than it may take.
    public var unreachableMilliseconds = 500
    /// What the wake-up service is being told, and what waits for that; one more is not said.
    public var wakesConcurrentMax = 64
    public var wakesWaitingMax = 4_096
    /// People whom a token says its holder may know of; more are refused: `invalid-token`.
    public var contactsPerGrantMax = 256
    /// A longer name of an organisation is refused: `invalid-token`.
    public var organisationBytesMax = 128
    // MARK: Attributes
    /// A longer key is rejected: `invalid-member`.
    public var attributeKeyBytesMax = 64
    /// A value, as JSON text; a longer one is rejected: `too-long`.
    public var attributeValueBytesMax = 1_024
    /// Of one room and of one person: how many, and how many bytes keys and values take together. One too many is
    /// rejected: `too-many`.
    public var attributesPerRoomMax = 128
    public var attributeBytesPerRoomMax = 65_536
    public var attributesPerParticipantMax = 16
    public var attributeBytesPerParticipantMax = 2_048
    /// Those that a token brings; more bytes, or more than a person may have, are refused: `invalid-token`.
    public var attributeBytesPerGrantMax = 1_024
    // MARK: Media policy
    /// What a device lists per kind and direction; a longer list is rejected: `invalid-member`. Browsers list 10 to 25.
    public var codecsPerDirectionMax = 32
    /// A codec's name, or the word for its profile; a longer one is rejected: `invalid-member`.
    public var codecNameBytesMax = 32
    /// The parameters of one codec; longer ones are rejected: `invalid-member`.
    public var formatParametersBytesMax = 256
    /// Lines of a picture, and pictures a second, that a device may name; more is rejected: `invalid-member`.
    public var pictureLinesMax = 16_384
    public var framesPerSecondMax = 1_000
    /// Distinct kinds of devices in one room; a device of one more kind counts as one that has said nothing.
    public var deviceProfilesPerRoomMax = 64
    /// Codecs, each profile for itself, of which a room's policy is made: if its devices know more, those that the most
    /// kinds of device have.
    public var policyFormatsMax = 64
    /// Who is told to be in the way of a better policy; those who came later are not named.
    public var policyBlockersMax = 8
    // MARK: Tokens
    /// Domains whose people a room lets in by itself; more are rejected: `invalid-settings`.
    public var autoAdmitDomainsMax = 16
    /// A longer token is refused: `invalid-token`.
    public var tokenBytesMax = 8_192
    /// Rooms that one token names; more are refused: `invalid-token`.
    public var roomsPerGrantMax = 64
    /// How long a token may let a session last beyond its own end; more is refused: `invalid-token`.
    public var sessionSecondsMax: Int64 = 604_800
    /// By how much clocks of issuers may differ from this one.
    public var tokenLeewayMilliseconds = 30_000
    /// So long before the end of its token a client is told (`token-expiring`).
    public var tokenWarningMilliseconds = 60_000
    /// So long after the end of its token a session that was not renewed ends (4511).
    public var tokenGraceMilliseconds = 30_000
    /// Tokens that one connection may show; one more is rejected: `rate-limited`.
    public var authenticationsPerSecond = 1
    public var authenticationBurst = 5
    /// Who may issue tokens, and the keys of each; more are refused at the start, or ignored in a fetched set.
    public var tokenIssuersMax = 16
    public var keysPerIssuerMax = 32
    /// A key set that is longer, or takes longer to come, is none.
    public var keySetBytesMax = 262_144
    public var keySetMilliseconds = 3_000
    /// A ticket for the address of a WebSocket is good for so long, and once.
    public var connectTicketMilliseconds = 30_000
    /// Those that were made within that time: of one person, or of one token that names nobody, and in all. One more is
    /// refused (429 `rate-limited`, 503 `busy`), and it is said for how long.
    public var connectTicketsPerTokenMax = 64
    public var connectTicketsMax = 20_000
    /// How long a revocation is remembered where it does not say so itself. Tokens that live longer need one that does.
    public var revocationMilliseconds = 2_592_000_000
    /// Remembered at once; one more is refused (409 `too-many`). Those whose time is over go by themselves.
    public var revocationsMax = 10_000
    /// That wait for the log; one more is refused (503 `engine-unavailable`).
    public var revocationsPendingMax = 256
    /// A longer name of a token or a person, issuer or reason is refused (400 `malformed`).
    public var revocationTextBytesMax = 512
    /// An authorization service that has not answered after so long has not answered.
    public var webhookMilliseconds = 3_000
    /// Questions to it that are under way, and those that wait for one of them; one more is refused:
    /// `authorization-unavailable`, with the time after which to come again.
    public var webhookConcurrentMax = 64
    public var webhookWaitingMax = 1_024
    /// A longer answer of it is none.
    public var webhookAnswerBytesMax = 65_536
    /// A room that is not there, or that one may not know of, is answered so long after it was asked for.
    public var unknownRoomMilliseconds = 50
    // MARK: Relays
    /// Leases that are renewed in one go, four times a second; more wait for the next one.
    public var leasesPerSweep = 500
    /// A vendor's answer that is longer, or a vendor that takes longer for all that it is asked, is none.
    public var vendorAnswerBytesMax = 65_536
    public var vendorMilliseconds = 2_000
    // MARK: Proxies
    /// Ranges of addresses whose word is believed; a setting with more is refused.
    public var proxyRangesMax = 64
    /// Proxies that have passed a request on, one to the next; one more is refused: `forwarded-invalid`.
    public var proxyHopsMax = 32
    /// A longer header of the PROXY protocol ends its connection.
    public var proxyHeaderBytesMax = 2_048
    // MARK: Pages
    /// Origins that may connect besides the server's own; a setting with more is refused.
    public var allowedOriginsMax = 64
    // MARK: Certificates
    /// So often the files of the certificate are looked at. A change that is there for two looks is used.
    public var certificateCheckMilliseconds = 2_000
    /// A longer file is refused, and the certificate before it stays.
    public var certificateFileBytesMax = 1_048_576
    // MARK: Sealing
    /// A longer assertion of an identity is rejected: `invalid-member`. Everybody in the room is shown it.
    public var assertionBytesMax = 2_048
    // MARK: Audit
    /// Entries that wait to be written to the audit log. What comes beyond is counted, and a line says how many are
    /// missing.
    public var auditEntriesMax = 16_384
    /// Refused authentications that are written one by one; those beyond are counted in one line a second, so that
    /// strangers do not push out what matters.
    public var auditRefusalsPerSecond = 10
    public var auditRefusalBurst = 100
    /// A longer name of a token or an issuer is cut in the audit log.
    public var auditTextBytesMax = 128
    // MARK: Redis
    /// One answer of a Redis, with all that is in it: more bytes, more elements, deeper ones or a longer line end the
    /// connection to it.
    public var redisAnswerBytesMax = 67_108_864
    public var redisElementsMax = 1_048_576
    public var redisDepthMax = 8
    public var redisLineBytesMax = 65_536
    /// Commands of one connection to a Redis that wait for their answers, and bytes of those that wait to be written;
    /// one more fails: `unavailable`.
    public var redisRequestsMax = 65_536
    public var redisOutputBytesMax = 67_108_864
    /// Channels that are listened to; one more fails: `unavailable`.
    public var redisChannelsMax = 262_144
    /// From a connection's beginning to its first answers; a slower one is given up.
    public var redisConnectMilliseconds = 3_000
    /// A command whose answer has not come after so long has an unknown outcome: `ambiguous`.
    public var redisAnswerMilliseconds = 2_000
    /// After so much silence a Redis is asked whether it is there.
    public var redisPingMilliseconds = 1_000
    /// A Redis that owes an answer and says nothing for so long has its connection ended.
    public var redisSilenceMilliseconds = 5_000
    /// The pause before a lost connection is tried again: a random part of so much, which doubles up to the longest.
    public var redisReconnectMilliseconds = 100
    public var redisReconnectMillisecondsMax = 2_000
    /// A Redis that cannot be reached when the server starts is tried for so long; then the server says why and ends.
    public var redisStartMilliseconds = 10_000
    /// How often Sentinels are asked who is the master, and servers of a cluster, while it is not whole, who has what.
    public var redisTopologyMilliseconds = 500
    /// Times that one command is sent on to another server of a cluster; one more fails: `unavailable`.
    public var redisRedirectsMax = 8
    /// Hosts that the address of a Redis may name; with more it is refused.
    public var redisHostsMax = 64
    /// What stands in front of the names of all keys; a longer `--engine-prefix` is refused.
    public var redisPrefixBytesMax = 64
    /// Codes of refusals that are counted each by itself; the counts of others are one, `other`.
    public var redisRefusalCodesMax = 64
    /// What is wrong with a Redis, and why it refuses, is said in the log once; again after so long, if it lasts.
    public var redisSaidAgainMilliseconds = 10_000
    /// Names of logs that are asked for at once when logs are listed; of more, the next ones are asked for then.
    public var redisListedMax = 500
    /// Logs that begin while their index is out of reach, and that it is told of later. What is beyond is found by its
    /// name, and not in lists.
    public var redisUnlistedMax = 10_000
    /// Logs that have ended by themselves and are forgotten when another such log begins; the others at the next one.
    public var redisForgottenMax = 8
    /// Signals, or acknowledgements, of one mailbox that are one call; of more, the next ones are another call.
    public var redisMailCallMax = 256
    /// A mailbox that nobody has written to for so long ends by itself. A safety net: it is dropped when its recipient
    /// leaves.
    public var redisMailboxMilliseconds = 86_400_000
    // MARK: An engine that is away
    /// An engine that answers nothing for so long is away: joins and commands are refused until it answers again.
    public var engineSilenceMilliseconds = 3_000
    /// A node that stood still for so long, while there are others, closes its connections (4403) and begins anew.
    public var pauseMilliseconds = 3_000
    // MARK: The engine
    /// Of what an engine with a file has not written yet. More, and whatever it is asked is refused as if it were away,
    /// until some of it is written.
    public var engineUnwrittenBytesMax = 67_108_864
    /// Entries that an engine names to whoever has not known them and appends; the others are read.
    public var conflictEntriesMax = 32
    /// A node that has said nothing for so long is forgotten. Whoever needs to know that one is dead decides so much
    /// earlier, by its age.
    public var forgottenNodeMilliseconds = 60_000
    // MARK: Stopping
    /// From the beginning of a drain to its hard end, at which whoever is still connected is closed (4400).
    public var drainMilliseconds = 45_000
    /// How long a stopping server waits for its connections to say goodbye.
    public var stopMilliseconds = 5_000

    public init() {}
}
