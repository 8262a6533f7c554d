"""What a big tree costs: memory a znode, time to restart, latency while a snapshot is written."""

import statistics
import sys
import time

from rounds import BENCH_JVM, SETTINGS, bench
from zk import files
from zk.server import Apache, Ours

RATE = 3000  # Requests a second of the open loop; a fifth are writes.
WINDOW_SECONDS = 10
SNAPSHOT_EVERY = 3000  # Writes; several snapshots fall into the window.
NEVER = 100000000


def rss_bytes(server):
    with open(f"/proc/{server.process.pid}/status") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS")


def make(kind, snap_count=NEVER, directory=None):
    settings = {**SETTINGS, "snapCount": snap_count}
    if kind == "apache":
        return Apache(settings, directory=directory, java=BENCH_JVM)
    return Ours(settings, directory=directory)


def open_loop(options, server, prefix):
    arguments = ["run", "--mix", "get=80,set=20", "--rate", str(RATE), "--sessions", "4",
                 "--outstanding", "256", "--prefix", prefix]  # fmt: skip
    return bench(options, server, arguments, WINDOW_SECONDS)["latency_us"]["all"]["p999"]


def say(text):
    print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def measure_kind(options, kind):
    """All numbers of one server; the data directory of the filled tree is used throughout."""
    result = {}
    server = make(kind)
    try:
        server.start()
        connection = server.session()
        connection.must({"op": "exists", "path": "/"})
        result["idle rss"] = idle = rss_bytes(server)
        say(f"{kind}: filling {options.nodes} znodes")
        filled = bench(options, server, ["fill", "--count", str(options.nodes)])
        result["fill"] = filled["nodes_per_second"]
        result["rss per znode"] = (rss_bytes(server) - idle) / options.nodes
        connection.drop()
        result["restart"] = statistics.median(restart(kind, server) for _ in range(3))
        result["rss per znode restarted"] = (rss_bytes(server) - idle) / options.nodes
        say(f"{kind}: latency without and with snapshots")
        result["p999 quiet"] = open_loop(options, server, "/quiet")
        result["p999 snapshot"], result["snapshots"] = while_snapshotting(options, kind, server)
    finally:
        server.close()
    return result


def restart(kind, server):
    """Seconds from the start of the process until it serves."""
    server.stop()
    begin = time.monotonic()
    server.start()
    say(f"{kind}: restarted")
    return time.monotonic() - begin


def while_snapshotting(options, kind, server):
    """p99.9 of the same load while snapshots of the whole tree are written, and their number."""
    server.stop()
    again = make(kind, SNAPSHOT_EVERY, server.directory)
    try:
        again.start()
        before = set(files.snapshots(again.version2))
        value = open_loop(options, again, "/loud")
        made = set(files.snapshots(again.version2)) - before
    finally:
        again.kill()
    if not made:
        raise RuntimeError(f"{kind} wrote no snapshot in the window")
    return value, len(made)


def measure(options):
    """{"big tree": {kind: {name: number}}}."""
    kinds = ["ours"] if options.skip_apache else ["apache", "ours"]
    results = {kind: measure_kind(options, kind) for kind in kinds}
    print(file=sys.stderr)
    return {"big tree": results}
