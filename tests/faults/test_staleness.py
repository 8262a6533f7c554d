"""How old an answer can be of a member that has lost its leader, or its majority: measured.

A counter goes up at a member that stays. The victim is read all the time, with requests always on
their way. A read is as stale as the time between the acknowledgement of the first write that it lacks
and the moment when it was asked for. Bound: a member hears nothing for 0.4 s and stops serving; who
told it last may have been cut off as long itself, and heartbeats are 0.05 s apart: 2 * 0.4 + 4 * 0.05.
"""

import contextlib
import os
import statistics
import time

import pytest

from conftest import PLACE
from ensemble import SECONDS, Ensemble
from loads import Counter, Reader
from member import wait_until
from network import both

SILENCE = 0.4
STALE_MAX = 1.0
MACHINE = 0.3  # What a machine with two busy cores adds to the time until something is noticed.


def _to(ensemble, number):
    return [(other, number) for other in ensemble.numbers if other != number]


def _from(ensemble, number):
    return [(number, other) for other in ensemble.numbers if other != number]


# name -> (whether the victim is the leader, what is cut)
CUTS = {
    "leader cut off": (True, lambda e, v, leader: _to(e, v) + _from(e, v)),
    "leader deaf": (True, lambda e, v, leader: _to(e, v)),
    "leader mute": (True, lambda e, v, leader: _from(e, v)),
    "follower cut off": (False, lambda e, v, leader: _to(e, v) + _from(e, v)),
    "follower deaf": (False, lambda e, v, leader: _to(e, v)),
    "follower and leader apart": (False, lambda e, v, leader: both([v], [leader])),
}


@pytest.fixture(scope="module")
def ensemble():
    with Ensemble(3, os.path.join(PLACE, "stale")) as started:
        yield started.start()


@pytest.fixture
def turns(request):
    """How often each is measured."""
    return 5 if request.config.getoption("--long") else 1


def pick(ensemble, wants_leader):
    """(victim, leader, the one that the counter talks to)."""
    leader = ensemble.wait_all()
    victim = leader if wants_leader else next(n for n in ensemble.numbers if n != leader)
    rest = next(n for n in ensemble.numbers if n not in (victim, leader))
    return ensemble[victim], leader, ensemble[rest]


def serves_alone(reader, since):
    """Seconds after `since` of the last answer."""
    return max([at for _, at, _ in reader.answers if at > since], default=since) - since


@contextlib.contextmanager
def watched(ensemble, victim, other):
    """A counter at one member, under way, and a reader at the other."""
    counter, reader = Counter(other), Reader(victim)
    counter.start()
    try:
        counter.wait_for(50)
        yield counter, reader
    finally:
        counter.end()
        reader.end()
        ensemble.heal()


@pytest.mark.parametrize("name", CUTS)
def test_a_member_that_is_cut_off_stops_serving(ensemble, name, turns, say):
    wants_leader, cut = CUTS[name]
    worst, last_answers = 0.0, []
    for _ in range(turns):
        victim, leader, other = pick(ensemble, wants_leader)
        with watched(ensemble, victim, other) as (counter, reader):
            begun = time.monotonic()
            ensemble.network.cut(cut(ensemble, victim.number, leader))
            wait_until(lambda v=victim: v.mode() is None, SECONDS, f"{name}: member {victim.number} serves on")
            last_answers.append(serves_alone(reader, begun))
            counter.wait_for(50)
            ensemble.heal()
            ensemble.wait_all()
            counter.wait_for(50)
        worst = max(worst, reader.staleness(counter))
    say(f"{name}: stalest read {worst * 1000:.0f} ms; last answer after "
        f"{statistics.median(last_answers) * 1000:.0f} ms, {max(last_answers) * 1000:.0f} at most")  # fmt: skip
    assert max(last_answers) <= 2 * SILENCE + MACHINE
    assert worst <= STALE_MAX + MACHINE


@pytest.mark.parametrize("wants_leader", [True, False], ids=["leader", "follower"])
def test_a_member_that_wakes_up_does_not_answer_from_its_past(ensemble, wants_leader, turns, say):
    """Reads that came while it was stopped are answered from what is true after it went on."""
    worst, answered = 0.0, 0
    for _ in range(turns):
        victim, _, other = pick(ensemble, wants_leader)
        with watched(ensemble, victim, other) as (counter, reader):
            victim.stop()
            stopped = time.monotonic()
            counter.wait_for(200)
            # It must have been longer than the bound, or nothing is shown by this.
            wait_until(lambda s=stopped: time.monotonic() > s + STALE_MAX + 2 * MACHINE, SECONDS, "time stands still")
            counter.wait_for(20)
            victim.go_on()
            went_on = time.monotonic()
            ensemble.wait_all()
            counter.wait_for(50)
            wait_until(lambda r=reader, at=went_on: not r.alive() or any(asked > at for asked, _, _ in r.answers),
                       SECONDS, "no answer after it went on")  # fmt: skip
        answered += sum(stopped < asked < went_on <= at for asked, at, _ in reader.answers)
        worst = max(worst, reader.staleness(counter))
    say(f"stopped {'leader' if wants_leader else 'follower'}: stalest read {worst * 1000:.0f} ms; "
        f"{answered} that came meanwhile were answered afterwards")  # fmt: skip
    assert worst <= STALE_MAX + MACHINE
