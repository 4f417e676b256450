"""What a client of a chaos run holds of a room: the state, and what it has said and heard there."""

import functools

from state import M32, fold, leaves, murmur3

COMMANDS_KEPT = 64
COMMANDS_OPEN = 6
SIGNALS_KEPT = 24


@functools.lru_cache(maxsize=200_000)
def _leaf(path, tag, value):
    data = "\x1f".join(path).encode() + b"\x1e" + f"{tag}{value}".encode()
    return murmur3(data, 0), murmur3(data, 0x9747B28C)


def quick_hash(state):
    """`state_hash`, for many states that differ little."""
    first = second = 0
    for path, value in leaves(state):
        if isinstance(value, bool):
            one, other = _leaf(path, "b", "true" if value else "false")
        else:
            one, other = _leaf(path, "i" if isinstance(value, int) else "s", value)
        first, second = first + one & M32, second + other & M32
    return f"{first:08x}{second:08x}"


class Outbox:
    """The signals to one peer, kept until it is known to have them."""

    def __init__(self):
        self.kept = []
        self.next = 1
        self.again_from = None

    @property
    def floor(self):
        return self.kept[0]["n"] if self.kept else self.next

    def add(self, message):
        message["n"] = self.next
        self.next += 1
        self.kept.append(message)
        return message

    def delivered(self, n):
        """Those that are known to have arrived by now."""
        arrived = [message for message in self.kept if message["n"] <= n]
        self.kept = [message for message in self.kept if message["n"] > n]
        return arrived


class Command:
    def __init__(self, message):
        self.message = message
        self.number = message["id"]
        # `accepted`, `covered` (a snapshot shows whatever came of it), or the code of its refusal.
        self.outcome = None
        self.was_sent = False


class ChaosRoom:
    def __init__(self, snapshot):
        self.id = snapshot["room"]
        self.me = snapshot["self"]
        self.former = False
        self.next_command = snapshot.get("lastCommand", 1) + 1
        self.commands = []
        self.again_from = None
        self.outgoing = {}
        # By sender, up to which number everything has arrived; and what of it the sender was told.
        self.received = {}
        self.acknowledged = {}
        self.take(snapshot)

    def take(self, snapshot):
        self.state = snapshot["state"]
        self.at = snapshot["at"]
        self.view = snapshot.get("view", "")
        self.alias = self.state["room"].get("alias")

    def fold(self, frame):
        self.at = frame["at"]
        for event in frame["events"]:
            if "patch" in event:
                fold(self.state, event["patch"])

    @property
    def hash(self):
        return quick_hash(self.state)

    @property
    def people(self):
        return self.state.get("people", {})

    @property
    def peers(self):
        return sorted(id for id in self.people if id != self.me)

    # MARK: Commands

    @property
    def open(self):
        return [command for command in self.commands if command.outcome is None]

    @property
    def is_leaving(self):
        return any(command.message["type"] == "leave" for command in self.open)

    def may_say(self):
        return not self.former and not self.is_leaving and len(self.open) < COMMANDS_OPEN

    def add(self, kind, members):
        command = Command({"type": kind, "id": self.next_command, "room": self.id} | members)
        self.next_command += 1
        self.commands.append(command)
        while len(self.commands) > COMMANDS_KEPT and self.commands[0].outcome is not None:
            del self.commands[0]
        return command

    def settle(self, number, outcome):
        """Whether that was news."""
        for command in self.commands:
            if command.number == number and command.outcome is None:
                command.outcome = outcome
                return True
        return False

    def cover(self, last):
        for command in self.commands:
            if command.number <= last and command.outcome is None:
                command.outcome = "covered"

    # MARK: Signals

    def outbox(self, peer):
        return self.outgoing.setdefault(peer, Outbox())

    @property
    def undelivered(self):
        """Only those that somebody waits for who is there."""
        return sum(len(outbox.kept) for peer, outbox in self.outgoing.items()
                   if self.people.get(peer, {}).get("connection") == "connected")
