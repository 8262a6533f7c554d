#!/usr/bin/env python3
"""Apache ZooKeeper 3.9.3 and Quorate side by side: ratios with their spread, and the targets.

    tests/bench/compare.py [--runs 5] [--seconds 5] [--nodes 1000000] [--only writes,reads]
                           [--json FILE] [--profile]

    tests/bench/compare.py --ensemble [--voters 3] [--observers 0] [--losses 3]   ensembles instead

The servers run in turn, alternating, on this machine, fsync on; the load generator is the same.
The null server (null_server.cc) shows what kernel and disk alone allow. Needs a release build;
tests/compat/setup.sh is run first. The exit code is 1 when a target is missed.
"""

import argparse
import json
import os
import resource
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "compat")]

import ensembles  # noqa: E402
import million  # noqa: E402
import rounds  # noqa: E402
import table  # noqa: E402


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="of each server, alternating")
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--warmup", type=float, default=12, help="seconds of load before Apache counts")
    parser.add_argument("--nodes", type=int, default=1000000, help="of the big tree; 0 leaves it out")
    parser.add_argument("--watchers", type=int, default=10000)
    parser.add_argument("--only", default="", help="measurements, comma separated")
    parser.add_argument("--skip-apache", action="store_true", help="ours and the null server alone")
    parser.add_argument("--bin", default=os.path.join(HERE, "..", "..", "build", "release", "bin"))
    parser.add_argument("--json", help="write all numbers to this file")
    parser.add_argument("--ensemble", action="store_true", help="ensembles on this machine")
    parser.add_argument("--voters", type=int, default=3)
    parser.add_argument("--observers", type=int, default=0)
    parser.add_argument("--losses", type=int, default=3, help="of the leader, of each kind, a run")
    parser.add_argument("--profile", action="store_true", help="perf of what falls short")
    return parser.parse_args()


def main():
    options = parse()
    options.bin = os.path.abspath(options.bin)
    os.environ.setdefault("QUORATE_SERVER", os.path.join(options.bin, "quorate-server"))
    subprocess.run([os.path.join(HERE, "..", "compat", "setup.sh")], check=True)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if options.ensemble:
        results = ensembles.measure(options)
        rows = ensembles.rows(results)
    else:
        results = rounds.measure(options)
        if options.nodes:
            results.update(million.measure(options))
        rows = table.rows(results)
    print(table.render(rows))
    missed = [row for row in rows if row["met"] is False]
    if options.profile and not options.ensemble:
        for row in missed:
            rounds.profile(options, row["name"])
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"results": results, "rows": rows}, file, indent=1)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
