"""Drives two servers in lock-step through generated steps and reports every difference.

    python -m diff.run --left apache --right ours --seeds 20 --steps 400
    python -m diff.run --seed 7 --steps 400 --trace        one seed, every step printed
"""

import argparse
import sys
import time

from diff import coverage
from diff.generator import Generator, describe
from diff.side import Side
from zk.server import KINDS, SUPER_DIGEST

DIFFERENCES_PER_SEED = 4
PROFILES = {
    "plain": {"flags": []},
    "extended": {
        "flags": ["-Dzookeeper.extendedTypesEnabled=true", "-Dzookeeper.enforceQuota=true"]
    },
}
COMMON_FLAGS = [
    "-Dzookeeper.DigestAuthenticationProvider.superDigest=" + SUPER_DIGEST,
    "-Dznode.container.checkIntervalMs=86400000",
]
SETTINGS = {"tickTime": 200, "minSessionTimeout": 600, "maxSessionTimeout": 600000}


class Difference(Exception):
    """The two sides disagree about one step."""

    def __init__(self, step, left, right):
        super().__init__(describe(step))
        self.step, self.left, self.right = step, left, right

    def text(self):
        lines = [f"  step   {describe(self.step)[:600]}"]
        for name in sorted(set(self.left) | set(self.right)):
            one, other = self.left.get(name, []), self.right.get(name, [])
            if one == other:
                continue
            lines.append(f"  on {name}:")
            lines += [f"    {mark} {frame}" for mark, frame in _unlike(one, other)]
        return "\n".join(lines)


def _unlike(one, other):
    """Pairs of frames that differ, reduced to the fields that do."""
    for index in range(max(len(one), len(other))):
        left = one[index] if index < len(one) else None
        right = other[index] if index < len(other) else None
        if left == right:
            continue
        if left is None or right is None or left["kind"] != right["kind"]:
            yield "left ", left
            yield "right", right
            continue
        keys = [k for k in set(left) | set(right) if left.get(k) != right.get(k)]
        where = {k: left[k] for k in ("kind", "op", "xid") if k in left}
        yield "left ", {**where, **{k: left.get(k) for k in keys}}
        yield "right", {**where, **{k: right.get(k) for k in keys}}


class Pair:
    """Two sides that take the same steps."""

    def __init__(self, left, right, tamper=None):
        self.left, self.right = Side(left), Side(right, tamper)
        self.seen = coverage.Coverage()
        self.steps = 0

    def take(self, step):
        """Carries out one step on both; returns the left frames, raises Difference."""
        self.steps += 1
        try:
            self.left.start(step)
            self.right.start(step)
            left, right = self.left.finish(step), self.right.finish(step)
        except (OSError, KeyError) as error:
            for side in (self.left, self.right):
                side.server.check_alive()
            raise AssertionError(f"{error!r} at {describe(step)}") from error
        self.seen.note(step, left)
        if left != right:
            raise Difference(step, left, right)
        return left

    def note_deaths(self):
        """The end of the output of a server that has exited, to be shown with a difference."""
        dead = [side.server for side in (self.left, self.right) if not side.server.alive()]
        return "".join(f"\n  {server.name} exited: {server.log()}" for server in dead)

    def level(self):
        """After a difference: zxids are counted from here on both sides."""
        for side in (self.left, self.right):
            side.close()
            side.server.check_alive()
            with side.server.session() as probe:
                side.normaliser.last_zxid = probe.ask({"op": "closeSession"})["zxid"]
        self.right.normaliser.level_with(self.left.normaliser)

    def run_seed(self, seed, count, features=(), trace=False):
        """Returns the differences of one seed as texts."""
        generator = Generator(seed, features)
        found = []
        queue = list(generator.opening())
        for _ in range(count):
            if not queue:
                step = generator.next()
                queue = step if isinstance(step, list) else [step]
            step = queue.pop(0)
            if trace:
                print(describe(step))
            try:
                generator.observe(step, self.take(step))
            except Difference as difference:
                found.append(f"seed {seed}\n{difference.text()}{self.note_deaths()}")
                generator.observe(step, difference.left)
                if len(found) >= DIFFERENCES_PER_SEED or not self.may_go_on(difference):
                    self.level()
                    break
        for side in (self.left, self.right):
            side.close()
        return found

    def may_go_on(self, difference):
        """Whether both sides have the same connections still; levels their zxids if so."""
        frames = [f for s in (difference.left, difference.right) for fs in s.values() for f in fs]
        if any(frame["kind"] in ("closed", "silent") for frame in frames):
            return False
        self.right.normaliser.level_with(self.left.normaliser)
        return True


def servers(left, right, profile):
    """Two started servers with the same configuration."""
    flags = COMMON_FLAGS + PROFILES[profile]["flags"]
    pair = [KINDS[kind](SETTINGS, flags) for kind in (left, right)]
    for server in pair:
        server.start(wait=False)
    for server in pair:
        server.wait_ready()
    return pair


def run(left, right, seeds, steps, seconds=None, trace=False, quiet=False):
    """Returns (differences, coverage, steps taken)."""
    found, seen, taken = [], coverage.Coverage(), 0
    started = time.monotonic()
    for profile in PROFILES:
        pair_of_servers = servers(left, right, profile)
        try:
            pair = Pair(*pair_of_servers)
            for seed in seeds:
                found += [f"{profile} {text}" for text in pair.run_seed(seed, steps, [profile], trace)]
                if not quiet:
                    print(f"\r{profile}: seed {seed}, {pair.steps} steps, {len(found)} differences",
                          end="", file=sys.stderr, flush=True)
                if seconds and time.monotonic() - started > seconds:
                    break
            seen.merge(pair.seen)
            taken += pair.steps
        finally:
            for server in pair_of_servers:
                server.close()
    if not quiet:
        print(file=sys.stderr)
    return found, seen, taken


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--left", choices=KINDS, default="apache")
    parser.add_argument("--right", choices=KINDS, default="ours")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--trace", action="store_true")
    options = parser.parse_args()
    seeds = [options.seed] if options.seed is not None else range(options.seeds)
    found, seen, taken = run(
        options.left, options.right, seeds, options.steps, trace=options.trace
    )
    for text in found:
        print(text)
    print(f"{taken} steps, {len(found)} differences; {seen.summary()}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
