"""How the rows of `wanted.py` are measured: each part gives a value for each of its rows, and the raw results."""

import importlib.util
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rows import RAISED
from served import ROOT, WORK, Served, build, build_generator, measure, median, serve

FREE = ["--messages-per-second", "10000000", "--message-burst", "10000000"]
SLOWER = ["--silence-milliseconds", "5000", "--dark-milliseconds", "11000"]


def tell(words):
    print(words, file=sys.stderr, flush=True)


def late(results):
    """What to say if the load set the pace."""
    busy = median(results, "loadBusy")
    return f"the load was busy for {busy:.0%}: it may have set the pace" if busy > 0.9 else ""


def crowd(bench):
    """The host mutes all ten times, in rooms with a stage of 50 and an audience."""
    results = {1_000: [], 10_000: []}
    for round in range(bench.rounds):
        for people, mutes in ((1_000, 10), (10_000, 5)):
            with Served(serve(bench.program, *RAISED)) as served:
                words = ["--scenario", "audience", "--people", str(people), "--mutes", str(mutes)]
                results[people].append(measure(bench.generator, "parley", served, words, 0))
            tell(f"round {round + 1} a room of {people}: {results[people][-1]['muteAll']}")
    mute = {people: [each["muteAll"] for each in list] for people, list in results.items()}
    few, many = results[1_000], results[10_000]
    return {
        "mute-1000": median(mute[1_000], "milliseconds99"),
        "mute-10000": median(mute[10_000], "medianMilliseconds"),
        "mute-10000-last": median(mute[10_000], "lastMilliseconds"),
        "joins-10000": median(many, "joinSeconds"),
        "joins-bytes": median(many, "joinBytes") / median(few, "joinBytes"),
    }, {}, results


def resume(bench):
    """`parley load resume-storm` checks what comes."""
    results, remarks = [], {}
    for round in range(bench.rounds):
        with Served(serve(bench.program)) as served:
            command = [str(bench.program), "load", "resume-storm", f"http://127.0.0.1:{served.port}",
                       "--sessions", "10000", "--json", "-"]
            done = subprocess.run(["taskset", "-c", "1", *command], capture_output=True, text=True)
        text = done.stdout[done.stdout.index("{"):]
        result, _ = json.JSONDecoder().raw_decode(text)
        verdict = result["verdict"]
        wrong = sum(verdict[each] for each in ("lost", "twice", "disordered", "altered", "differing", "faults"))
        last = result["latencies"]["caughtUp"]["microseconds"]["max"] / 1e6
        results.append({"seconds": last, "wrong": wrong, "result": result})
        tell(f"round {round + 1} a storm of 10,000: {last:.2f} s, {wrong} wrong; the load was busy for "
             f"{result['load']['busyShare']:.0%}")
        for fault in verdict["firstFaults"][:3]:
            tell(f"  {fault}")
        if result["load"]["isBottleneck"]:
            remarks["resume-10000"] = "the load may have set the pace"
    return {"resume-10000": median(results, "seconds"), "resume-lost": max(each["wrong"] for each in results)}, \
        remarks, results


def heartbeats(bench):
    values, raw = {}, {}
    for scenario, rooms in (("sessions", ""), ("idle", "-rooms")):
        for name, flags in (("idle-2s", []), ("idle-5s", SLOWER)):
            with Served(serve(bench.program, *flags)) as served:
                words = ["--scenario", scenario, "--pairs", "5000", "--warmup", "6"]
                result = measure(bench.generator, "parley", served, words, 15)
            values[name + rooms], raw[name + rooms] = 100 * result["busy"], result
            tell(f"{name + rooms}: {100 * result['busy']:.1f} %")
    return values, {}, raw


def signalling(bench):
    """Each of 10,000 sessions sends 50: as fast as they are answered, and by a schedule."""
    ways = {
        "signalling": ["--burst", "10"],
        "signalling-half": ["--burst", "10", "--rate", "50000"],
        "signalling-apart": ["--burst", "1", "--rate", "50000"],
    }
    results = {name: [] for name in ways}
    for _ in range(bench.rounds):
        for name, words in ways.items():
            with Served(serve(bench.program, *FREE)) as served:
                words = ["--scenario", "signalling", "--pairs", "5000", *words]
                results[name].append(measure(bench.generator, "parley", served, words, 0))
            tell(f"{name}: {results[name][-1]}")
    remarks = {"signalling": late(results["signalling"])}
    for name in ("signalling-half", "signalling-apart"):
        lateness = median(results[name], "lateMilliseconds99")
        remarks[name] = f"the load itself was {lateness:.1f} ms late" if lateness > 5 else ""
    return {
        "signalling": median(results["signalling"], "perSecond"),
        "signalling-half": median(results["signalling-half"], "milliseconds99"),
        "signalling-apart": median(results["signalling-apart"], "milliseconds99"),
    }, remarks, results


def day(bench):
    """One go: 5,000 signals of each session. Nobody can say that they are lost without its being noticed."""
    began = time.monotonic()
    with Served(serve(bench.program, *FREE)) as served:
        words = ["--scenario", "signalling", "--pairs", "5000", "--burst", "10", "--each", str(bench.each)]
        result = measure(bench.generator, "parley", served, words, 0)
    tell(f"a day: {result}, {time.monotonic() - began:.0f} s in all")
    return {"day": result["seconds"] / 60}, {"day": late([result])}, [result]


def certificate(folder):
    """As people have them: P-256."""
    key, made = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", "/CN=localhost", "-keyout", key, "-out", made], check=True, capture_output=True)
    return ["--tls-certificate", str(made), "--tls-key", str(key)]


def tls(bench):
    """Plaintext and TLS in turn; both ends on this machine, each on its own processor."""
    generator = build_generator(tls=True)
    rows = {
        "tls": ["--scenario", "relay"], "tls-bursts": ["--scenario", "relay", "--burst", "8"],
        "tls-joins": ["--scenario", "joins", "--pairs", "1000"],
        "tls-memory": ["--scenario", "sessions", "--pairs", "4500"],
    }
    results = {(name, over): [] for name in rows for over in ("plain", "tls")}
    with tempfile.TemporaryDirectory() as folder:
        flags = certificate(Path(folder))
        for _ in range(bench.rounds):
            for name, words in rows.items():
                for over, more in (("plain", []), ("tls", flags)):
                    options = [*words, "--tls", "1" if over == "tls" else "0"]
                    with Served(serve(bench.program, *FREE, *more)) as served:
                        results[name, over].append(measure(generator, "parley", served, options, bench.seconds))
                    tell(f"{name} {over}: {results[name, over][-1]}")

    def times(name):
        pairs = zip(results[name, "tls"], results[name, "plain"])
        return statistics.median(a["cpuNanoseconds"] / b["cpuNanoseconds"] for a, b in pairs)

    return {
        "tls": times("tls"), "tls-bursts": times("tls-bursts"),
        "tls-memory": median(results["tls-memory", "tls"], "bytesPerConnection"),
        "tls-joins": median(results["tls-joins", "tls"], "cpuNanoseconds") / 1e3,
    }, {}, {" ".join(key): list for key, list in results.items()}


def loops(bench):
    """One event loop and two in turn, on the same processor: what it costs that people of one room are on both."""
    stage = [*RAISED, "--stage-max", "1000"]
    rows = {
        "loops-100": (["--scenario", "media", "--people", "100"], stage),
        "loops-1000": (["--scenario", "media", "--people", "1000"], stage),
        "loops-relay": (["--scenario", "relay"], FREE),
        "loops-bursts": (["--scenario", "relay", "--burst", "8"], FREE),
    }
    results = {name: [] for name in rows}
    for _ in range(bench.rounds):
        for name, (words, flags) in rows.items():
            costs = []
            for count in ("1", "2"):
                with Served(serve(bench.program, *flags, "--loops", count)) as served:
                    result = measure(bench.generator, "parley", served, words, bench.seconds)
                costs.append(result["cpuNanoseconds"])
            results[name].append(costs)
            tell(f"{name}: {costs[0]:.0f} ns with one, {costs[1]:.0f} ns with two")
    return {
        name: statistics.median(two / one for one, two in each) for name, each in results.items()
    }, {}, results


def allocations(bench):
    """By Tests/Allocations, whose library counts what the server asks malloc for."""
    file = ROOT / "Tests" / "Allocations" / "run.py"
    specification = importlib.util.spec_from_file_location("allocations", file)
    counting = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(counting)
    scenarios = {
        "allocations": (["--scenario", "relay"], FREE),
        "allocations-bursts": (["--scenario", "relay", "--burst", "8"], FREE),
        "allocations-100": (["--scenario", "media", "--people", "100"], [*RAISED, "--stage-max", "1000"]),
        "allocations-1000": (["--scenario", "media", "--people", "1000"], [*RAISED, "--stage-max", "1000"]),
    }
    values = {}
    with tempfile.TemporaryDirectory() as name:
        library, generator = counting.compile_all(Path(name))
        for row, (words, flags) in scenarios.items():
            counts = Path(name) / row
            environment = {"LD_PRELOAD": str(library), "ALLOCATION_COUNTS": str(counts)}
            with Served(serve(bench.program, *flags), environment=environment) as served:
                result = measure(generator, "parley", served, [*words, "--counts", str(counts)], 2)
            values[row] = result["allocations"]
            tell(f"{row}: {result['allocations']:.4f}")
    return values, {}, values


def nanoseconds(program, name):
    """Of one piece of work: what more of it takes longer. The quickest of several tries was disturbed least."""
    def seconds(count):
        began = time.perf_counter()
        subprocess.run(["taskset", "-c", "0", program, name, str(count)], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    few, many = 100_000, 1_100_000
    return (min(seconds(many) for _ in range(5)) - min(seconds(few) for _ in range(5))) * 1e9 / (many - few)


def own(bench):
    program = str(bench.pieces or build("micro"))
    names = ("unmask 300 B", "UTF-8 of 300 B", "scan 300 B", "relay frame of 300 B")
    pieces = {name: nanoseconds(program, name) for name in names}
    tell(str(pieces))
    return {"own-code": sum(pieces.values())}, {}, pieces


MEASURED = {
    "crowd": crowd, "resume": resume, "heartbeats": heartbeats, "signalling": signalling, "tls": tls,
    "loops": loops, "allocations": allocations, "own": own, "day": day,
}
WORK.mkdir(parents=True, exist_ok=True)
