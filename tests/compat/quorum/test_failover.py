"""Clients of the members that stay do not notice a new leader."""

import signal
import threading
import time

import pytest

from quorum.waiting import eventually
from zk.ensemble import Ensemble

SETTINGS = {"tickTime": 2000}


class Writer(threading.Thread):
    """Creates /w<id>/0, 1, 2 ... through one client, one after another, without any retry."""

    def __init__(self, client, name):
        super().__init__(daemon=True)
        self.client, self.name = client, name
        self.states, self.errors, self.gaps = [], [], []
        self.made = 0
        self.ending = threading.Event()
        client.create(f"/{name}")
        client.add_listener(self.states.append)

    def run(self):
        last = time.monotonic()
        while not self.ending.is_set():
            try:
                self.client.create(f"/{self.name}/{self.made}")
                self.made += 1
            except Exception as error:  # pylint: disable=broad-except
                self.errors.append(error)
                return
            now = time.monotonic()
            self.gaps.append(now - last)
            last = now

    def end(self):
        self.ending.set()
        self.join(30)
        return self


def writers(ensemble, ids):
    made = []
    for myid in ids:
        for number in range(2):
            made.append(Writer(ensemble.client(myid, timeout=12), f"w{myid}-{number}"))
    for writer in made:
        writer.start()
    for writer in made:
        eventually(lambda w=writer: w.made > 20)
    return made


def check(ensemble, made, ids):
    """No failed operation, no state change, and each write is there once."""
    for writer in made:
        writer.end()
        assert not writer.errors, f"{writer.name}: {writer.errors}"
        assert not writer.states, f"{writer.name}: {writer.states}"
    for myid in ids:
        client = ensemble.client(myid)
        client.sync("/")
        for writer in made:
            names = {int(name) for name in client.get_children(f"/{writer.name}")}
            assert names == set(range(writer.made)), f"{writer.name} at {myid}"
        client.stop()
    gaps = sorted(max(writer.gaps) for writer in made)
    print(f"longest time without a write: {gaps[-1] * 1000:.0f} ms")
    return gaps[-1]


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped"])
def test_writes_go_on_while_the_leader_ends(ending):
    with Ensemble(("ours",) * 3, settings=SETTINGS) as ensemble:
        ensemble.start().wait()
        for _ in range(3):
            leader = ensemble.leader()
            rest = [m for m in (1, 2, 3) if m != leader]
            made = writers(ensemble, rest)
            ensemble[leader]._end(ending)
            eventually(lambda: {ensemble.mode(m) for m in rest} == {"leader", "follower"}, 30)
            for writer in made:
                before = writer.made
                eventually(lambda w=writer, b=before: w.made > b + 20)
            check(ensemble, made, rest)
            for writer in made:
                writer.client.delete(f"/{writer.name}", recursive=True)
                writer.client.stop()
            ensemble.start(leader)
            ensemble.wait()


def test_watches_and_ephemerals_outlive_the_leader():
    with Ensemble(("ours",) * 3, settings=SETTINGS) as ensemble:
        ensemble.start().wait()
        leader = ensemble.leader()
        rest = [m for m in (1, 2, 3) if m != leader]
        watching, owner = ensemble.client(rest[0]), ensemble.client(rest[1])
        owner.create("/mine", b"", ephemeral=True)
        owner.create("/data", b"0")
        states, events = [], []
        watching.add_listener(states.append)
        watching.sync("/")
        assert watching.get("/data", watch=events.append)[0] == b"0"
        assert watching.exists("/mine", watch=events.append)
        ensemble[leader].kill()
        owner.set("/data", b"1")
        eventually(lambda: len(events) == 1)
        assert watching.get("/data")[0] == b"1"
        assert watching.exists("/mine")
        owner.stop()
        eventually(lambda: len(events) == 2)
        assert not states
        watching.stop()


def test_a_hung_leader_is_replaced():
    """SIGSTOP: no connection is reset, only heartbeats are missed."""
    with Ensemble(("ours",) * 3, settings=SETTINGS) as ensemble:
        ensemble.start().wait()
        leader = ensemble.leader()
        rest = [m for m in (1, 2, 3) if m != leader]
        made = writers(ensemble, rest)
        ensemble[leader].process.send_signal(signal.SIGSTOP)
        try:
            eventually(lambda: {ensemble.mode(m) for m in rest} == {"leader", "follower"}, 30)
            for writer in made:
                before = writer.made
                eventually(lambda w=writer, b=before: w.made > b + 20)
        finally:
            ensemble[leader].process.send_signal(signal.SIGCONT)
        check(ensemble, made, rest)
        ensemble.wait(leader)
        exactly = ensemble.client(leader)
        exactly.sync("/")
        for writer in made:
            assert len(exactly.get_children(f"/{writer.name}")) == writer.made
