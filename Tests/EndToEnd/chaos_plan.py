"""What a chaos run does, from a seed alone: who is in which room, and which fault comes when to which node."""

import random

# By name: how often it comes, in relation to the others.
FAULTS = {
    "kill": 30, "stop": 15, "cut": 10, "reset": 10, "delay": 8, "halve": 8, "pubsub": 6, "sleep": 5,
    "flush": 3, "rolling": 4, "failover": 3, "rollback": 2,
}
# These are the store's own, and have no node.
OF_THE_STORE = {"pubsub", "sleep", "flush", "failover", "rollback"}
# They want every node well before they begin, and nothing else beside them.
ALONE = {"flush", "rolling", "failover", "rollback"}
# The store has forgotten something that it had acknowledged.
FORGETS = {"flush", "rollback"}
PAUSE_SECONDS = 2.5


def rooms(seed, clients):
    """For each client the alias of its room; two to eight people are in each."""
    dice = random.Random(f"{seed} rooms")
    places = []
    number = 0
    while len(places) < clients:
        size = min(dice.randint(2, 8), clients - len(places))
        if clients - len(places) - size == 1:
            size += 1
        number += 1
        places += [f"chaos-{number}"] * size
    return places


def schedule(seed, seconds, nodes, only=None):
    """Faults as `{"at", "fault", "node", "seconds"}`, in order, the first two seconds and the end being calm."""
    dice = random.Random(f"{seed} faults")
    kinds = {kind: weight for kind, weight in FAULTS.items() if only is None or kind in only}
    plan, at = [], 2.0
    while kinds:
        at += dice.expovariate(1 / PAUSE_SECONDS)
        if at >= seconds:
            break
        kind = dice.choices(list(kinds), list(kinds.values()))[0]
        fault = {"at": round(at, 3), "fault": kind, "seconds": round(length(kind, dice), 3)}
        if kind not in OF_THE_STORE and kind != "rolling":
            fault["node"] = dice.randrange(nodes)
        if kind == "delay":
            fault["milliseconds"] = dice.choice([5, 50, 200, 500])
        if kind == "halve":
            fault["bytes"] = dice.randrange(1, 3000)
        plan.append(fault)
        if kind == "rolling":
            # It takes its time by itself.
            at += 6.0 * nodes
    return plan


def length(kind, dice):
    """How long it lasts; for `kill`: how long until the node is started again."""
    if kind == "kill":
        return dice.uniform(0.2, 4)
    if kind == "stop":
        # From 0.1 to 30 s, most of them short.
        return 0.1 * 300 ** dice.random()
    if kind == "cut":
        return dice.uniform(0.2, 8)
    if kind == "delay":
        return dice.uniform(1, 6)
    if kind == "sleep":
        return dice.uniform(0.1, 5)
    if kind == "rollback":
        return dice.uniform(0.05, 1)
    return 0
