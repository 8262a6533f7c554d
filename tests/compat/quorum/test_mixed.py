"""Ensembles of Apache ZooKeeper and Quorate members together, in every role."""

import pytest
from kazoo.exceptions import NoNodeError

from quorum.waiting import eventually
from zk.ensemble import Ensemble, metric
from zk.tree import differences, dump_server

MIXTURES = [
    pytest.param(("ours", "ours", "ours"), id="ours"),
    pytest.param(("ours", "apache", "apache"), id="one-of-ours"),
    pytest.param(("apache", "ours", "ours"), id="two-of-ours"),
    pytest.param(("apache", "apache", "ours"), id="ours-last"),
]


def settle(ensemble, ids):
    """Every member of `ids` has applied what was written before."""
    for myid in ids:
        client = ensemble.client(myid)
        client.sync("/")
        client.stop()


def dump_member(ensemble, myid):
    """Its tree. When a member wrote the configuration into its own is its own affair."""
    nodes = dump_server(ensemble[myid])
    nodes["/zookeeper/config"]["stat"].pop("mtime")
    return nodes


def assert_equal(ensemble, *ids):
    ids = ids or tuple(ensemble.members)
    settle(ensemble, ids)
    first = dump_member(ensemble, ids[0])
    for myid in ids[1:]:
        assert not differences(first, dump_member(ensemble, myid)), f"{ids[0]} and {myid}"
        found = metric(("127.0.0.1", ensemble.ports[myid]), "zk_digest_mismatches_count")
        assert not found, f"digest of member {myid}"


@pytest.fixture(params=MIXTURES)
def kinds(request):
    return request.param


def exercise(ensemble, ids):
    """Writes through every member and reads it through every other one."""
    clients = {myid: ensemble.client(myid) for myid in ids}
    for myid, client in clients.items():
        client.ensure_path("/exercise")
        client.create(f"/exercise/m{myid}-", f"by {myid}".encode(), sequence=True)
        client.create(f"/exercise/e{myid}", b"", ephemeral=True)
    for myid, client in clients.items():
        client.sync("/")
        for other in ids:
            assert client.exists(f"/exercise/e{other}"), f"{myid} sees what {other} made"
    seen = []
    some, other = clients[ids[0]], clients[ids[-1]]
    assert some.exists("/exercise/new", watch=seen.append) is None
    other.create("/exercise/new", b"1")
    eventually(lambda: seen)
    transaction = other.transaction()
    transaction.check("/exercise/new", version=0)
    transaction.set_data("/exercise/new", b"2")
    transaction.delete("/exercise/missing")
    results = transaction.commit()
    assert isinstance(results[2], NoNodeError)
    for myid in ids:
        clients[myid].stop()
    last = ensemble.client(ids[0])
    eventually(lambda: not [c for c in last.get_children("/exercise") if c.startswith("e")])
    last.delete("/exercise", recursive=True)
    last.stop()


def test_they_elect_serve_and_have_equal_trees(kinds):
    with Ensemble(kinds) as ensemble:
        ensemble.start().wait()
        exercise(ensemble, (1, 2, 3))
        client = ensemble.client(2)
        for number in range(50):
            client.create("/n", str(number).encode(), sequence=True)
        client.stop()
        assert_equal(ensemble)


@pytest.mark.parametrize("leader", ["ours", "apache"])
def test_each_kind_leads_the_other(leader):
    other = {"ours": "apache", "apache": "ours"}[leader]
    with Ensemble((other, leader, other)) as ensemble:
        # The second to start has the greater id: it leads the two.
        ensemble.start(1, 2)
        assert ensemble.wait(1, 2) == 2
        exercise(ensemble, (1, 2))
        ensemble.start(3)
        ensemble.wait(3)
        exercise(ensemble, (1, 2, 3))
        assert_equal(ensemble)


def test_a_killed_leader_is_replaced_and_comes_back(kinds):
    with Ensemble(kinds) as ensemble:
        ensemble.start().wait()
        for round_number in range(3):
            leader = ensemble.leader()
            client = ensemble.client(*[m for m in ensemble.members if m != leader])
            client.create(f"/before{round_number}")
            ensemble[leader].kill()
            rest = [m for m in ensemble.members if m != leader]
            eventually(lambda: {ensemble.mode(m) for m in rest} == {"leader", "follower"}, 40)
            client.retry(client.create, f"/after{round_number}")
            ensemble.start(leader)
            ensemble.wait()
            client.stop()
        exercise(ensemble, (1, 2, 3))
        assert_equal(ensemble)


@pytest.mark.parametrize("leader", ["ours", "apache"])
def test_an_observer_of_the_other_kind(leader):
    other = {"ours": "apache", "apache": "ours"}[leader]
    with Ensemble((leader, leader, other), observers=(3,)) as ensemble:
        ensemble.start().wait()
        assert ensemble.mode(3) == "observer"
        exercise(ensemble, (1, 2, 3))
        assert_equal(ensemble)


@pytest.mark.parametrize("leader", ["ours", "apache"])
@pytest.mark.parametrize("by", ["memory", "log", "snapshot"])
def test_a_member_that_was_away_catches_up(leader, by):
    """By DIFF from memory, or from the log while that is small beside a snapshot, or by a snapshot."""
    other = {"ours": "apache", "apache": "ours"}[leader]
    with Ensemble((leader, leader, other)) as ensemble:
        ensemble.start(1, 2)
        assert ensemble.wait(1, 2) == 2
        ensemble.start(3)
        ensemble.wait(3)
        client = ensemble.client(1, 2)
        client.create("/before")
        for number in range(60 if by == "log" else 0):
            client.create(f"/before/{number}", b"x" * 10000)
        settle(ensemble, (3,))
        ensemble[3].stop()
        for number in range(20 if by == "memory" else 800):
            client.create("/n", str(number).encode(), sequence=True)
        ensemble.start(3)
        ensemble.wait(3)
        exercise(ensemble, (1, 2, 3))
        client.stop()
        assert_equal(ensemble)
        if leader == "ours":
            lines = open(ensemble[2].log_path).read().splitlines()
            last = [line for line in lines if "learner_sync learner=3" in line][-1]
            assert f"by={'snap' if by == 'snapshot' else 'diff'}" in last
            assert last.endswith(f"from_log={str(by == 'log').lower()}"), last


def test_an_apache_ensemble_is_replaced_and_put_back_under_load():
    """Member by member, onto the same directories. Each write is there once."""
    with Ensemble(("apache", "apache", "apache")) as ensemble:
        ensemble.start().wait()
        client = ensemble.client()
        client.create("/count")
        made = []

        def write(count):
            for _ in range(count):
                # A name of its own: a retry after a lost connection finds it done.
                name = f"/count/{len(made)}"
                client.retry(lambda path=name: client.exists(path) or client.create(path))
                made.append(name)

        for kind in ("ours", "apache"):
            for myid in (1, 2, 3):
                write(30)
                ensemble[myid].stop()
                write(30)
                ensemble.use(myid, kind)
                ensemble.start(myid)
                ensemble.wait(myid)
        write(30)
        client.sync("/count")
        assert len(client.get_children("/count")) == len(made)
        client.stop()
        assert_equal(ensemble)
