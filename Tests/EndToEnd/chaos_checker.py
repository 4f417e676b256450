"""Decides from the records of clients alone whether the promises were kept.

- S1: at the same position everybody in the same view holds the same state, has read the same bytes, and came there
  from the same position; nobody has a gap.
- S2: a command is in the log at most once; what is in it was not refused; what was acknowledged stays.
- S3: whatever somebody saw before a command was said stands before it in the log.
- S4: signals arrive exactly once and in order for each pair; nothing is called delivered that was not.
- L1: `interrupted` and `resumed` take turns, people leave once, and nobody is said to be away who was not.
- Convergence: when the faults have stopped everything comes to rest, everybody agrees, and nobody is left behind.

Where the store itself has lost what it had acknowledged (marked in the records), S2 and S3 do not span that moment.
"""

import collections
import json

# How long after the trouble others may still hear of it.
REASON_SECONDS = 20
CONVERGENCE_SECONDS = 10
# What was acknowledged so shortly before a loss may be lost by it.
LOSS_SECONDS = 3


def load(*paths):
    """All records in the order in which they were made; those of one client stay in their own."""
    records = []
    for path in paths:
        with open(path) as file:
            records += [json.loads(line) for line in file]
    return sorted(records, key=lambda record: record["t"])


def own_join(snapshot):
    return "joined", snapshot["me"], snapshot["me"], 1, None


class Entry:
    """One position of a room, as everybody together has seen it."""

    def __init__(self, record):
        self.at = tuple(record["at"])
        self.seen_at = record["t"]
        # By participant: when they have seen it themselves.
        self.seen_by = {}
        self.events = []
        self.after = set()
        # By view.
        self.hash = {}
        self.text = {}
        # Who is in the room and who of them is away, from a snapshot.
        self.people = None

    @property
    def place(self):
        return self.at[:2]


class Checker:
    def __init__(self, records, grace=15):
        self.records = records
        self.grace = grace
        self.violations = []
        self.counts = collections.Counter()
        self.rooms = collections.defaultdict(dict)
        self.by_kind = collections.defaultdict(list)
        for record in records:
            self.by_kind[record["k"]].append(record)
        self.faults = self.by_kind["fault"]
        self.losses = [fault["t"] for fault in self.faults if fault.get("loss")]
        # By participant: which client, and when it was what.
        self.client_of = {}
        self.left = {}

    def check(self):
        for record in self.by_kind["violation"]:
            self.violate(record["what"], record)
        self._history()
        self._commands()
        self._order()
        self._signals()
        self._people()
        self._memberships()
        self._rest()
        self.counts["faults"] = sum(not fault.get("skipped") for fault in self.faults)
        return self.violations

    def violate(self, what, record=None):
        when = f" (t={record['t']:.3f}, client {record.get('c')})" if record else ""
        self.violations.append(what + when)

    def has_lost(self, since, until):
        """Whether the store has forgotten something in between, or something that was acknowledged just before."""
        return any(since - LOSS_SECONDS <= loss <= until + LOSS_SECONDS for loss in self.losses)

    # MARK: S1

    def _history(self):
        held, answers = {}, []
        for record in self.records:
            kind, client = record["k"], record.get("c")
            if kind == "born":
                held = {key: at for key, at in held.items() if key[0] != client}
            elif kind in ("forgot", "out"):
                held.pop((client, record["room"]), None)
            elif kind in ("events", "snapshot"):
                key = client, record["room"]
                if kind == "events" and held.get(key) != tuple(record["after"]):
                    self.violate(f"S1: a gap: at {held.get(key)} of {key[1]}, then after {record['after']}", record)
                if kind == "snapshot":
                    self._snapshot(record)
                    answers.append(record)
                held[key] = tuple(record["at"])
                self._see(record)
        # The answer to a join that was said again stands where its maker is now, not where the join is in the log.
        known = {event for entries in self.rooms.values() for entry in entries.values() for event in entry.events}
        for record in sorted(answers, key=lambda record: own_join(record) in map(tuple, record["events"])):
            entry, own = self.rooms[record["room"]][tuple(record["at"])], own_join(record)
            if own in known and own not in entry.events:
                record = record | {"events": [event for event in record["events"] if tuple(event) != own]}
            self._see_events(entry, record["room"], record)
            known.update(entry.events)
        for room, entries in self.rooms.items():
            self._forks(room, entries)
        self.counts["entries"] = sum(map(len, self.rooms.values()))

    def _snapshot(self, record):
        self.client_of[record["me"]] = record["c"]
        before = record.get("before")
        if before and before[0] == record["at"][0] and before[1] > record["at"][1] and not record.get("again"):
            if not self.losses:
                self.violate(f"S1: sent back from {before} to {record['at']} of {record['room']}", record)

    def _see(self, record):
        room, at, view = record["room"], tuple(record["at"]), record["view"]
        entry = self.rooms[room].setdefault(at, Entry(record))
        entry.seen_by.setdefault(record["me"], record["t"])
        if entry.hash.setdefault(view, record["hash"]) != record["hash"]:
            self.violate(f"S1: two states at {at} of {room} in the view {view}", record)
        if record["k"] == "events":
            self._see_events(entry, room, record)
            text = record["text"], tuple(record["after"])
            known = entry.text.setdefault(view, text)
            if known[0] != text[0] and known[1] == text[1]:
                self.violate(f"S1: two texts at {at} of {room} in the view {view}", record)
            elif known[1] != text[1] and not self._is_same_state(room, view, known[1], text[1]):
                self.violate(f"S1: {at} of {room} follows {known[1]} and {text[1]}", record)
            entry.after.add(text[1])
        elif record.get("people") is not None:
            entry.people = record["people"], record["away"]

    def _see_events(self, entry, room, record):
        """Each view shows a part of what happened; never something that another one contradicts."""
        shown = [tuple(event) for event in record["events"]]
        if not self._agree_on(entry.events, shown):
            rest = [event for event in shown if record["k"] != "snapshot" or event != own_join(record)]
            if not self._agree_on(entry.events, rest):
                self.violate(f"S1: two histories at {entry.at} of {room}: {entry.events}, {shown}", record)
            return
        entry.events = max(entry.events, shown, key=len)

    def _agree_on(self, one, other):
        longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
        rest = iter(longer)
        return all(event in rest for event in shorter)

    def _is_same_state(self, room, view, one, other):
        """Where a view was shown nothing, what came before may have the one or the other name."""
        if view == "moderator":
            return False
        states = [self.rooms[room].get(at) for at in (one, other)]
        hashes = [state.hash.get(view) for state in states if state]
        return len(set(hashes) - {None}) < 2

    def _forks(self, room, entries):
        places = collections.defaultdict(list)
        for entry in entries.values():
            places[entry.place].append(entry)
        for place, rivals in places.items():
            if len(rivals) > 1 and not self.losses:
                self.violate(f"S1: {len(rivals)} entries at {place} of {room}: {[rival.at for rival in rivals]}")

    def _log(self, room):
        return [self.rooms[room][at] for at in sorted(self.rooms[room])]

    # MARK: S2

    def _commands(self):
        self.applied = collections.defaultdict(list)
        for room in self.rooms:
            for entry in self._log(room):
                for _, _, by, id, _ in entry.events:
                    if by is not None and id is not None:
                        self.applied[by, id].append(entry)
        for (by, id), entries in self.applied.items():
            first, last = min(e.seen_at for e in entries), max(e.seen_at for e in entries)
            if len(entries) > 1 and not self.has_lost(first, last):
                self.violate(f"S2: command {id} of {by} is in the log {len(entries)} times: {[e.at for e in entries]}")
                self.counts["commands twice"] += 1
        self.refused = {(record["me"], record["id"]): record for record in self.by_kind["refused"]}
        for name, record in self.refused.items():
            if name in self.applied and not self._lost_before(record["t"]):
                self.violate(f"S2: command {name[1]} of {name[0]} was refused ({record['code']}) and applied", record)
        self.counts["commands acknowledged"] = len(self.applied)
        self.counts["commands refused"] = len(self.refused)
        self.counts["commands"] = len({(r["me"], r["id"]) for r in self.by_kind["command"]})
        self._acknowledged_stays()

    def _lost_before(self, time):
        return any(loss <= time for loss in self.losses)

    def _acknowledged_stays(self):
        """What its maker has seen in the log is in the newest state, as far as that state says."""
        last = {}
        for record in self.by_kind["snapshot"]:
            if record["last"] is not None:
                last[record["me"]] = record
        for (by, id), entries in self.applied.items():
            shown = last.get(by)
            if shown is None or id <= shown["last"] or (by, id) in self.refused:
                continue
            # Others may have seen it while a state from just before it was on its way to its maker.
            if any(entry.seen_by.get(by, shown["t"]) < shown["t"] for entry in entries):
                # It is sent again then, which is seen as another entry; if it is not, it was lost.
                if not any(entry.seen_at > shown["t"] for entry in entries):
                    self.violate(f"S2: command {id} of {by} was acknowledged; the state knows {shown['last']}", shown)
                    self.counts["commands lost"] += 1

    # MARK: S3

    def _order(self):
        said = {(record["me"], record["id"]): record["t"] for record in reversed(self.by_kind["command"])}
        for room in self.rooms:
            latest = None
            for entry in self._log(room):
                times = [said[by, id] for _, _, by, id, _ in entry.events if (by, id) in said]
                if latest is not None and entry.seen_at < latest[0] and not self.has_lost(entry.seen_at, latest[0]):
                    self.violate(
                        f"S3: {entry.at} of {room} was seen at {entry.seen_at:.3f}, before what stands in front of it "
                        f"at {latest[1]} was said, at {latest[0]:.3f}")
                for time in times:
                    if latest is None or time > latest[0]:
                        latest = time, entry.at

    # MARK: S4

    def _signals(self):
        said, heard = collections.Counter(), collections.defaultdict(list)
        self._find_departures()
        for record in self.records:
            kind = record["k"]
            if kind == "said":
                said[record["me"], record["to"]] += 1
            elif kind == "heard":
                self._heard(record, said, heard[record["by"], record["me"]])
            elif kind == "delivered":
                pair = record["me"], record["to"]
                count = len(heard[pair])
                if record["count"] > count and record["me"] not in self.left:
                    self.violate(f"S4: {record['count']} of {pair} are called delivered, {count} have arrived", record)
        here = {(record["me"], record["room"]) for record in self.by_kind["final"]}
        room_of = dict(here)
        for pair, count in said.items():
            together = room_of.get(pair[0]) is not None and room_of.get(pair[0]) == room_of.get(pair[1])
            if together and len(heard[pair]) < count:
                self.violate(f"S4: {len(heard[pair])} of {count} signals of {pair} have arrived")
                self.counts["signals lost"] += count - len(heard[pair])
        self.counts["signals"] = sum(said.values())
        self.counts["signals delivered"] = sum(map(len, heard.values()))

    def _heard(self, record, said, before):
        pair = record["by"], record["me"]
        if record["count"] > said[pair]:
            self.violate(f"S4: signal {record['count']} of {pair} was never said", record)
        if record["count"] != len(before) + 1:
            is_known = record["count"] <= len(before)
            self.violate(f"S4: signal {record['count']} of {pair} came after {len(before)}", record)
            self.counts["signals twice" if is_known else "signals lost"] += 1
        before.append(record["count"])

    def _find_departures(self):
        for room in self.rooms:
            for entry in self._log(room):
                for kind, participant, _, _, _ in entry.events:
                    if kind == "left":
                        self.left.setdefault(participant, entry)

    # MARK: L1

    def _people(self):
        self._connections()
        for room in self.rooms:
            entries = self.rooms[room]
            presence, former = {}, collections.Counter()
            for entry in self._log(room):
                if not any(after in entries for after in entry.after):
                    # Nobody saw what was in front of it.
                    presence = {}
                for kind, participant, _, _, reason in entry.events:
                    if kind in ("joined", "interrupted", "resumed", "left"):
                        self._person(presence, former, entry, kind, participant, reason)
                if entry.people:
                    for person in entry.people[0]:
                        presence[person] = "away" if person in entry.people[1] else "here"

    def _person(self, presence, former, entry, kind, participant, reason):
        was = presence.get(participant)
        expected = {"joined": (None,), "interrupted": ("here", None), "resumed": ("away", None),
                    "left": ("here", "away", None)}[kind]
        former[kind, participant] += 1
        is_again = kind in ("joined", "left") and former[kind, participant] > 1
        if (was not in expected or is_again) and not self.has_lost(entry.seen_at - 30, entry.seen_at):
            self.violate(f"L1: {kind} of {participant} at {entry.at}, who was {was or 'seen before'}")
        presence[participant] = {"joined": "here", "interrupted": "away", "resumed": "here", "left": "gone"}[kind]
        if kind == "interrupted":
            self.counts["interrupted"] += 1
            self._has_reason(participant, entry)
        elif kind == "left" and reason == "disconnected":
            self.counts["left disconnected"] += 1
            self._was_long_away(participant, entry)

    def _connections(self):
        """By client: when its connection was in trouble, and since when until when it was connected, and where."""
        self.troubles, self.ended = collections.defaultdict(list), {}
        self.connected = collections.defaultdict(list)
        for record in self.records:
            kind, client = record["k"], record.get("c")
            if kind in ("closed", "asleep", "awake", "vanished", "goodbye", "born", "coming"):
                if kind != "coming" or not self._is_open(client):
                    self.troubles[client].append(record["t"])
            if kind == "asleep":
                self.troubles[client].append(record["t"] + record["seconds"])
            if kind in ("vanished", "goodbye"):
                self.ended.update(dict.fromkeys(record["selves"], record["t"]))
            if kind in ("forgot", "out"):
                self.ended[record["me"]] = record["t"]
            if kind in ("closed", "vanished", "goodbye", "moved") and self._is_open(client):
                self.connected[client][-1][1] = record["t"]
            if kind == "welcome":
                self.connected[client].append([record["t"], None, record["node"]])

    def _is_open(self, client):
        return bool(self.connected[client]) and self.connected[client][-1][1] is None

    def _has_reason(self, participant, entry):
        client, time = self.client_of.get(participant), entry.seen_at
        if client is None or self.ended.get(participant, time + 1) <= time:
            return
        if any(time - REASON_SECONDS <= trouble <= time for trouble in self.troubles[client]):
            return
        nodes = {node for began, ended, node in self.connected[client]
                 if began <= time and (ended is None or ended >= time - REASON_SECONDS)}
        for fault in self.faults:
            if fault.get("node") in nodes and not fault.get("skipped") and fault["fault"] != "rolling":
                if fault["t"] <= time <= fault.get("until", time) + REASON_SECONDS:
                    return
        self.counts["interrupted for no reason"] += 1
        self.violate(f"L1: {participant} of client {client} was interrupted at {entry.at} (t={time:.3f}) for no reason")

    def _was_long_away(self, participant, entry):
        client, time = self.client_of.get(participant), entry.seen_at
        if client is None or self.ended.get(participant, time + 1) <= time:
            return
        since = time - self.grace + 3
        if any(began <= time and (ended is None or ended > since) for began, ended, _ in self.connected[client]):
            self.violate(f"L1: {participant} of client {client} left (disconnected) at {entry.at} (t={time:.3f}), "
                         f"and was connected less than {self.grace} s before")

    def _memberships(self):
        """Nobody is told to be out whom others see in the room afterwards."""
        for record in self.by_kind["forgot"]:
            left = self.left.get(record["me"])
            if left is not None and left.seen_at < record["t"] + 2 or self._may_have_forgotten(record):
                continue
            seen = [shown["t"] for shown in self.by_kind["snapshot"] + self.by_kind["final"]
                    if shown["room"] == record["room"] and shown["t"] > record["t"] + 1
                    and record["me"] in shown["people"]]
            if seen:
                self.violate(f"L2: {record['me']} was told to be out of {record['room']} ({record['why']}), "
                             f"and is seen in there at {seen[0]:.3f}", record)

    def _may_have_forgotten(self, record):
        """A store that went back a little may have lost a join, if somebody wrote before it was given back. One that
        lost everything while all nodes were well may not: each of them knows its rooms."""
        losses = [fault for fault in self.faults if fault.get("loss") and fault["t"] <= record["t"]]
        return any(fault["fault"] != "flush" or fault["t"] - LOSS_SECONDS < self._joined_at(record["me"])
                   for fault in losses)

    def _joined_at(self, participant):
        return min((record["t"] for record in self.by_kind["snapshot"] if record["me"] == participant), default=0)

    # MARK: Convergence

    def _rest(self):
        calm = max((record["t"] for record in self.by_kind["calm"]), default=None)
        settled = max((record["t"] for record in self.by_kind["settled"]), default=None)
        if calm is not None and settled is not None:
            self.convergence = settled - calm
            if self.convergence > CONVERGENCE_SECONDS:
                self.violate(f"convergence: after {self.convergence:.1f} s")
        rooms = collections.defaultdict(list)
        for record in self.by_kind["final"]:
            rooms[record["room"]].append(record)
        for room, finals in rooms.items():
            self._agree(room, finals)
        aliases = collections.defaultdict(set)
        for record in self.by_kind["final"]:
            aliases[record["alias"]].add(record["room"])
        for alias, places in aliases.items():
            if len(places) > 1:
                self.violate(f"convergence: {alias} is {len(places)} rooms: {sorted(places)}")
        self.counts["rooms at the end"] = len(rooms)

    def _agree(self, room, finals):
        people = sorted(record["me"] for record in finals)
        views = {}
        for record in finals:
            place = tuple(record["at"]), record["hash"]
            if views.setdefault(record["view"], place) != place:
                self.violate(f"convergence: {views[record['view']]} and {place} in {room}", record)
            if record["people"] != people:
                ghosts = set(record["people"]) - set(people)
                self.violate(f"convergence: in {room} are {len(people)}, client {record['c']} sees "
                             f"{len(record['people'])}; ghosts: {sorted(ghosts)}", record)
            if record["away"]:
                self.violate(f"convergence: client {record['c']} sees {record['away']} away in {room}", record)

    # MARK: What it was like

    def returns(self):
        """How long it took to be back, of those whose node was killed: seconds, in order."""
        kills = [(fault["t"], fault["node"]) for fault in self.faults
                 if fault["fault"] == "kill" and not fault.get("skipped")]
        gone, found = {}, []
        for record in self.records:
            client = record.get("c")
            if record["k"] == "closed" and record["live"]:
                if any(node == record["node"] and 0 <= record["t"] - time < 1 for time, node in kills):
                    gone[client] = record["t"]
            elif record["k"] == "welcome" and client in gone:
                found.append(record["t"] - gone.pop(client))
            elif record["k"] in ("vanished", "goodbye"):
                gone.pop(client, None)
        return sorted(found)

    def missed(self):
        """After how long the others knew of those who vanished without a word: seconds, in order."""
        known, found = {}, []
        for room in self.rooms:
            for entry in self._log(room):
                for kind, participant, _, _, _ in entry.events:
                    if kind in ("interrupted", "left"):
                        known.setdefault(participant, []).append(entry.seen_at)
        for record in self.by_kind["vanished"]:
            for me in record["selves"]:
                later = [time for time in known.get(me, []) if time > record["t"]]
                found += [min(later) - record["t"]] if later else []
        return sorted(found)
