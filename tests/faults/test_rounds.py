"""Rounds of faults from seeds; each history is checked."""

import os
import time

from conftest import KEPT, PLACE
from rounds import Round


def run_seed(seed, clock_library, say, is_loud):
    """Returns the seed's failure, or None; keeps what explains one."""
    lines = []

    def tell(text):
        lines.append(text)
        if is_loud:
            say(text)

    begun = time.monotonic()
    one = Round(seed, os.path.join(PLACE, f"round-{seed}"), clock_library, tell)
    failure = None
    try:
        failure = "\n".join(one.run())
    except AssertionError as error:
        failure = str(error)
    finally:
        if failure != "":  # Also when something else was thrown.
            kept = os.path.join(KEPT, f"seed-{seed}")
            one.keep(kept)
            with open(os.path.join(kept, "story.txt"), "w", encoding="utf-8") as file:
                file.write("\n".join([*lines, failure or "broken off"]) + "\n")
        one.close()
    say(f"seed {seed}: {one.count} members, {time.monotonic() - begun:.1f} s, "
        f"{lines[-1].strip() if not failure else 'FAILED'}")  # fmt: skip
    if failure:
        story = "\n".join(lines)
        return (f"seed {seed}\n{story}\n{failure}\nkept: {kept}\n"
                f"again: tests/faults/run.sh --seed {seed} --rounds 1 -k rounds")  # fmt: skip
    return None


def test_rounds(request, clock_library, say):
    first, rounds = request.config.getoption("--seed"), request.config.getoption("--rounds")
    until = time.monotonic() + request.config.getoption("--hours") * 3600
    say("")
    failures, seed = [], first
    while seed < first + rounds or time.monotonic() < until:
        failure = run_seed(seed, clock_library, say, is_loud=rounds == 1)
        if failure:
            failures.append(failure)
            say(failure)
        seed += 1
    assert not failures, f"{len(failures)} of {seed - first} seeds failed; the first:\n{failures[0]}"
