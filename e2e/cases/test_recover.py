"""A quorum that was lost for good: one member goes on alone, and the cluster grows back."""

import subprocess

import pytest

from harness import clients
from harness.case import condition

pytestmark = pytest.mark.local

SURVIVOR = "zoo-a-0"
WRITES = 50


def plugin(case, *words, fails=False):
    """kubectl quorate, as a script calls it."""
    answer = subprocess.run(
        [case.plane.binaries / "kubectl-quorate", *words, "-n", case.name],
        env={**case.kubectl.environment(), "NO_COLOR": "1"}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=300, check=False)
    assert (answer.returncode != 0) == fails, answer.stdout + answer.stderr
    return answer.stdout + answer.stderr


def write(case, first, count):
    client = clients.connect(case.hosts())
    try:
        client.ensure_path("/kept")
        for number in range(first, first + count):
            client.create(f"/kept/{number}", str(number).encode())
    finally:
        clients.close(client)


def read(case, member):
    client = clients.connect(case.hosts(member))
    try:
        client.sync("/kept")
        return {int(name): client.get(f"/kept/{name}")[0].decode() for name in client.get_children("/kept")}
    finally:
        clients.close(client)


def lose(case, zones):
    """Power goes, and what was on the volumes of these zones does not come back with it."""
    victims = [m["name"] for m in case.cluster()["status"]["members"] if m["zone"] in zones]
    for zone in zones:
        case.plane.set_power(zone, False)
    for victim in victims:
        case.kubectl("delete", "pvc", f"data-{victim}", "--wait=false")
        case.kubectl("delete", "pod", victim, "--force", "--grace-period=0", "--wait=false")
    return victims


def test_recover_from_one_of_three(case):
    """Two volumes are wiped, their Pods have nowhere to run: refused while there is a quorum and without
    a word; granted; the survivor's data is served at once, and by all three in the end."""
    case.settle(case.create(voters=3))
    write(case, 0, WRITES)
    before = case.cluster()["status"]["ensembleId"]
    told = plugin(case, "recover", "zoo", "--from", SURVIVOR, "--accept-data-loss", "--yes", fails=True)
    assert "there is a quorum" in told
    lose(case, "bc")
    case.until(lambda: condition(case.cluster(), "QuorumHealthy")["status"] == "False", "the quorum is lost")
    told = plugin(case, "recover", "zoo", "--from", SURVIVOR, fails=True)
    assert "goes on alone" in told and "nothing was changed" in told
    assert "quorate.dev/recover" not in case.cluster()["metadata"].get("annotations", {})

    plugin(case, "recover", "zoo", "--from", SURVIVOR, "--accept-data-loss", "--yes", "--wait")
    status = case.cluster()["status"]
    assert status["ensembleId"] != before and status["recovery"]["formerEnsembleId"] == before
    assert read(case, SURVIVOR) == {number: str(number) for number in range(WRITES)}
    write(case, WRITES, WRITES)

    for zone in "bc":
        case.plane.set_power(zone, True)
    case.settle(what="three voters again")
    for member in case.members():
        assert read(case, member) == {number: str(number) for number in range(2 * WRITES)}, member
    for claim in case.kubectl.get("pvc"):
        assert claim["metadata"]["annotations"]["quorate.dev/ensemble-id"] == case.cluster()["status"]["ensembleId"]
    assert condition(case.cluster(), "Recovered")["status"] == "True"
    case.kill(SURVIVOR)
    case.settle(what="the others go on without it, and it comes back")


@pytest.mark.long
def test_disks_that_come_back_are_not_trusted(case):
    """Two zones without power for longer than anybody waits; then they return with their volumes."""
    case.settle(case.create(voters=3))
    write(case, 0, WRITES)
    for zone in "bc":
        case.plane.set_power(zone, False)
    case.until(lambda: condition(case.cluster(), "QuorumHealthy")["status"] == "False", "the quorum is lost")
    plugin(case, "recover", "zoo", "--from", SURVIVOR, "--accept-data-loss", "--yes")
    case.until(lambda: condition(case.cluster(), "Recovered")["reason"] == "MembersMayReturn", "it waits for them")
    case.until(lambda: condition(case.cluster(), "Recovered")["status"] == "True", "it does not wait for ever",
               seconds=500)
    write(case, WRITES, WRITES)
    for zone in "bc":
        case.plane.set_power(zone, True)
    strangers = {"zoo-b-0", "zoo-c-0"}
    case.until(lambda: strangers == {m for s in case.cluster()["status"].get("plan", ())
                                     if s.get("reason") == "FormerEnsemble" for m in s["members"]},
               "their disks are named")
    for member in strangers:
        case.kubectl("delete", "pvc", f"data-{member}", "--wait=false")
        case.kubectl("delete", "pod", member, "--wait=false")
    case.settle(what="three voters again")
    for member in case.members():
        assert read(case, member) == {number: str(number) for number in range(2 * WRITES)}, member
