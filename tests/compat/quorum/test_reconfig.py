"""Dynamic reconfiguration, by the clients' request, in pure and in mixed ensembles."""

import pytest
from kazoo.exceptions import (
    BadArgumentsError,
    BadVersionError,
    NewConfigNoQuorumError,
    NoAuthError,
    ReconfigInProcessError,
)

from zk.ensemble import Ensemble
from quorum.waiting import eventually

SETTINGS = {"reconfigEnabled": "true", "skipACL": "yes", "standaloneEnabled": "false"}
KINDS = [
    pytest.param(("ours",) * 4, id="ours"),
    pytest.param(("ours", "ours", "ours", "apache"), id="ours-lead"),
    pytest.param(("apache", "apache", "apache", "ours"), id="apache-lead"),
]


def spec(ensemble, myid, role="participant"):
    """The line of member `myid` as reconfig wants it."""
    address = ensemble.settings[f"server.{myid}"].split(":observer")[0]
    return f"server.{myid}={address}:{role};127.0.0.1:{ensemble.ports[myid]}"


def members(text):
    """{id: role} of a configuration's text."""
    found = {}
    for line in text.decode().splitlines():
        if line.startswith("server."):
            key, _, value = line.partition("=")
            found[int(key[7:])] = value.split(";")[0].split(":")[3]
    return found


def version(text):
    return int(text.decode().splitlines()[-1].partition("=")[2], 16)


@pytest.fixture(params=KINDS)
def ensemble(request):
    """Members 1 to 3 serve; 4 knows of them and is not yet one of them."""
    with Ensemble(request.param, settings=SETTINGS) as made:
        lines = {key: value for key, value in made.settings.items() if key.startswith("server.")}
        for myid in (1, 2, 3):
            made[myid].settings.pop("server.4")
        made[4].settings = {**made[4].settings, **lines}
        made.start(1, 2, 3).wait(1, 2, 3)
        yield made


def test_a_member_joins_changes_its_role_and_leaves(ensemble):
    client = ensemble.client(1, 2, 3)
    seen = []
    before, _ = client.get("/zookeeper/config", watch=seen.append)
    ensemble.start(4)
    text, stat = client.reconfig(joining=spec(ensemble, 4), leaving=None, new_members=None)
    assert members(text) == {1: "participant", 2: "participant", 3: "participant",
                             4: "participant"}
    assert version(text) > version(before) and stat.mzxid == version(text)
    eventually(lambda: seen)
    ensemble.wait(4)
    assert ensemble.mode(4) == "follower"
    text, _ = client.reconfig(joining=spec(ensemble, 4, "observer"), leaving=None,
                              new_members=None, from_config=version(text))
    eventually(lambda: ensemble.mode(4) == "observer")
    text, _ = client.reconfig(joining=None, leaving="4", new_members=None)
    assert set(members(text)) == {1, 2, 3}
    for myid in (1, 2, 3):
        one = ensemble.client(myid)
        one.sync("/zookeeper/config")
        assert one.get("/zookeeper/config")[0] == text
        one.stop()
    client.stop()


def test_a_whole_configuration_replaces_the_former(ensemble):
    client = ensemble.client(1, 2, 3)
    ensemble.start(4)
    lines = ",".join(spec(ensemble, myid) for myid in (1, 2, 3, 4))
    text, _ = client.reconfig(joining=None, leaving=None, new_members=lines)
    assert set(members(text)) == {1, 2, 3, 4}
    client.create("/after")
    client.stop()


def test_one_voter_becomes_three_and_its_clients_notice_nothing():
    with Ensemble(("ours",) * 3, observers=(2, 3), settings=SETTINGS) as ensemble:
        ensemble.start().wait()
        clients = {myid: ensemble.client(myid) for myid in (1, 2, 3)}
        states = []
        for client in clients.values():
            client.add_listener(states.append)
        clients[1].reconfig(joining=f"{spec(ensemble, 2)},{spec(ensemble, 3)}", leaving=None,
                            new_members=None)
        for myid, client in clients.items():
            client.create(f"/by-{myid}")
        eventually(lambda: [ensemble.mode(m) for m in (1, 2, 3)] == ["leader"] + 2 * ["follower"])
        assert states == []
        ensemble[1].kill()
        clients[2].create("/after")  # By a quorum of the two that have observed.
        for client in clients.values():
            client.stop()


def test_an_observer_of_apaches_is_no_quorum():
    with Ensemble(("ours", "apache"), observers=(2,), settings=SETTINGS) as ensemble:
        ensemble.start().wait()
        client = ensemble.client(1)
        with pytest.raises(NewConfigNoQuorumError):
            client.reconfig(joining=spec(ensemble, 2), leaving=None, new_members=None)
        client.create("/still-there")
        client.stop()


def test_refusals(ensemble):
    client = ensemble.client(1, 2, 3)
    with pytest.raises(BadVersionError):
        client.reconfig(joining=None, leaving="3", new_members=None, from_config=7)
    with pytest.raises(BadArgumentsError):
        client.reconfig(joining="server.9=nonsense", leaving=None, new_members=None)
    with pytest.raises(BadArgumentsError):
        client.reconfig(joining=None, leaving="1,2,3", new_members=None)
    nobody = "server.8=127.0.0.1:1:2:participant;127.0.0.1:3"
    with pytest.raises(NewConfigNoQuorumError):
        client.reconfig(joining=None, leaving=None, new_members=nobody)
    client.create("/still-there")
    client.stop()


def test_a_leader_removes_itself(ensemble):
    leader = ensemble.leader()
    rest = [m for m in (1, 2, 3) if m != leader]
    client = ensemble.client(*rest)
    text, _ = client.retry(client.reconfig, joining=None, leaving=str(leader), new_members=None)
    assert set(members(text)) == set(rest)
    eventually(lambda: {ensemble.mode(m) for m in rest} == {"leader", "follower"}, 40)
    client.retry(client.create, "/after")
    client.stop()


def test_the_configuration_survives_restarts(ensemble):
    client = ensemble.client(1, 2, 3)
    ensemble.start(4)
    text, _ = client.reconfig(joining=spec(ensemble, 4), leaving=None, new_members=None)
    ensemble.wait(4)
    client.stop()
    for myid in (1, 2, 3, 4):
        ensemble[myid].kill()
    ensemble.start(1, 2, 4)
    ensemble.wait(1, 2, 4)
    again = ensemble.client(1, 2, 4)
    assert members(again.get("/zookeeper/config")[0]) == members(text)
    again.stop()


def test_without_permission_nobody_reconfigures():
    settings = {key: value for key, value in SETTINGS.items() if key != "skipACL"}
    with Ensemble(("ours",) * 3, settings=settings) as ensemble:
        ensemble.start().wait()
        client = ensemble.client()
        with pytest.raises(NoAuthError):
            client.reconfig(joining=None, leaving="3", new_members=None)
        client.stop()


def test_one_reconfiguration_at_a_time():
    with Ensemble(("ours",) * 3, settings=SETTINGS) as ensemble:
        ensemble.start().wait()
        client = ensemble.client()
        results = [client.reconfig_async(None, "3", None, -1),
                   client.reconfig_async(None, "2", None, -1)]
        outcomes = []
        for result in results:
            try:
                outcomes.append(result.get(timeout=20))
            except (ReconfigInProcessError, NewConfigNoQuorumError, BadArgumentsError) as error:
                outcomes.append(error)
        assert isinstance(outcomes[1], ReconfigInProcessError)
        client.stop()
