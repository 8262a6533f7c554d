"""leaderServes=no: a leader turns clients away, whoever follows takes them."""

import pytest

from quorum.waiting import eventually
from zk.connection import Connection
from zk.ensemble import Ensemble

SETTINGS = {"leaderServes": "no"}


def is_served(ensemble, myid):
    try:
        return Connection(("127.0.0.1", ensemble.ports[myid])).connect() is not None
    except OSError:
        return False


def served(ensemble):
    return {myid for myid in ensemble.members if is_served(ensemble, myid)}


@pytest.mark.parametrize("kind", ["apache", "ours"])
def test_only_followers_serve(kind):
    with Ensemble((kind,) * 3, settings=SETTINGS) as ensemble:
        ensemble.start()
        eventually(lambda: len(served(ensemble)) == 2, 60)
        client = ensemble.client()
        client.create("/a")
        client.stop()
        assert len(served(ensemble)) == 2


@pytest.mark.parametrize("flag", [False, True], ids=["zoo.cfg", "property"])
def test_a_leader_that_becomes_a_follower_serves_again(flag):
    with Ensemble(("ours",) * 3, settings={} if flag else SETTINGS) as ensemble:
        if flag:
            for member in ensemble.members.values():
                member.flags.append("-Dzookeeper.leaderServes=no")
        leader = ensemble.start().wait()
        others = set(ensemble.members) - {leader}
        assert served(ensemble) == others
        client = ensemble.client(*others)
        client.create("/a")
        ensemble[leader].stop()
        eventually(lambda: any(ensemble.mode(m) == "leader" for m in others))
        ensemble.start(leader).wait()
        now = ensemble.leader()
        assert now != leader
        eventually(lambda: served(ensemble) == set(ensemble.members) - {now})
        client.retry(client.create, "/b")
        client.stop()
