/// Whether nothing is recorded unless everybody agrees, or people are told, and what they say is written down.
public typealias RecordingRule = RoomRules.RecordingConsent

/// What is asked of the recording.
public enum RecordingAction: Hashable, Sendable {
    /// - Parameter deadlineMilliseconds: how long the others have in order to answer.
    case start(deadlineMilliseconds: Int)
    case stop
    /// Whether the own voice and picture may be in it; may be said again, and differently.
    case answer(Bool)

    static let types = ["start-recording", "stop-recording", "answer-recording"]

    init?(_ type: String, _ reader: MemberReader, _ limits: Limits) throws(Rejection) {
        switch type {
        case "start-recording":
            self = .start(deadlineMilliseconds: try reader.deadline(limits) ?? limits.consentMillisecondsDefault)
        case "stop-recording": self = .stop
        case "answer-recording": self = .answer(try reader.required("answer") { $0.bool })
        default: return nil
        }
    }

    var type: String {
        switch self {
        case .start: "start-recording"
        case .stop: "stop-recording"
        case .answer: "answer-recording"
        }
    }

    var members: JSONObject {
        switch self {
        case .start(let milliseconds): ["deadlineMilliseconds": .integer(Int64(milliseconds))]
        case .stop: [:]
        case .answer(let answer): ["answer": .bool(answer)]
        }
    }
}
