package import ParleyProtocol

/// In the end everybody who sees a room the same way must hold the same of it, and in the list must be those who are
/// there.
package enum RoomAgreement {
    /// - Parameters:
    ///   - rooms: what each of the load's clients in the room holds.
    ///   - present: who is there, as the load knows by itself.
    package static func judge(
        _ rooms: [FollowedRoom],
        present: Set<ParticipantID>,
        _ verdict: inout Verdict
    ) {
        var views: [String: [FollowedRoom]] = [:]
        for room in rooms { views[room.view ?? "", default: []].append(room) }
        for (_, members) in views.sorted(by: { $0.key < $1.key }) {
            guard let usual = Self.usual(members) else { continue }
            // One that is broken was counted then.
            verdict.differing += UInt64(
                members.count {
                    !$0.isBroken && ($0.position != usual.position || $0.stand.hash != usual.stand.hash)
                }
            )
            var seen: Set<StateHash> = []
            for member in members where seen.insert(member.stand.hash).inserted {
                self.judgeList(of: member, present, &verdict)
            }
        }
    }

    /// Whether they hold the same, and know of everybody: nothing is on its way any more.
    package static func isReached(_ rooms: [FollowedRoom], present: Int) -> Bool {
        var views: [String: FollowedRoom] = [:]
        for room in rooms {
            guard let first = views[room.view ?? ""] else {
                let listed = room.stand.state["people"]?.object?.count ?? 0
                if listed + room.audienceCount < present { return false }
                views[room.view ?? ""] = room
                continue
            }
            if first.position != room.position { return false }
        }
        return true
    }

    /// What most of them hold.
    private static func usual(_ members: [FollowedRoom]) -> FollowedRoom? {
        var counts: [StateHash: Int] = [:]
        for member in members { counts[member.stand.hash, default: 0] += 1 }
        return members.max { left, right in
            (counts[left.stand.hash] ?? 0, left.position.sequence)
                < (counts[right.stand.hash] ?? 0, right.position.sequence)
        }
    }

    private static func judgeList(
        of member: FollowedRoom,
        _ present: Set<ParticipantID>,
        _ verdict: inout Verdict
    ) {
        let people = member.people
        verdict.ghosts += UInt64(people.count { !present.contains($0) })
        let known = people.count { present.contains($0) } + member.audienceCount
        if known < present.count {
            verdict.absent += UInt64(present.count - known)
        } else if known > present.count {
            verdict.ghosts += UInt64(known - present.count)
        }
    }
}
