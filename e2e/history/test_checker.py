"""The checker finds each planted violation, and nothing in a history that is well."""

import copy

import pytest

from history.checker import RULES, check
from history.records import (OK, REFUSED, UNKNOWN, ClusterSeen, Fault, History, Operation, PodSeen,
                             SessionLost, SpecWritten, Tree)

UID = "u1"


def op(kind, path, at, outcome=OK, **more):
    return Operation(client=more.pop("client", "c"), member=more.pop("member", "zoo-a-0"), session=1,
                     kind=kind, path=path, invoked=at, completed=at + 0.1, outcome=outcome, **more)


def member(zone, ordinal, role="Voter"):
    return {"name": f"zoo-{zone}-{ordinal}", "zone": zone, "role": role,
            "myid": 32 * "abc".index(zone) + ordinal + 1}


def status(members, **more):
    return {"members": members, "zones": [{"name": z} for z in "abc"], "ensembleId": "e1",
            "configVersion": "1", **more}


THREE = [member("a", 0), member("b", 0), member("c", 0)]
ROLLING = {"kind": "Rolling", "step": "Restart", "members": [{"name": "zoo-a-0"}]}
READY = {"type": "Ready", "status": "True", "lastTransitionTime": "t1"}


def cluster(at, state, **more):
    return ClusterSeen(name="zoo", uid=UID, generation=more.pop("generation", 1), at=at,
                       spec=more.pop("spec", {"voters": 3}), status=state, **more)


def pod(zone, at, **more):
    return PodSeen(name=f"zoo-{zone}-0", uid=more.pop("uid", f"{zone}1"), at=at, zone=zone, **more)


def good():
    """A roll of one member, a refused write, a lost answer, and a fault of our own."""
    return History([
        SpecWritten("zoo", UID, 1),
        cluster(0.0, status(THREE, conditions=[READY])),
        *(pod(zone, 0.1, is_ready=True) for zone in "abc"),
        op("create", "/n/1", 1, value="v1", version=0, zxid=1),
        op("set", "/r", 2, value="v2", version=1, zxid=2),
        op("set", "/r", 3, REFUSED, value="v3"),
        op("get", "/r", 4, value="v2", version=1, zxid=2),
        op("create", "/n/2", 4.5, value="v4", version=0, zxid=3),
        op("delete", "/n/2", 4.7),
        cluster(5.0, status(THREE, conditions=[READY], inFlight=ROLLING)),
        pod("a", 5.1, is_ready=True, is_terminating=True),
        op("set", "/r", 5.2, UNKNOWN, value="v5"),
        pod("a", 5.5, is_terminating=True, is_gone=True),
        pod("a", 6.0, uid="a2"),
        pod("a", 6.5, uid="a2", is_ready=True),
        op("set", "/r", 9, value="v6", version=3, zxid=9),
        Fault("kill", ["zoo-b-0"], 10.0, 11.0),
        op("set", "/r", 10.5, UNKNOWN, value="v7", member="zoo-b-0", client="d"),
        *(Tree(f"zoo-{zone}-0", {"/n/1": ["v1", 0, 1], "/r": ["v6", 3, 9]}) for zone in "abc"),
    ])


def change(**values):
    """Another state of the cluster at the end."""
    return lambda h: h.add(cluster(20.0, status(**{"members": THREE, **values})))


def tree(path, node, members=3):
    def plant(h):
        for each in h.of(Tree)[:members]:
            each.nodes.pop(path, None)
            if node is not None:
                each.nodes[path] = node
    return plant


def two_leave(h):
    h.add(pod("b", 20.0, is_ready=True, is_terminating=True))
    h.add(pod("c", 20.1, is_ready=True, is_terminating=True))


PLANTED = [
    ("acknowledged_writes_survive", tree("/n/1", None)),
    ("acknowledged_writes_survive", tree("/r", ["v2", 1, 2])),
    ("acknowledged_writes_survive", tree("/r", ["v5", 3, 9])),
    ("deleted_nodes_stay_deleted", tree("/n/2", ["v4", 0, 3])),
    ("refused_writes_never_appear", tree("/r", ["v3", 4, 10])),
    ("refused_writes_never_appear", lambda h: h.add(op("get", "/r", 12, value="v3", version=4, zxid=10))),
    ("reads_show_what_was_written", lambda h: h.add(op("get", "/r", 12, value="v9", version=4, zxid=10))),
    ("reads_show_what_was_written", lambda h: h.add(op("get", "/n/1", 12, value="v6", version=4, zxid=9))),
    ("versions_grow", lambda h: h.add(op("get", "/r", 12, value="v2", version=1, zxid=2))),
    ("versions_grow", lambda h: h.add(op("set", "/r", 12, value="v8", version=2, zxid=11, client="d"))),
    ("versions_grow", lambda h: h.add(op("set", "/r", 8.95, value="v8", version=3, zxid=9, client="d"))),
    ("order_agrees_with_time", lambda h: h.add(op("create", "/n/3", 12, value="v8", version=0, zxid=8))),
    ("sessions_do_not_expire", lambda h: h.add(SessionLost("c", 1, 12.0))),
    ("nothing_fails_at_members_that_stay", lambda h: h.add(op("get", "/r", 12, UNKNOWN))),
    ("nothing_fails_at_members_that_stay",
     lambda h: h.add(op("get", "/r", 5.2, UNKNOWN, member="zoo-b-0", client="d"))),
    ("nothing_fails_at_members_that_stay", lambda h: h.add(op("get", "/r", 13, UNKNOWN, member=""))),
    ("members_agree", tree("/r", ["v5", 4, 10], members=1)),
    ("operator_never_writes_spec", lambda h: h.add(cluster(20.0, status(THREE), generation=2))),
    ("operator_never_writes_spec", lambda h: h.add(cluster(20.0, status(THREE), spec={"voters": 5}))),
    ("operator_never_writes_spec",
     lambda h: h.add(cluster(20.0, status(THREE), spec_managers=["quorate-operator"]))),
    ("no_zone_has_a_majority", change(members=[member("a", 0), member("a", 1), member("b", 0)])),
    ("voters_stay_odd", change(members=THREE[:2])),
    ("ids_are_stable", change(members=[*THREE[:2], {**THREE[2], "myid": 66}])),
    ("ids_are_stable", change(members=[*THREE[:2], {**THREE[2], "myid": 1}])),
    ("ids_are_stable", change(ensembleId="e2")),
    ("transition_times_change_on_flips_only", change(conditions=[{**READY, "lastTransitionTime": "t2"}])),
    ("configuration_rests_during_a_roll", lambda h: (
        change(inFlight=ROLLING)(h), change(inFlight=ROLLING, configVersion="2")(h))),
    ("a_quorum_of_voters_stays", two_leave),
    ("a_quorum_of_voters_stays", lambda h: (h.add(Fault("kill", ["zoo-b-0"], 20.0)), h.add(pod("b", 20.0)),
                                            h.add(pod("c", 20.1, is_ready=True, is_terminating=True)))),
]


def test_a_history_that_is_well():
    assert check(good()) == []


@pytest.mark.parametrize("number", range(len(PLANTED)))
def test_planted(number):
    rule, plant = PLANTED[number]
    history = copy.deepcopy(good())
    plant(history)
    assert rule in {violation.rule for violation in check(history)}


def test_every_rule_has_a_planted_violation():
    assert {rule for rule, _ in PLANTED} == set(RULES)


def test_what_is_meant_is_no_violation():
    """All at once with consent; voters that the test itself struck."""
    history = good()
    history.add(cluster(20.0, status(THREE), spec={"voters": 3, "update": {"allowDowntime": True}}))
    two_leave(history)
    assert "a_quorum_of_voters_stays" not in {v.rule for v in check(history)}
    history = good()
    change(members=THREE[:2], inFlight={"kind": "ReplacingMember"})(history)
    assert check(history) == []
    history = good()
    history.add(Fault("power", ["zoo-b-0", "zoo-c-0"], 19.0))
    two_leave(history)
    assert check(history) == []


def test_a_client_of_one_member_outlives_no_long_absence_of_it():
    history = good()
    history.add(Fault("power", ["zoo-b-0"], 20.0, 60.0))
    history.add(SessionLost("c", 1, 60.5, "zoo-b-0"))
    assert check(history) == []
    history.add(SessionLost("d", 2, 60.5, "zoo-a-0"))
    history.add(SessionLost("e", 3, 60.5))
    assert len(check(history)) == 2


def test_a_history_can_be_kept(tmp_path):
    good().save(tmp_path / "h.jsonl")
    assert History.load(tmp_path / "h.jsonl").records == good().records
