"""Ensembles side by side: throughput, latency, a stopped follower, and the loss of the leader."""

import signal
import statistics
import sys
import threading
import time

from kazoo.client import KazooClient
from kazoo.exceptions import KazooException
from kazoo.retry import KazooRetry

import rounds
import table
from zk.ensemble import Ensemble

BENCH_JVM = ["-Xmx1g", "-Xms1g"]
SETTINGS = {"snapCount": 100000000, "preAllocSize": 65536, "tickTime": 2000, "maxClientCnxns": 0}
LOADS = {name: rounds.LOADS[name] for name in ("writes", "reads", "mixed", "latency")}
# What happens to the leader, and how it is undone.
ENDINGS = {"killed": signal.SIGKILL, "hung": signal.SIGSTOP, "stopped": signal.SIGTERM}


class Hosts:
    """What rounds.one() needs of a server: an ensemble's members as one list."""

    name = "ensemble"

    def __init__(self, ensemble, *ids):
        self.hosts = ensemble.hosts(*ids)


def start(kind, voters, observers):
    count = voters + observers
    ensemble = Ensemble((kind,) * count, observers=tuple(range(voters + 1, count + 1)),
                        settings=SETTINGS)
    for member in ensemble.members.values():
        member.java = BENCH_JVM
    ensemble.start().wait()
    return ensemble


class Writer(threading.Thread):
    """One session at a member that stays, one write after another; when each succeeded."""

    def __init__(self, hosts):
        super().__init__(daemon=True)
        quick = {"max_tries": -1, "delay": 0.001, "max_delay": 0.005, "backoff": 1, "max_jitter": 0}
        self.client = KazooClient(hosts=hosts, timeout=20, connection_retry=KazooRetry(**quick))
        self.client.start(60)
        self.client.ensure_path("/gap")
        self.times, self.failures = [], 0
        self.ending = threading.Event()

    def run(self):
        while not self.ending.is_set():
            try:
                self.client.set("/gap", b"x")
                self.times.append(time.monotonic())
            except KazooException:
                self.failures += 1
                time.sleep(0.001)  # As a client that tries again would.

    def wait_for(self, count):
        wanted = len(self.times) + count
        while len(self.times) < wanted:
            time.sleep(0.005)

    def end(self):
        self.ending.set()
        self.join(60)
        self.client.stop()


def lose_leader(ensemble, ending):
    """(longest time without a success in ms, failed operations) while the leader ends."""
    leader = ensemble.leader()
    writer = Writer(ensemble.hosts(*[m for m in ensemble.members if m != leader]))
    writer.start()
    writer.wait_for(100)
    process = ensemble[leader].process
    begun = time.monotonic()
    process.send_signal(ENDINGS[ending])
    writer.wait_for(100)
    while time.monotonic() < begun + 0.3:
        writer.wait_for(10)
    writer.end()
    if ending == "hung":
        process.send_signal(signal.SIGCONT)
    else:
        process.wait(60)
        ensemble.start(leader)
    ensemble.wait()
    gaps = [b - a for a, b in zip(writer.times, writer.times[1:]) if b > begun]
    return max(gaps) * 1000, writer.failures


def without_follower(options, ensemble):
    """Throughput of writes with a follower stopped, as a part of that with all."""
    follower = next(m for m in ensemble.members if ensemble.mode(m) == "follower")
    rest = Hosts(ensemble, *[m for m in ensemble.members if m != follower])
    healthy = rounds.one(options, "ensemble", rest, "writes")
    ensemble[follower].process.send_signal(signal.SIGSTOP)
    try:
        return rounds.one(options, "ensemble", rest, "writes") / healthy
    finally:
        ensemble[follower].process.send_signal(signal.SIGCONT)
        ensemble.wait()


def measure(options):
    """{name: {kind: [number of each run]}}; gaps in ms, failures as counts."""
    names = [*LOADS, "follower stopped", *ENDINGS, *(f"{e} failures" for e in ENDINGS)]
    wanted = set(options.only.split(",")) if options.only else set(names)
    results = {name: {"apache": [], "ours": []} for name in names}
    for number in range(options.runs):
        for kind in ("apache", "ours"):
            if kind == "apache" and options.skip_apache:
                continue
            run(options, kind, number, wanted, results)
    print(file=sys.stderr)
    return {name: kinds for name, kinds in results.items() if kinds["ours"]}


def run(options, kind, number, wanted, results):
    def note(name, value):
        results[name][kind].append(value)
        print(f"\r\033[Krun {number + 1}/{options.runs} {kind} {name}: {value:,.2f}", end="",
              file=sys.stderr, flush=True)  # fmt: skip

    ensemble = start(kind, options.voters, options.observers)
    try:
        everybody = Hosts(ensemble)
        if kind == "apache" and options.warmup:
            rounds.bench(options, everybody, LOADS["mixed"][0], options.warmup)
        for name in LOADS:
            if name in wanted:
                note(name, rounds.one(options, kind, everybody, name))
        if "follower stopped" in wanted:
            note("follower stopped", without_follower(options, ensemble))
        for ending in ENDINGS:
            for _ in range(options.losses if ending in wanted else 0):
                gap, failures = lose_leader(ensemble, ending)
                note(ending, gap)
                note(f"{ending} failures", failures)
    finally:
        ensemble.close()


# name -> (text, bound on the ratio of medians, or on our own number, unit).
RATIOS = {
    "writes": ("writes, 100 B, 16 sessions x 64", "up", 6.0, "op/s"),
    "reads": ("reads, 16 sessions x 64", "up", 8.0, "op/s"),
    "mixed": ("80 % reads, 16 sessions x 64", "up", 12.0, "op/s"),
    "latency": ("one outstanding write, p50", "down", 0.5, "us"),
}
BOUNDS = {
    "follower stopped": ("writes with a follower stopped, part of all", "up", 0.9, ""),
    "killed": ("leader killed: longest time without a write, median", "down", 100, "ms"),
    "killed worst": ("leader killed: worst", "down", 250, "ms"),
    "hung": ("leader hung: median", "down", 500, "ms"),
    "stopped": ("leader stopped: median", "down", 30, "ms"),
    "stopped failures": ("leader stopped: failed operations", "down", 0, ""),
}


def rows(results):
    made = [table.ratio_row(name, RATIOS[name], results[name]) for name in RATIOS if name in results]
    for name, (text, way, bound, unit) in BOUNDS.items():
        kinds = results.get(name.removesuffix(" worst"))
        if not kinds:
            continue
        pick = max if name.endswith((" worst", " failures")) else statistics.median
        row = {"name": name, "text": text, "unit": unit, "null": None, "ratio": None,
               "target": f"{'>=' if way == 'up' else '<='} {bound:g} {unit}".rstrip(),
               "ours": pick(kinds["ours"]),
               "apache": pick(kinds["apache"]) if kinds["apache"] else None}  # fmt: skip
        row["met"] = table.reaches(way, row["ours"], bound)
        made.append(row)
    return made
