"""One round: an ensemble, clients, faults from a seed, and what must be true at the end."""

import os
import random
import shutil
import time

import checker
import faults
from ensemble import SECONDS, Ensemble
from history import OK, REFUSED, UNKNOWN, WRITES, History, Session
from member import wait_until
from workload import BATCH_MAX, Workload, read_tree

EPISODES = 4
SESSION_SECONDS = 3.0
RECOVERY_SECONDS = 10  # Usually it is one; half of initLimit, so that nobody may wait for that to pass.
STALE_MAX = 1.5  # Twice the silence limit and four heartbeats are 1.0; the rest is for the machine.


class Round:
    """Everything that a seed decides. `say` gets one line for each thing that happens."""

    def __init__(self, seed, place, clock_library, say):
        self.seed, self.place, self.say = seed, place, say
        self.random = random.Random(seed)
        self.count = self.random.choice((3, 3, 5))
        self.ensemble = Ensemble(self.count, place, clock_library=clock_library)
        self.workload = None
        self.history = History(stale_max=STALE_MAX)
        self.begun = time.monotonic()
        self.found = []

    def run(self):
        """Returns what is wrong, as lines."""
        self.ensemble.start()
        self.workload = Workload(self.ensemble, self.seed, SESSION_SECONDS).start()
        self.workload.wait_progress(SECONDS, "no write at the start")
        plan = [faults.choose(self.count, self.random) for _ in range(EPISODES)]
        for chosen, following in zip(plan, [*plan[1:], []]):
            self.episode(chosen)
            # What comes next may come before everybody has recovered, unless a disk is lost in it: one
            # disk at a time is what is promised.
            if any("wiped" in fault.name for fault in [*chosen, *following]) or self.random.random() < 0.5:
                self.ensemble.wait_all()
        self.ensemble.wait_all()
        self.rest()
        self.found += [str(violation) for violation in checker.check(self.history)]
        return self.found

    def tell(self, text):
        self.say(f"{time.monotonic() - self.begun:7.3f} {text}")

    def episode(self, chosen):
        length = self.random.uniform(0.3, 2.5)
        leader = wait_until(self.ensemble.find_leader, SECONDS, self.ensemble.describe)
        for fault in chosen:
            others = [m.number for m in self.ensemble if m.number != leader and m.alive()]
            if not self.ensemble[leader].alive() or len(others) < 2:
                break  # The first one has left nothing for the second.
            whom = fault.begin(self.ensemble, leader, others, self.random)
            self.tell(f"{fault.name}: {whom}")
        lasts_until = time.monotonic() + length
        if len(chosen) == 1 and chosen[0].keeps_majority:
            self.progress(f"while {chosen[0].name}")
        time.sleep(max(0.0, lasts_until - time.monotonic()))  # The length is the fault's, no wait for anything.
        self.look_for_the_dead(chosen)
        self.ensemble.heal()
        self.tell("healed")
        self.progress("after healing")

    def progress(self, when):
        """Clients are answered before long: with more than can have been on its way."""
        count = 2 * BATCH_MAX * len(self.workload.clients)
        what = f"no writes {when}"
        self.workload.wait_progress(RECOVERY_SECONDS, lambda: f"{what}\n{self.ensemble.describe()}", count)
        if self.workload.failed():
            raise self.workload.failed()

    def look_for_the_dead(self, chosen):
        """A member that ends though nobody killed it."""
        for member in self.ensemble:
            if member.process is None or member.alive():
                continue
            is_full = any("full disk" in fault.name for fault in chosen)
            if not (is_full and "No space left" in member.log()):
                self.found.append(f"[exit] member {member.number} ended by itself with "
                                  f"{member.process.returncode}: {member.log()[-600:]}")  # fmt: skip

    def rest(self):
        """Ends the load and takes the history."""
        self.look_for_the_dead([])
        self.found += come_to_rest(self.ensemble, self.workload, self.history)
        self.tell(self.summary(sum(isinstance(e, Session) for e in self.history.entries)))

    def summary(self, sessions):
        """What the round was worth, in a line."""
        operations = self.history.operations
        counts = [f"{sum(op.outcome == o for op in operations)} {o}" for o in (OK, REFUSED, UNKNOWN)]
        times = sorted(op.completed for op in operations if op.outcome == OK and op.kind in WRITES)
        gap = max(later - at for at, later in zip(times, times[1:]))
        return (f"{len(operations)} operations ({', '.join(counts)}), {sessions} sessions ended, "
                f"{gap:.2f} s without a write at most")  # fmt: skip

    def keep(self, kept):
        """What is needed to understand a failure."""
        shutil.rmtree(kept, ignore_errors=True)
        os.makedirs(kept)
        if self.workload is not None:
            self.history.entries = self.workload.entries()
        self.history.save(os.path.join(kept, "history.jsonl"))
        self.ensemble.keep(kept)

    def close(self):
        if self.workload is not None:
            self.workload.close()
        self.ensemble.close()


def come_to_rest(ensemble, workload, history):
    """Ends the load, waits until sessions that ended are gone, and reads every member into the history.
    Returns what is wrong already."""
    workload.end(SECONDS)
    ended = {entry.session for entry in workload.entries() if isinstance(entry, Session)}

    def takes_sessions():
        try:
            for member in ensemble:
                member.open().ask({"op": "closeSession"})
        except (AssertionError, OSError):
            return False  # A disk was full, and its member has not looked at it again.
        return True

    def is_quiet():
        return not any(node.owner in ended for member in ensemble
                       for node in read_tree(member, "/e").values())  # fmt: skip

    found = []
    with workload.kept_alive():
        wait_until(takes_sessions, SECONDS, ensemble.describe)
        try:
            wait_until(is_quiet, 5 * SESSION_SECONDS, "ephemerals outlive their sessions")
        except AssertionError as error:
            found.append(f"[quiet] {error}")
        history.trees = {member.number: read_tree(member) for member in ensemble}
        history.digests = {member.number: digests(member) for member in ensemble}
    history.entries = workload.entries()
    return found


def digests(member):
    """{zxid: digest of the tree}, for the zxids that the member keeps one of."""
    lines = [line.partition(": ") for line in member.say("hash", 5).splitlines()]
    return {int(zxid, 16): digest for zxid, colon, digest in lines if colon}
