"""What can happen to an ensemble. A fault begins by itself; Ensemble.heal() ends all of them.

Which member is the leader is found out when the fault begins; everything else comes from the seed.
"""

from dataclasses import dataclass
from typing import Callable

from member import wait_until
from network import both

DAY = 86400


@dataclass(frozen=True)
class Fault:
    """`begin(ensemble, leader, others, randomness)` does it and says to whom."""

    name: str
    begin: Callable
    keeps_majority: bool = True  # Clients go on while it lasts, if it is the only one.
    members_min: int = 3


def _killed(members):
    for member in members:
        member.process.kill()
    for member in members:
        member.kill()
    return f"members {[member.number for member in members]}"


def _kill_leader(ensemble, leader, _others, _randomness):
    return _killed([ensemble[leader]])


def _kill_follower(ensemble, _leader, others, randomness):
    return _killed([ensemble[randomness.choice(others)]])


def _kill_all(ensemble, _leader, _others, _randomness):
    return _killed([member for member in ensemble if member.alive()])


def _terminate_leader(ensemble, leader, _others, _randomness):
    code = ensemble[leader].terminate()
    assert code in (0, -15), f"member {leader} ended with {code} when it was asked to stop"
    return f"member {leader}"


def _stop_leader(ensemble, leader, _others, _randomness):
    ensemble[leader].stop()
    return f"member {leader}"


def _stop_follower(ensemble, _leader, others, randomness):
    number = randomness.choice(others)
    ensemble[number].stop()
    return f"member {number}"


def _cut_off(ensemble, numbers):
    rest = [n for n in ensemble.numbers if n not in numbers]
    ensemble.network.cut(both(numbers, rest))
    return f"members {numbers} from {rest}"


def _cut_off_leader(ensemble, leader, _others, _randomness):
    return _cut_off(ensemble, [leader])


def _cut_off_follower(ensemble, _leader, others, randomness):
    return _cut_off(ensemble, [randomness.choice(others)])


def _cut_off_leader_and_one(ensemble, leader, others, randomness):
    return _cut_off(ensemble, [leader, randomness.choice(others)])


def _all_apart(ensemble, _leader, _others, _randomness):
    ensemble.network.cut(both(ensemble.numbers, ensemble.numbers))
    return "everybody from everybody"


def _deaf(ensemble, number):
    ensemble.network.cut([(other, number) for other in ensemble.numbers if other != number])
    return f"member {number} hears nobody"


def _mute(ensemble, number):
    ensemble.network.cut([(number, other) for other in ensemble.numbers if other != number])
    return f"nobody hears member {number}"


def _two_apart(ensemble, one, other):
    ensemble.network.cut(both([one], [other]))
    return f"members {one} and {other} do not see each other"


def _some_pairs(ensemble, others, randomness):
    """All links, or those of one follower."""
    if randomness.random() < 0.5:
        return both(ensemble.numbers, ensemble.numbers)
    number = randomness.choice(others)
    return both([number], [n for n in ensemble.numbers if n != number])


def _loss(ensemble, _leader, others, randomness):
    pairs, percent = _some_pairs(ensemble, others, randomness), randomness.randint(2, 15)
    ensemble.network.lose(pairs, percent)
    return f"{percent} % of the packets on {len(pairs)} directions"


def _delay(ensemble, _leader, others, randomness):
    pairs, most = _some_pairs(ensemble, others, randomness), randomness.choice((2, 10, 50))
    ensemble.network.delay(pairs, most / 2, most, randomness.randrange(1 << 30))
    return f"{most / 2:g} to {most} ms on {len(pairs)} directions"


def _full_disk(ensemble, number, randomness):
    left = randomness.choice((0, 1 << 20, 4 << 20))
    ensemble[number].fill(left)
    return f"member {number}, {left} bytes left"


def _wipe(ensemble, number):
    """Killed, emptied, and started again at once: it has to find its history at the others."""
    member = ensemble[number]
    member.kill()
    member.wipe()
    member.start()
    return f"member {number}"


def _jump(ensemble, number, randomness):
    seconds = randomness.choice((-DAY, -30, -1, 1, 30, DAY))
    ensemble[number].jump(seconds)
    return f"member {number} by {seconds} s"


def _flap(ensemble, _leader, others, randomness):
    """Cut off and back, some times, faster than anybody settles."""
    number = randomness.choice(others)
    pairs = both([number], [n for n in ensemble.numbers if n != number])
    for _ in range(4):
        ensemble.network.cut(pairs)
        wait_until(lambda: ensemble[number].mode() is None, 20, f"member {number} serves, cut off")
        ensemble.network.mend(pairs)
    return f"member {number}"


FAULTS = (
    Fault("kill -9 of the leader", _kill_leader),
    Fault("kill -9 of a follower", _kill_follower),
    Fault("kill -9 of all", _kill_all, keeps_majority=False),
    Fault("SIGTERM to the leader", _terminate_leader),
    Fault("SIGSTOP of the leader", _stop_leader),
    Fault("SIGSTOP of a follower", _stop_follower),
    Fault("leader cut off", _cut_off_leader),
    Fault("follower cut off", _cut_off_follower),
    Fault("leader and one more cut off", _cut_off_leader_and_one, members_min=5),
    Fault("all cut off", _all_apart, keeps_majority=False),
    Fault("leader deaf", lambda e, leader, o, r: _deaf(e, leader)),
    Fault("leader mute", lambda e, leader, o, r: _mute(e, leader)),
    Fault("follower deaf", lambda e, leader, o, r: _deaf(e, r.choice(o))),
    Fault("follower mute", lambda e, leader, o, r: _mute(e, r.choice(o))),
    Fault("leader and a follower apart", lambda e, leader, o, r: _two_apart(e, leader, r.choice(o))),
    Fault("two followers apart", lambda e, leader, o, r: _two_apart(e, *r.sample(o, 2))),
    Fault("packet loss", _loss),
    Fault("delay", _delay),
    Fault("full disk of the leader", lambda e, leader, o, r: _full_disk(e, leader, r),
          keeps_majority=False),
    Fault("full disk of a follower", lambda e, leader, o, r: _full_disk(e, r.choice(o), r)),
    Fault("wiped disk of the leader", lambda e, leader, o, r: _wipe(e, leader)),
    Fault("wiped disk of a follower", lambda e, leader, o, r: _wipe(e, r.choice(o))),
    Fault("clock of the leader", lambda e, leader, o, r: _jump(e, leader, r)),
    Fault("clock of a follower", lambda e, leader, o, r: _jump(e, r.choice(o), r)),
    Fault("flapping follower", _flap),
)  # fmt: skip


def choose(count, randomness):
    """One or two faults that make sense together."""
    possible = [fault for fault in FAULTS if fault.members_min <= count]
    chosen = [randomness.choice(possible)]
    if randomness.random() < 0.4:
        second = randomness.choice(possible)
        # Two disks lost at once are more than a promise covers.
        if second is not chosen[0] and not all("wiped" in fault.name for fault in (chosen[0], second)):
            chosen.append(second)
    return chosen
