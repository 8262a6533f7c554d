"""What only a Kubernetes does: nodes, drains, DNS, Pod Security, volumes of a class, Helm's releases."""

import threading

import pytest

from harness.case import condition, is_true
from harness.scraper import Scraper

pytestmark = pytest.mark.kubernetes


def members_in(case, zone):
    return [m["name"] for m in case.cluster()["status"]["members"] if m["zone"] == zone]


def zone_of(case, member):
    return next(m["zone"] for m in case.cluster()["status"]["members"] if m["name"] == member)


def lose(case, zone):
    """Power goes; the others go on, and the status says how many; power comes back."""
    lost = members_in(case, zone)
    staying = len(case.members()) - len(lost)
    with case.fault(f"zone {zone} without power", lost):
        case.plane.set_power(zone, False)
        case.until(lambda: case.leader() not in ("", *lost), "a leader elsewhere")
        case.progress(without=lost)
        case.until(lambda: case.cluster()["status"]["ready"] == staying, f"{staying} are ready")
        assert is_true(case.cluster(), "Ready"), "a majority serves"
        case.plane.set_power(zone, True)
    case.settle(what=f"zone {zone} is back")
    case.progress()


@pytest.mark.machine
def test_lose_the_largest_zone_then_the_leader_s(case):
    """Five voters under load: whoever is connected to a member that stays sees nothing of it."""
    cluster = case.settle(case.create(voters=5))
    case.load(moving=0)  # One that may go anywhere may try the dead until its session is over.
    largest = max(cluster["status"]["zones"], key=lambda zone: zone["voters"])
    assert largest["voters"] == 2
    lose(case, largest["name"])
    lose(case, zone_of(case, case.leader()))
    case.verdict()


def test_restricted_namespace(case):
    """Every case's namespace enforces it; here it is proven that it does. Clients inside read and write."""
    case.settle(case.create(voters=3))
    with pytest.raises(AssertionError, match="violates PodSecurity"):
        case.kubectl("run", "root", "--image", case.plane.images[0], "--restart=Never")
    case.plane.helm("test", "zoo", "-n", case.name, "--timeout=120s")
    case.verdict()


def test_drain_during_a_roll(case):
    """The budget holds while two want Pods away: the operator for its roll, a person for a node."""
    case.settle(case.create(voters=3))
    case.load()
    before = case.uids()
    item = case.patch(image=case.plane.images[1])
    case.until(lambda: case.cluster()["status"].get("inFlight"), "a step of the roll is recorded")
    node = case.pods[case.leader()]["spec"]["nodeName"]
    away = [name for name, pod in case.pods.items() if pod["spec"].get("nodeName") == node]
    drained = threading.Thread(target=lambda: case.kubectl(
        "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=200s", timeout=220))
    with case.fault("drain", away):
        drained.start()
        case.until(lambda: not drained.is_alive(), "the node is drained")
        # Its volumes are there and nowhere else, so its members wait for it.
        case.until(lambda: all(case.pods.get(name, {}).get("status", {}).get("phase") == "Pending"
                               for name in away), "its members wait")
        case.progress(without=away)
        case.kubectl("uncordon", node)
    case.until(lambda: not set(case.uids().values()) & set(before.values()), "every Pod is another")
    case.settle(item, "the roll ends")
    case.progress()
    case.verdict()


def test_no_names_at_start(case):
    """DNS is down when a cluster is made: it waits, says so, and forms when names are there."""
    names = case.plane.kubectl.within("kube-system")
    names("scale", "deployment/coredns", "--replicas=0")
    try:
        names("wait", "--for=delete", "pod", "-l", "k8s-app=kube-dns", "--timeout=60s")
        item = case.create(voters=3)
        case.until(lambda: len(case.pods) == 3 and all(
            each.get("state", {}).get("running") for pod in case.pods.values()
            for each in pod["status"].get("containerStatuses", ({},))), "three members run")
        assert not is_true(case.cluster(), "Ready")
        assert condition(case.cluster(), "Ready").get("message"), "it is said what is waited for"
    finally:
        names("scale", "deployment/coredns", "--replicas=2")
    case.settle(item, "names are there")
    case.load()
    case.verdict()


def test_upgrade_of_the_operator_during_a_roll(case):
    """Helm replaces the operators while members are replaced: each ends what the other began."""
    case.settle(case.create(voters=3))
    case.load()
    before = case.uids()
    item = case.patch(image=case.plane.images[1])
    case.until(lambda: case.cluster()["status"].get("inFlight"), "a step of the roll is recorded")
    case.plane.install_operator(case.plane.operator_images[1])
    try:
        assert {pod["spec"]["containers"][0]["image"] for pod in case.plane.operators()
                if "deletionTimestamp" not in pod["metadata"]} == {case.plane.operator_images[1]}
        case.until(lambda: not set(case.uids().values()) & set(before.values()), "every Pod is another")
        case.settle(item, "the roll ends")
        case.progress()
        case.verdict()
    finally:
        case.plane.helm("rollback", "quorate", "-n", "quorate-system", "--wait", "--timeout=200s")


def test_namespace_is_deleted(case):
    """The operator stands in nobody's way, and nothing is left."""
    case.settle(case.create(voters=3))
    case.without.add("a_quorum_of_voters_stays")  # Everything goes at once, as it was told to.
    case.plane.kubectl("delete", "namespace", case.name, "--timeout=120s", timeout=150)
    case.until(lambda: not case.clusters and not case.pods, "all is gone")
    bound = [volume["metadata"]["name"] for volume in case.plane.kubectl.get("pv")
             if volume["spec"].get("claimRef", {}).get("namespace") == case.name
             and volume["status"]["phase"] == "Bound"]
    assert not bound
    case.verdict()


def test_growth_that_the_class_refuses(case):
    """Local volumes cannot grow. It is said, nothing is restarted, and all goes on."""
    case.settle(case.create(voters=3))
    case.load()
    uids = case.uids()
    case.patch(storage={"size": "2Gi"})
    case.until(lambda: any("resize" in (step.get("message") or "")
                           for step in case.cluster()["status"].get("plan", ())), "it is said")
    before = case.plane.requests()
    case.progress(50)
    tries = (case.plane.requests() - before)["PATCH"]
    assert tries < 50, f"{tries} patches while nothing changed: no back-off"
    assert case.uids() == uids and is_true(case.cluster(), "Ready")
    case.verdict()


def test_scraping(case, plane):
    """Prometheus reads every member and every operator, at the ports that the charts name."""
    case.settle(case.create(voters=3))
    with Scraper(plane, case.folder) as scraper:
        scraper.until(f'count(quorate_serving{{namespace="{case.name}"}} == 1)', 3)
        scraper.until("count(leader_election_master_status)", len(plane.operators()))
        scraper.until("sum(leader_election_master_status)", 1)
    case.verdict()
