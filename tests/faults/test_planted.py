"""Ensembles that really are broken: clients, history and checker together have to find it."""

import os

import pytest

import checker
from conftest import PLACE
from ensemble import SECONDS, Ensemble
from history import History
from member import wait_until
from rounds import STALE_MAX, come_to_rest
from workload import Workload, make_nodes, read_tree

OF_ENSEMBLES = ("server.", "quorate.ensembleId", "quorate.bootstrap", "standaloneEnabled")


@pytest.fixture
def ensemble():
    with Ensemble(3, os.path.join(PLACE, "planted")) as made:
        yield made


def found(ensemble, workload):
    """The rules that are broken."""
    history = History(stale_max=STALE_MAX)
    come_to_rest(ensemble, workload, history)
    return {violation.rule for violation in checker.check(history)}


def test_nothing_is_found_where_nothing_is_broken(ensemble):
    ensemble.start()
    workload = Workload(ensemble, seed=1).start()
    workload.wait_progress(SECONDS, "no writes", count=500)
    assert found(ensemble, workload) == set()


def test_a_member_on_its_own_is_found(ensemble):
    """Two leaders at once: the third member has left the ensemble, and accepts writes."""
    ensemble.start()
    alone = ensemble[3]
    alone.kill()
    alone.wipe()
    alone.settings = {key: value for key, value in alone.settings.items()
                      if not key.startswith(OF_ENSEMBLES)}  # fmt: skip
    alone.start()
    wait_until(lambda: alone.mode() == "standalone", SECONDS, ensemble.describe)
    make_nodes(alone)
    workload = Workload(ensemble, seed=1).start()
    workload.wait_progress(SECONDS, "no writes", count=500)
    rules = found(ensemble, workload)
    assert {"replicas_agree", "real_time", "versions", "reads_show_their_state"} <= rules, rules


def test_lost_disks_are_found(ensemble):
    """Everybody forgets everything at once, and begins anew as if that were right."""
    ensemble.start()
    workload = Workload(ensemble, seed=1).start()
    workload.wait_progress(SECONDS, "no writes", count=500)
    history = History(stale_max=STALE_MAX)
    come_to_rest(ensemble, workload, history)
    for member in ensemble:
        member.kill()
    for member in ensemble:
        member.wipe()
        member.settings["quorate.bootstrap"] = "form"
    ensemble.start()
    make_nodes(ensemble[1])
    history.trees = {member.number: read_tree(member) for member in ensemble}
    rules = {violation.rule for violation in checker.check(history)}
    assert "acknowledged_survive" in rules, rules
