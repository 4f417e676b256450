"""The checker of the chaos runs finds every broken promise in records that are forged, and nothing in good ones.

No server is asked here.
"""

import copy

import chaos_plan
from chaos_checker import Checker
from chaos_room import quick_hash
from state import state_hash

TOGETHER = 8
ROOM = "r_1"


class Story:
    """Ada and Bob in a room, on nodes 0 and 1, a good hundred seconds long; each test spoils one thing of it."""

    def __init__(self):
        self.records = []
        self.time = 100.0
        self.at = {}
        self.said = {}
        for client, me in ((0, "ada"), (1, "bob")):
            self.add("born", c=client)
            self.add("coming", c=client, node=client)
            self.add("welcome", c=client, node=client, resumed=False)
            self.add("command", c=client, room=ROOM, me=me, id=1, type="join")
        self.snapshot(0, "ada", [1, 1, "a1"], "h1", [["created"] + [None] * 4, joined("ada")], ["ada"])
        self.snapshot(1, "bob", [1, 2, "a2"], "h2", [joined("bob")], ["ada", "bob"])
        self.entry([1, 2, "a2"], "h2", [joined("bob")], [0])
        self.command(0, "ada", 2)
        self.entry([1, 3, "a3"], "h3", [["media-changed", "ada", "ada", 2, None]])
        self.command(1, "bob", 2)
        self.entry([1, 4, "a4"], "h4", [["media-changed", "bob", "bob", 2, None]])
        self.command(1, "bob", 3)
        self.add("refused", c=1, room=ROOM, me="bob", id=3, code="not-permitted")
        for count in (1, 2, 3):
            self.add("said", c=0, me="ada", to="bob", count=count)
        for count in (1, 2, 3):
            self.add("heard", c=1, me="bob", by="ada", count=count)
        self.add("delivered", c=0, me="ada", to="bob", count=3)
        self.time += 40
        self.add("closed", c=1, code=None, why="", live=True, node=1)
        self.entry([1, 5, "a5"], "h5", [["interrupted", "bob", None, None, None]])
        self.add("coming", c=1, node=0)
        self.add("welcome", c=1, node=0, resumed=True)
        self.entry([1, 6, "a6"], "h6", [["resumed", "bob", None, None, None]])

    def end(self):
        self.time += 40
        self.add("calm")
        self.add("settled")
        for client, me in ((0, "ada"), (1, "bob")):
            self.snapshot(client, me, [1, 6, "a6"], "h6", [], ["ada", "bob"], last=2 if me == "ada" else 3)
        for client, me in ((0, "ada"), (1, "bob")):
            self.add("final", c=client, room=ROOM, alias="x", view="moderator", at=[1, 6, "a6"], hash="h6", me=me,
                     people=["ada", "bob"], away=[])
        return self

    def add(self, kind, **members):
        self.time += 0.1
        record = {"t": round(self.time, 3), "k": kind} | members
        self.records.append(record)
        return record

    def snapshot(self, client, me, at, hash, events, people, last=None, **members):
        before, self.at[client] = self.at.get(client), at
        return self.add("snapshot", **{"c": client, "room": ROOM, "alias": "x", "view": "moderator", "at": at, "me": me,
                                       "hash": hash, "last": last, "before": before, "again": False, "events": events,
                                       "people": people, "away": []} | members)

    def entry(self, at, hash, events, clients=(0, 1)):
        for client in clients:
            after, self.at[client] = self.at[client], at
            self.add("events", c=client, room=ROOM, view="moderator", at=at, after=after, hash=hash,
                     text=at[1], me="ada" if client == 0 else "bob", events=copy.deepcopy(events))

    def command(self, client, me, id):
        self.add("command", c=client, room=ROOM, me=me, id=id, type="media")

    def find(self, kind, index=0, **members):
        found = [r for r in self.records if r["k"] == kind and all(r.get(n) == v for n, v in members.items())]
        return found[index]


def joined(who):
    return ["joined", who, who, 1, None]


def violations(story):
    return Checker(sorted(story.records, key=lambda record: record["t"])).check()


def finds(story, *words):
    found = violations(story)
    assert any(all(word in violation for word in words) for violation in found), f"{words} not in {found}"


async def test_a_good_story(stage):
    assert violations(Story().end()) == []
    checker = Checker(Story().end().records)
    checker.check()
    assert checker.counts["commands acknowledged"] == 4 and checker.counts["signals delivered"] == 3
    assert checker.counts["interrupted"] == 1 and checker.counts["entries"] == 6


# MARK: - S1


async def test_two_states_at_one_position(stage):
    story = Story().end()
    story.find("events", c=1, at=[1, 4, "a4"])["hash"] = "another"
    finds(story, "S1: two states")


async def test_two_texts_at_one_position(stage):
    story = Story().end()
    story.find("events", c=1, at=[1, 4, "a4"])["text"] = 77
    finds(story, "S1: two texts")


async def test_another_past(stage):
    story = Story().end()
    story.find("events", c=1, at=[1, 4, "a4"])["after"] = [1, 3, "b3"]
    finds(story, "S1:", "follows")


async def test_a_gap(stage):
    story = Story().end()
    story.records.remove(story.find("events", c=1, at=[1, 4, "a4"]))
    finds(story, "S1: a gap")


async def test_two_entries_in_one_place(stage):
    story = Story().end()
    for record in story.records:
        if record.get("c") == 1 and record.get("at") == [1, 4, "a4"]:
            record["at"] = [1, 4, "b4"]
        if record.get("c") == 1 and record.get("after") == [1, 4, "a4"]:
            record["after"] = [1, 4, "b4"]
    finds(story, "S1: 2 entries")


async def test_somebody_is_sent_back(stage):
    story = Story()
    story.snapshot(1, "bob", [1, 4, "a4"], "h4", [], ["ada", "bob"], last=3)
    finds(story.end(), "S1: sent back")


async def test_two_histories(stage):
    story = Story().end()
    story.find("events", c=1, at=[1, 3, "a3"])["events"][0][0] = "hand-raised"
    finds(story, "S1: two histories")


async def test_one_view_is_shown_less_than_another(stage):
    story = Story().end()
    record = story.find("events", c=1, at=[1, 4, "a4"])
    record["view"], record["hash"], record["events"] = "participant", "other", []
    assert violations(story) == []


# MARK: - S2 and S3


async def test_a_command_is_there_twice(stage):
    story = Story()
    story.entry([1, 7, "a7"], "h7", [["media-changed", "ada", "ada", 2, None]])
    finds(story.end(), "S2: command 2 of ada is in the log 2 times")


async def test_a_command_comes_again_over_a_loss(stage):
    story = Story()
    story.add("fault", fault="flush", loss=True)
    story.entry([2, 7, "a7"], "h7", [["media-changed", "ada", "ada", 2, None]])
    assert not any(violation.startswith("S2") for violation in violations(story.end()))


async def test_a_command_is_refused_and_applied(stage):
    story = Story()
    story.entry([1, 7, "a7"], "h7", [["media-changed", "bob", "bob", 3, None]])
    finds(story.end(), "S2: command 3 of bob was refused")


async def test_an_acknowledged_command_is_lost(stage):
    story = Story().end()
    story.find("snapshot", c=0, last=2)["last"] = 1
    finds(story, "S2: command 2 of ada was acknowledged")


async def test_others_see_a_command_while_a_state_from_before_it_is_on_its_way_to_its_maker(stage):
    story = Story()
    story.command(0, "ada", 3)
    story.entry([1, 7, "a7"], "h7", [["media-changed", "ada", "ada", 3, None]], [1])
    story.snapshot(0, "ada", [1, 6, "a6"], "h6", [], ["ada", "bob"], last=2)
    story.entry([1, 7, "a7"], "h7", [["media-changed", "ada", "ada", 3, None]], [0])
    assert not any(violation.startswith("S2") for violation in violations(story))


async def test_what_was_said_later_stands_in_front(stage):
    story = Story()
    story.command(0, "ada", 3)
    first = story.time
    story.entry([1, 8, "a8"], "h8", [["media-changed", "ada", "ada", 3, None]])
    story.command(1, "bob", 4)
    # It was said when the other one was seen already, and has an earlier place.
    story.entry([1, 7, "a7"], "h7", [["media-changed", "bob", "bob", 4, None]])
    assert story.find("command", me="bob", id=4)["t"] > first
    finds(story.end(), "S3:")


# MARK: - S4


async def test_signals_that_are_lost(stage):
    story = Story().end()
    story.records.remove(story.find("heard", count=2))
    finds(story, "S4: signal 3", "came after 1")
    story = Story().end()
    story.records.remove(story.find("heard", count=3))
    finds(story, "S4: 2 of 3 signals")
    finds(story, "S4: 3 of ('ada', 'bob') are called delivered, 2")


async def test_a_signal_that_comes_twice(stage):
    story = Story()
    story.add("heard", c=1, me="bob", by="ada", count=3)
    finds(story.end(), "S4: signal 3", "came after 3")


async def test_signals_that_change_places(stage):
    story = Story().end()
    one, other = story.find("heard", count=1), story.find("heard", count=2)
    one["count"], other["count"] = 2, 1
    finds(story, "S4: signal 2", "came after 0")


async def test_a_signal_that_nobody_has_said(stage):
    story = Story()
    story.add("heard", c=1, me="bob", by="ada", count=4)
    finds(story.end(), "S4: signal 4", "was never said")


# MARK: - People


async def test_interrupted_twice(stage):
    story = Story()
    story.add("closed", c=1, code=None, why="", live=True, node=0)
    story.entry([1, 7, "a7"], "h7", [["interrupted", "bob", None, None, None]])
    story.entry([1, 8, "a8"], "h8", [["interrupted", "bob", None, None, None]])
    finds(story.end(), "L1: interrupted of bob", "away")


async def test_interrupted_for_no_reason(stage):
    story = Story()
    story.time += 30
    story.entry([1, 7, "a7"], "h7", [["interrupted", "ada", None, None, None]])
    finds(story.end(), "L1: ada of client 0 was interrupted", "for no reason")


async def test_interrupted_since_the_node_was_killed(stage):
    story = Story()
    story.time += 30
    story.add("fault", fault="stop", node=0, until=story.time + 5)
    story.entry([1, 7, "a7"], "h7", [["interrupted", "ada", None, None, None]])
    assert not any("for no reason" in violation for violation in violations(story))


async def test_a_rolling_restart_is_no_reason(stage):
    story = Story()
    story.time += 30
    story.add("fault", fault="rolling", until=story.time + 5)
    story.add("moved", c=0, node=1)
    story.add("welcome", c=0, node=1, resumed=True)
    story.entry([1, 7, "a7"], "h7", [["interrupted", "ada", None, None, None]])
    finds(story.end(), "for no reason")


async def test_resumed_and_left_for_nothing(stage):
    story = Story()
    story.entry([1, 7, "a7"], "h7", [["resumed", "ada", None, None, None]])
    finds(story.end(), "L1: resumed of ada", "here")
    story = Story()
    for number in (7, 8):
        story.entry([1, number, f"a{number}"], f"h{number}", [["left", "ada", None, None, "left"]])
    finds(story.end(), "L1: left of ada", "gone")


async def test_left_as_disconnected_too_early(stage):
    story = Story()
    story.time += 20
    story.add("closed", c=1, code=None, why="", live=True, node=0)
    story.entry([1, 7, "a7"], "h7", [["interrupted", "bob", None, None, None]])
    story.time += 5
    story.entry([1, 8, "a8"], "h8", [["left", "bob", None, None, "disconnected"]], clients=[0])
    finds(story.end(), "L1: bob of client 1 left (disconnected)")


async def test_told_to_be_out_and_never_left(stage):
    story = Story()
    story.add("forgot", c=1, room=ROOM, me="bob", why="not-joined")
    story.time += 5
    story.snapshot(0, "ada", [1, 6, "a6"], "h6", [], ["ada", "bob"], last=2)
    finds(story.end(), "L2: bob was told to be out")


async def test_told_to_be_out_when_the_store_has_lost_everything(stage):
    for fault, is_wrong in (("flush", True), ("rollback", False)):
        story = Story()
        story.add("fault", fault=fault, loss=True)
        story.add("forgot", c=1, room=ROOM, me="bob", why="not-joined")
        story.time += 5
        story.snapshot(0, "ada", [2, 7, "a7"], "h6", [], ["ada", "bob"], last=2)
        assert any("L2: bob" in violation for violation in violations(story.end())) == is_wrong


async def test_a_join_that_is_answered_again_later(stage):
    story = Story()
    story.entry([1, 7, "a7"], "h7", [["attached", "bob", None, None, None]], clients=[0])
    story.records = [r for r in story.records if not (r["k"] == "snapshot" and r["c"] == 1)]
    story.at[1] = None
    story.snapshot(1, "bob", [1, 7, "a7"], "h7", [joined("bob")], ["ada", "bob"])
    assert not any("two histories" in violation for violation in violations(story))
    story.find("snapshot", c=1)["events"].append(["hand-raised", "ada", "ada", 3, None])
    finds(story, "S1: two histories")


# MARK: - The end


async def test_it_does_not_come_to_rest(stage):
    story = Story().end()
    story.find("settled")["t"] = story.find("calm")["t"] + 11
    finds(story, "convergence: after 11.0 s")


async def test_they_do_not_agree_at_the_end(stage):
    for member, value in (("at", [1, 5, "a5"]), ("hash", "h5")):
        story = Story().end()
        story.find("final", c=1)[member] = value
        finds(story, "convergence:", "and", ROOM)


async def test_one_alias_is_two_rooms(stage):
    story = Story().end()
    story.find("final", c=1)["room"] = "r_2"
    finds(story, "convergence: x is 2 rooms")


async def test_a_ghost_and_somebody_who_is_still_away(stage):
    story = Story().end()
    story.find("final", c=1)["people"] = ["ada", "bob", "eve"]
    finds(story, "ghosts: ['eve']")
    story = Story().end()
    story.find("final", c=1)["away"] = ["ada"]
    finds(story, "sees ['ada'] away")


async def test_what_a_client_has_found_itself(stage):
    story = Story().end()
    story.add("violation", c=1, what="S1: the snapshot's hash is not its state's")
    finds(story, "the snapshot's hash")


# MARK: - Plans


async def test_a_seed_is_a_plan(stage):
    plan = chaos_plan.schedule(7, 600, 3)
    assert plan == chaos_plan.schedule(7, 600, 3) != chaos_plan.schedule(8, 600, 3)
    assert {fault["fault"] for fault in plan} == set(chaos_plan.FAULTS)
    assert all(one["at"] <= other["at"] for one, other in zip(plan, plan[1:]))
    assert {fault["fault"] for fault in chaos_plan.schedule(7, 600, 3, ["kill", "cut"])} == {"kill", "cut"}
    assert chaos_plan.schedule(7, 600, 3, ["none"]) == []
    stops = [fault["seconds"] for fault in chaos_plan.schedule(7, 6000, 3, ["stop"])]
    assert 0.1 <= min(stops) < 0.2 and 20 < max(stops) <= 30


async def test_rooms_have_two_to_eight_people(stage):
    for clients in (2, 3, 9, 10, 200, 201):
        for seed in range(20):
            places = chaos_plan.rooms(seed, clients)
            assert len(places) == clients
            assert all(2 <= places.count(room) <= 9 for room in places)


async def test_the_quick_hash_is_the_hash(stage):
    state = {"room": {"id": "r", "n": 3, "open": True}, "people": {"p": {"name": "Ä", "away": False, "none": {}}}}
    assert quick_hash(state) == state_hash(state) == quick_hash(copy.deepcopy(state))
