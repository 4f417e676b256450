"""What a client of a chaos run does with what it hears, as docs/PROTOCOL.md asks."""

import json
import time
import zlib

from chaos_room import ChaosRoom

ACKNOWLEDGE_SECONDS = 0.1
# Of a resume: these servers have signed the secret, and it is the newest that was read.
NEVER = ("unknown", "outdated", "expired")
# Of a signal that may be said again.
FOR_NOW = ("mailbox-full", "rate-limited", "engine-unavailable", "busy")


def brief(events):
    """Of each event what the checker wants to know."""
    return [[event["type"], event.get("participant"), event.get("by"), event.get("id"), event.get("reason")]
            for event in events]


class Hearing:
    def say(self, message):
        if self.is_live and not self.is_asleep:
            self.socket.say(json.dumps(message))

    def violation(self, what):
        self.note("violation", what=what)

    def hear(self, frame, text):
        if frame["type"] == "events":
            return self.hear_events(frame, text)
        act = getattr(self, "hear_" + frame["type"], None)
        if act is not None:
            act(frame)

    def hear_welcome(self, frame):
        before, self.session, self.secret = self.session, frame["session"], frame["resume"]["secret"]
        self.dark_seconds = frame["heartbeat"]["darkMilliseconds"] / 1000
        self.note("welcome", node=self.node, resumed=frame["resumed"], refused=frame.get("resumeRefused"))
        self.is_live, self.tries = True, 0
        self.joining.clear()
        if frame["resumed"] and before != self.session:
            self.violation("resumed as another session")
        if not frame["resumed"]:
            self.attempt = 1
            if before and frame.get("resumeRefused") in NEVER:
                self.violation(f"L2: not resumed: {frame['resumeRefused']}")
            self.forget_all(frame.get("resumeRefused") or "new")
        for id, me in frame.get("selves", {}).items():
            if id in self.rooms and self.rooms[id].me != me:
                self.forget(id, "another self")
        for alias in sorted(self.wishes):
            self.join_if_wished(alias)
        for room in self.rooms.values():
            room.acknowledged = {}
            self.send_again(room)
        self.acknowledge()

    def send_again(self, room):
        """What may have been lost, as it was."""
        for command in room.open:
            self.send_command(room, command)
        for peer, outbox in room.outgoing.items():
            if peer in room.people:
                for message in outbox.kept:
                    self.send_signal(outbox, message)

    def forget(self, id, why):
        room = self.rooms.pop(id, None)
        if room is not None:
            self.note("forgot", room=id, me=room.me, why=why)

    def forget_all(self, why):
        for id in list(self.rooms):
            self.forget(id, why)

    def join_if_wished(self, alias):
        is_in = alias in self.joining or any(room.alias == alias for room in self.rooms.values())
        if self.is_live and not self.is_asleep and alias in self.wishes and not is_in:
            self.joining.add(alias)
            self.say({"type": "join", "id": 1, "room": alias, "name": self.name})

    # MARK: Rooms

    def was_told_before(self, id, at):
        held = self.told_before.get(id)
        return held is not None and (at == held or at[0] == held[0] and at[1] < held[1])

    def hear_snapshot(self, frame):
        id, events, last = frame["room"], brief(frame["events"]), frame.get("lastCommand")
        room = self.rooms.get(id)
        before = room.at if room else None
        if room and room.me != frame["self"]:
            self.forget(id, "another self")
            room = None
        if room is None:
            room = self.rooms[id] = ChaosRoom(frame)
            room.former = room.me in self.selves
            self.selves.add(room.me)
            self.joining.discard(room.alias)
        else:
            room.take(frame)
        if room.hash != frame["hash"]:
            self.violation(f"S1: the snapshot's hash {frame['hash']} is not its state's at {room.at} of {id}")
        self.note("snapshot", room=id, alias=room.alias, view=room.view, at=room.at, me=room.me, hash=room.hash,
                  last=last, before=before, again=self.was_told_before(id, room.at), events=events,
                  people=sorted(room.people), away=self._away(room))
        self._settle(room, events)
        if id not in self.rooms:
            return
        if room.former:
            return self._leave_as_former(room)
        if last is not None:
            room.cover(last)
            for command in room.commands:
                if command.number > last and command.outcome is not None:
                    self.note("resubmitted", room=id, me=room.me, id=command.number)
                    self.send_command(room, command)
            self.send_again(room)

    def _away(self, room):
        return sorted(id for id, person in room.people.items() if person["connection"] != "connected")

    def _leave_as_former(self, room):
        """The store has lost that it left and joined again: it knows no more what was said as whom."""
        self.send_command(room, room.add("leave", {}))

    def hear_events(self, frame, text):
        id = frame["room"]
        room = self.rooms.get(id)
        if room is None:
            return self.violation(f"events of a room that it is not in: {text[:200]}")
        if room.at != frame["after"]:
            if not self.was_told_before(id, frame["at"]):
                self.violation(f"S1: a gap in {id}: at {room.at} came {frame['at']} after {frame['after']}")
            return
        room.fold(frame)
        events = brief(frame["events"])
        self.note("events", room=id, view=room.view, at=room.at, after=frame["after"], hash=room.hash,
                  text=zlib.crc32(text.encode()), me=room.me, events=events)
        self._settle(room, events)

    def _settle(self, room, events):
        for _, _, by, id, _ in events:
            if by == room.me and id is not None:
                room.settle(id, "accepted")
        if room.me not in room.people:
            del self.rooms[room.id]
            self.note("out", room=room.id, me=room.me)
            if room.alias != self.home:
                self.wishes.discard(room.alias)
            self.join_if_wished(room.alias)

    def hear_beat(self, frame):
        for id, said in frame.get("rooms", {}).items():
            room = self.rooms.get(id)
            if room and said.get("at") == room.at and "hash" in said:
                self.crew.beats += 1
                if said["hash"] != room.hash:
                    self.violation(f"S1: holds {room.hash} at {room.at} of {id}, a beat says {said['hash']}")
        for peer, n in frame.get("delivered", {}).items():
            for room in self.rooms.values():
                if peer in room.outgoing and (arrived := room.outgoing[peer].delivered(n)):
                    self.note("delivered", me=room.me, to=peer, count=arrived[-1]["data"]["k"])

    # MARK: Signals

    def hear_signal(self, frame):
        sender, n = frame["from"], frame["n"]
        room = next((room for room in self.rooms.values() if sender in room.people), None)
        if room is None or room.former:
            return
        last = max(room.received.get(sender, 0), frame.get("floor", 1) - 1)
        if n > last + 1:
            # What is missing comes again.
            self.crew.gaps += 1
            return
        if n == last + 1:
            room.received[sender] = n
            data = frame["data"]
            self.note("heard", me=room.me, by=sender, count=data["k"])
            if data["from"] != sender or data["to"] != room.me:
                self.violation(f"S4: a signal of {data['from']} to {data['to']} came from {sender} to {room.me}")
        else:
            room.acknowledged.pop(sender, None)
        if not self.is_acknowledging:
            self.is_acknowledging = True
            self.later(ACKNOWLEDGE_SECONDS, self.acknowledge)

    def acknowledge(self):
        self.is_acknowledging = False
        if not self.is_live or self.is_asleep:
            return
        news = {}
        for room in self.rooms.values():
            for sender, n in room.received.items():
                if n > room.acknowledged.get(sender, 0):
                    news[sender] = room.acknowledged[sender] = n
        if news:
            self.say({"type": "beat", "ack": news})

    # MARK: Rejections

    def hear_rejected(self, frame):
        of, code, retry = frame.get("of"), frame["code"], frame.get("retryAfterMilliseconds")
        room = self.rooms.get(frame.get("room"))
        self.crew.rejections[code] += 1
        if of == "join":
            return self._join_rejected(frame["room"], code)
        if of == "resume":
            return self._resume_rejected(frame["room"], code)
        if of == "signal":
            return self._signal_rejected(frame, code, retry)
        if "id" in frame:
            if room is not None:
                self._command_rejected(room, frame["id"], code, frame.get("expected"), retry)
        elif of not in ("pulse", "beat", "resync"):
            self.violation(f"refused for its form: {json.dumps(frame)[:200]}")

    def _join_rejected(self, alias, code):
        self.joining.discard(alias)
        if code != "already-joined":
            self.later(0.5, self.join_if_wished, alias)

    def _resume_rejected(self, id, code):
        room = self.rooms.get(id)
        self.forget(id, code)
        if room is not None:
            self.join_if_wished(room.alias)

    def _command_rejected(self, room, number, code, expected, retry):
        if retry is not None:
            return self._commands_soon(room, number, retry / 1000)
        if code == "command-gap":
            return self._commands_soon(room, expected or number, 0.02)
        if code == "not-joined":
            self.forget(room.id, code)
            return self.join_if_wished(room.alias)
        if room.settle(number, code):
            self.note("refused", room=room.id, me=room.me, id=number, code=code)

    def _commands_soon(self, room, number, seconds):
        """Once for all that were refused together."""
        if room.again_from is None:
            self.later(max(seconds, 0.02), self._commands_again, room)
        room.again_from = min(number, room.again_from or number)

    def _commands_again(self, room):
        first, room.again_from = room.again_from, None
        if self.rooms.get(room.id) is room:
            for command in room.commands:
                if command.number >= first:
                    self.send_command(room, command)

    def _signal_rejected(self, frame, code, retry):
        to = frame["to"]
        room = next((room for room in self.rooms.values() if to in room.outgoing), None)
        if room is None or code == "unknown-recipient":
            return
        if code != "signal-gap" and code not in FOR_NOW:
            return self.violation(f"S4: a signal was refused: {code}")
        outbox = room.outgoing[to]
        number = frame.get("expected", frame["n"]) if code == "signal-gap" else frame["n"]
        if outbox.again_from is None:
            self.later(max((retry or 20) / 1000, 0.02), self._signals_again, room, outbox)
        outbox.again_from = min(number, outbox.again_from or number)

    def _signals_again(self, room, outbox):
        first, outbox.again_from = outbox.again_from, None
        # Whoever has left meanwhile, and perhaps come again, is somebody else.
        if self.rooms.get(room.id) is not room:
            return
        for message in outbox.kept:
            if message["n"] >= first:
                self.send_signal(outbox, message)

    # MARK: Saying

    def send_signal(self, outbox, message):
        message["floor"] = min(outbox.floor, message["n"])
        self.say(message)

    def send_command(self, room, command):
        if not self.is_live or self.is_asleep:
            return
        message = command.message
        if not command.was_sent:
            command.was_sent = True
            self.crew.note({"t": time.monotonic(), "k": "command", "c": self.number, "room": room.id,
                            "me": room.me, "id": command.number, "type": message["type"]})
        if command.outcome not in (None, "accepted", "covered"):
            message = message | {"refused": command.outcome}
        self.say(message)
