/// Decides when files that were changed are read for good.
///
/// A certificate and its key are two files, and whoever renews them writes one after the other: a change counts when
/// it has been there for two looks.
package struct CertificateWatch<Contents: Equatable> {
    /// What was last tried, whether or not it could be used: a fault is told once.
    private var tried: Contents
    private var changed: Contents?

    package init(used: Contents) {
        self.tried = used
    }

    /// - Returns: whether to use what was seen.
    package mutating func look(_ seen: Contents) -> Bool {
        guard seen != self.tried else {
            self.changed = nil
            return false
        }
        guard seen == self.changed else {
            self.changed = seen
            return false
        }
        self.didTry(seen)
        return true
    }

    /// It was tried for another reason.
    package mutating func didTry(_ contents: Contents) {
        self.tried = contents
        self.changed = nil
    }
}
