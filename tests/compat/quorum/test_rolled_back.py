"""A volume that was replaced by an older copy of itself."""

import os
import shutil

import pytest

from quorum.test_orders import Ordered
from quorum.waiting import eventually
from zk.ensemble import Ensemble

COUNT = 20


class Marked(Ordered):
    def may_vote(self, myid):
        return self.status(myid).get("mayVote")


def data(ensemble, myid):
    return os.path.join(ensemble.directory, str(myid), "data")


def exists(ensemble, myid, name):
    return os.path.exists(os.path.join(data(ensemble, myid), "version-2", name))


def knows(ensemble, witness, myid, zxid):
    """Whether `witness` has written down that the disk of `myid` has `zxid`."""
    if not exists(ensemble, witness, "witness"):
        return False
    with open(os.path.join(data(ensemble, witness), "version-2", "witness")) as file:
        lines = [line.split() for line in file.read().splitlines()[1:]]
    return any(int(line[0]) == myid and int(line[2], 16) >= zxid for line in lines)


def roll_back(ensemble, victim, write, wait):
    """Kills all, `victim` with the disk that it had before `write`."""
    ensemble[victim].kill()
    older = data(ensemble, victim) + ".older"
    shutil.copytree(data(ensemble, victim), older)
    ensemble.start(victim).wait()
    zxid = write()
    wait(zxid)
    for myid in ensemble.members:
        ensemble[myid].kill()
    shutil.rmtree(data(ensemble, victim))
    os.rename(older, data(ensemble, victim))


def write_some(client):
    for index in range(COUNT):
        client.create(f"/rolled-{index}", b"x")
    return client.exists(f"/rolled-{COUNT - 1}").czxid


def test_does_not_vote_before_it_has_synced():
    with Marked(3, settings={"quorate.ensembleId": "blue"}) as ensemble:
        leader = ensemble.start().wait()
        victim, witness = (m for m in (1, 2, 3) if m != leader)
        client = ensemble.client(leader)
        roll_back(
            ensemble,
            victim,
            lambda: write_some(client),
            lambda zxid: eventually(lambda: knows(ensemble, witness, victim, zxid)),
        )
        client.stop()
        ensemble.start(victim, witness)
        eventually(lambda: "disk_rolled_back" in ensemble[victim].log())
        assert exists(ensemble, victim, "unfit")
        # Started again it knows without being told.
        ensemble[victim].kill()
        ensemble[witness].kill()
        ensemble.start(victim)
        eventually(lambda: ensemble.may_vote(victim) is False)
        ensemble.start(witness)
        eventually(lambda: ensemble.may_vote(witness) is True)
        assert ensemble.mode(victim) is None and ensemble.mode(witness) is None

        ensemble.start(leader).wait()
        eventually(lambda: not exists(ensemble, victim, "unfit"))
        reader = ensemble.client(victim)
        reader.sync("/")
        assert len([n for n in reader.get_children("/") if n.startswith("rolled-")]) == COUNT
        reader.stop()


@pytest.mark.parametrize("name", ["quorate.ensembleId", None])
def test_a_disk_that_only_was_away_votes(name):
    """What it misses was never on it; and without an id members trust disks, as ZooKeeper's do."""
    with Ensemble(["ours"] * 3, settings={name: "blue"} if name else {}) as ensemble:
        leader = ensemble.start().wait()
        victim, other = (m for m in (1, 2, 3) if m != leader)
        client = ensemble.client(leader)
        ensemble[victim].kill()
        zxid = write_some(client)
        if name:
            eventually(lambda: knows(ensemble, other, leader, zxid))
        client.stop()
        for myid in (leader, other):
            ensemble[myid].kill()
        ensemble.start(victim, other).wait(victim, other)
        assert "disk_rolled_back" not in ensemble[victim].log()
        assert exists(ensemble, other, "witness") == bool(name)
