"""The measurements that are repeated: throughput, latency and fan-out of each server in turn."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from zk.server import Apache, Ours

# name -> arguments of `quorate bench`, and where in its JSON the number stands.
LOADS = {
    "writes": (["run", "--mix", "set=100"], ("throughput",)),
    "reads": (["run", "--mix", "get=100"], ("throughput",)),
    "mixed": (["run", "--mix", "get=80,set=20"], ("throughput",)),
    "multi": (["run", "--mix", "multi=100"], ("throughput",)),
    "list": (["list"], ("throughput",)),
    "latency": (["latency"], ("latency_us", "all", "p50")),
    "watch": (["watch"], ("fanout_ms", "median")),
}
SETTINGS = {"snapCount": 100000000, "preAllocSize": 65536, "tickTime": 2000, "maxSessionTimeout": 60000}
BENCH_JVM = ["-Xmx1g", "-Xms1g"]


class NullServer:
    """The limit: the same interface as the servers, as far as it is needed here."""

    name = "null"

    def __init__(self, options):
        self.options = options
        self.directory = tempfile.mkdtemp(prefix="quorate-null-")

    def start(self):
        binary = os.path.join(self.options.bin, "bench-null-server")
        self.process = subprocess.Popen(
            [binary, os.path.join(self.directory, "log")], stdout=subprocess.PIPE, text=True
        )
        port = int(re.match(r"port (\d+)", self.process.stdout.readline())[1])
        self.hosts = f"127.0.0.1:{port}"
        return self

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()


def make(kind, options):
    if kind == "null":
        return NullServer(options)
    if kind == "apache":
        return Apache(SETTINGS, java=BENCH_JVM)
    return Ours(SETTINGS)


def bench(options, server, arguments, seconds=None):
    """One run of the load generator; its JSON."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        command = [os.path.join(options.bin, "quorate"), "bench", *arguments, "--server", server.hosts,
                   "--json", file.name, "--no-progress"]  # fmt: skip
        if seconds is not None:
            command += ["--seconds", str(seconds)]
        if server.name == "null":
            command += ["--keep"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
        return json.load(open(file.name))


def one(options, kind, server, name):
    """The number of one load on a running server."""
    arguments, place = LOADS[name]
    if name == "watch":
        arguments = [*arguments, "--watchers", str(options.watchers)]
        result = bench(options, server, arguments)
    else:
        result = bench(options, server, arguments, options.seconds)
    if result.get("error_count"):
        raise RuntimeError(f"{kind} {name}: errors {result['errors']}")
    for key in place:
        result = result[key]
    return result


def chosen(options):
    wanted = options.only.split(",") if options.only else list(LOADS)
    return [name for name in LOADS if name in wanted]


def measure(options):
    """{name: {kind: [number of each run]}}."""
    results = {name: {"apache": [], "ours": [], "null": []} for name in chosen(options)}
    for number in range(options.runs):
        for kind in ("apache", "ours"):
            if kind == "apache" and options.skip_apache:
                continue
            with make(kind, options) as server:
                if kind == "apache" and options.warmup:
                    bench(options, server, LOADS["mixed"][0], options.warmup)
                for name in results:
                    note(results, options, number, kind, name, server)
    for name in results:
        for number in range(min(options.runs, 3) if name != "watch" else 0):
            with make("null", options) as server:
                note(results, options, number, "null", name, server)
    print(file=sys.stderr)
    return results


def note(results, options, number, kind, name, server):
    value = one(options, kind, server, name)
    results[name][kind].append(value)
    print(f"\r\033[Krun {number + 1}/{options.runs} {kind} {name}: {value:,.1f}", end="",
          file=sys.stderr, flush=True)  # fmt: skip


def profile(options, name):
    """Prints where our server spends its time under the load `name`."""
    if name not in LOADS or not shutil.which("perf"):
        print(f"no profile of {name}: " + ("perf is not installed" if name in LOADS else "no load"))
        return
    with make("ours", options) as server:
        data = os.path.join(server.directory, "perf.data")
        record = subprocess.Popen(
            ["perf", "record", "-q", "-g", "-o", data, "-p", str(server.process.pid)],
            stderr=subprocess.DEVNULL,
        )
        one(options, "ours", server, name)
        record.terminate()
        record.wait()
        report = subprocess.run(
            ["perf", "report", "--stdio", "--no-children", "-g", "none", "--percent-limit", "1.5",
             "-i", data], capture_output=True, text=True)  # fmt: skip
    lines = [line for line in report.stdout.splitlines() if line.strip() and line[0] != "#"]
    print(f"\nprofile of {name}:\n" + "\n".join(lines[:25]))
