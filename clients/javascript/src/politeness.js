/**
 * Who yields when both offer at once, and who makes the first offer (PROTOCOL.md, section 6). Both sides
 * compute it from the same state, so they agree without a message.
 * @param {{joined: number, rollback: boolean}} self
 * @param {{joined: number, rollback: boolean}} other
 * @returns {{polite: boolean, offers: boolean}}
 */
export function politeness(self, other) {
    const isLater = self.joined > other.joined
    // Who cannot take back an offer can never yield.
    const polite = self.rollback === other.rollback ? isLater : self.rollback
    return { polite, offers: isLater }
}
