"""What the logs of several clients prove together: the promises, from nothing but what they sent and received.

- S1: every client's entries of a room follow each other without a gap, and all clients read the same bytes at the
  same position; whoever folds them holds the state that every snapshot's hash names.
- S2: every command has exactly one outcome: it is in the log once, or was refused by name; and each client's
  commands are in the log in the order in which they were said.
- S4: what one participant signalled to another has arrived in order, once, and whole.
"""

import copy

from state import fold, state_hash


def payload(message):
    return {name: value for name, value in message.items() if name not in ("to", "from", "n", "floor")}


class Story:
    """One client's log, told again."""

    def __init__(self, name, lines):
        self.name = name
        self.positions = {}
        self.states = {}
        # By room and sequence number: the frame's text.
        self.entries = {}
        # By participant and number: the command.
        self.commands = {}
        self.refused = set()
        # By participant: up to which of its commands a snapshot has told that they have their outcome.
        self.settled = {}
        # By (sender, recipient): what was said and what was heard, by number.
        self.said = {}
        self.heard = {}
        # By room: our newest participant. And in which room each participant was ever seen.
        self.me = {}
        self.place_of = {}
        self.resumes = self.losses = 0
        for line in lines:
            if line["what"] == "received":
                self._hear(line["frame"], line["text"])
            elif line["what"] == "sent":
                self._say(line["message"])
            elif line["what"] == "violation":
                raise AssertionError(f"{name}: {line['of']} in {line['text']}")

    def _say(self, message):
        if "to" in message:
            sender = self._participant_beside(message["to"])
            said = self.said.setdefault((sender, message["to"]), {})
            assert message["n"] == len(said) + 1, f"{self.name} numbers its signals wrongly"
            said[message["n"]] = payload(message)
        else:
            self.commands[self.me[message["room"]], message["id"]] = message

    def _participant_beside(self, other):
        """Which of our participants shares a room with that one."""
        return self.me[self.place_of[other]]

    def _hear(self, frame, text):
        kind = frame["type"]
        if kind == "welcome":
            self.resumes += frame["resumed"]
            if not frame["resumed"] and self.me:
                self.losses += 1
                self.positions, self.states = {}, {}
        elif kind == "snapshot":
            self._snapshot(frame)
        elif kind == "events":
            self._events(frame, text)
        elif kind == "rejected" and "retryAfterMilliseconds" in frame or frame.get("code") == "command-gap":
            pass  # No outcome: it is said again.
        elif kind == "rejected" and "id" in frame and frame.get("room") in self.me:
            self.refused.add((self.me[frame["room"]], frame["id"]))
        elif "from" in frame and "n" in frame:
            recipient = self._participant_beside(frame["from"])
            heard = self.heard.setdefault((frame["from"], recipient), {})
            if frame["n"] in heard:
                assert heard[frame["n"]] == payload(frame), f"{self.name}: signal {frame['n']} came with two contents"
                return
            assert frame["n"] == len(heard) + 1, f"{self.name}: signal {frame['n']} came after {len(heard)}"
            heard[frame["n"]] = payload(frame)

    def _snapshot(self, frame):
        room = frame["room"]
        before = self.positions.get(room)
        assert before is None or frame["at"] >= before, f"{self.name}: a snapshot of the past: {frame['at']}, {before}"
        assert state_hash(frame["state"]) == frame["hash"], f"{self.name}: the snapshot's hash is not its state's"
        self.me[room] = frame["self"]
        settled = self.settled.get(frame["self"], 0)
        self.settled[frame["self"]] = max(settled, frame.get("lastCommand", 0))
        self.positions[room], self.states[room] = frame["at"], copy.deepcopy(frame["state"])
        self._see_people(room)

    def _events(self, frame, text):
        room = frame["room"]
        assert frame["after"] == self.positions[room], (
            f"{self.name}: {frame['at']} is after {frame['after']}, not after {self.positions[room]}")
        self.positions[room] = frame["at"]
        self.entries[room, frame["at"][1]] = text, frame
        for event in frame["events"]:
            fold(self.states[room], event.get("patch", {}))
        self._see_people(room)
        if self.me[room] not in self.states[room]["people"]:
            del self.positions[room], self.states[room]

    def _see_people(self, room):
        for participant in self.states[room]["people"]:
            self.place_of[participant] = room


def check(*clients, complete=True):
    """Raises where a promise is broken; returns a sentence about how much was looked at.

    `complete`: everything has come to rest, so nothing may be missing.
    """
    stories = [Story(client.name, client.read()) for client in clients]
    entries = _one_history(stories)
    accepted = _commands_once(stories, entries, complete)
    signals = _signals_in_order(stories, complete)
    if complete:
        _same_state(stories)
    return (f"{len(entries)} entries, {accepted} commands, {signals} signals, "
            f"{sum(story.resumes for story in stories)} resumes")


def _one_history(stories):
    entries = {}
    for story in stories:
        for place, (text, frame) in story.entries.items():
            earlier = entries.setdefault(place, (text, frame))
            assert earlier[0] == text, f"two histories at {place}:\n{earlier[0]}\n{text}"
    return {place: frame for place, (_, frame) in entries.items()}


def _commands_once(stories, entries, complete):
    outcomes = {}
    for place in sorted(entries):
        for event in entries[place]["events"]:
            if "by" in event:
                by, id = event["by"], event["id"]
                assert id not in outcomes.get(by, []), f"command {id} of {by} is in the log twice"
                assert id > max(outcomes.get(by, []), default=0), f"command {id} of {by} came late"
                outcomes.setdefault(by, []).append(id)
    count = 0
    for story in stories:
        for (by, id) in story.commands:
            is_accepted, is_refused = id in outcomes.get(by, []), (by, id) in story.refused
            assert not (is_accepted and is_refused), f"{story.name}: command {id} was accepted and refused"
            # A server that was killed may have told nobody of an entry; who comes back gets a snapshot behind it.
            is_settled = id <= story.settled.get(by, 0)
            assert is_accepted or is_refused or is_settled or not complete, (
                f"{story.name}: command {id} has no outcome")
            count += is_accepted
    return count


def _signals_in_order(stories, complete):
    said = {pair: texts for story in stories for pair, texts in story.said.items()}
    heard = {pair: texts for story in stories for pair, texts in story.heard.items()}
    for pair, texts in heard.items():
        for n, text in texts.items():
            assert said.get(pair, {}).get(n) == text, f"signal {n} of {pair} was never said like that"
    if complete:
        for pair, texts in said.items():
            assert len(heard.get(pair, {})) == len(texts), (
                f"{len(heard.get(pair, {}))} of {len(texts)} signals of {pair} have arrived")
    return sum(map(len, heard.values()))


def _same_state(stories):
    rooms = {}
    for story in stories:
        for room, state in story.states.items():
            held = story.positions[room], state_hash(state)
            first = rooms.setdefault(room, (held, story.name))
            assert first[0] == held, f"{first[1]} holds {first[0]} of {room}, {story.name} {held}"
