package import ParleyProtocol

/// Of whom people may know: whether they are there, and by ringing them.
public enum PeopleRule: String, CaseIterable, Hashable, Sendable {
    case nobody
    /// Those whom the token names, or the authorization service.
    case contacts
    /// These, and everybody of the same organisation.
    case organisation
    case all
}

extension PeopleRule {
    /// What is known of somebody without a look at their line.
    package enum Judgement: Hashable, Sendable {
        case allowed
        case forbidden
        /// If their organisation is that one.
        case ifOf(organisation: String)
    }

    /// Whether it matters whom a token names.
    package var heedsContacts: Bool {
        switch self {
        case .contacts, .organisation: true
        case .nobody, .all: false
        }
    }

    /// - Parameters:
    ///   - asker: who wants to know.
    ///   - isContact: whether their token names that person.
    ///   - organisation: the asker's.
    package func judge(
        _ asker: IdentityID,
        of person: IdentityID,
        isContact: Bool,
        organisation: String?
    ) -> Judgement {
        if asker == person { return .allowed }
        switch self {
        case .nobody: return .forbidden
        case .all: return .allowed
        case .contacts: return isContact ? .allowed : .forbidden
        case .organisation:
            if isContact { return .allowed }
            return organisation.map { .ifOf(organisation: $0) } ?? .forbidden
        }
    }
}
