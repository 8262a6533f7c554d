"""What breaks by itself: members, zones, volumes, the operator."""

import random

import pytest

from harness import clients
from harness.case import is_pod_ready

pytestmark = pytest.mark.machine


def test_kill_members_and_operator(case):
    """kill -9 of a follower, of the leader, and of the operator in the middle of a roll."""
    case.settle(case.create(voters=3))
    case.load()
    follower = next(m for m in case.members() if m != case.leader())
    for victim in (follower, case.leader()):
        with case.fault("kill -9", [victim]):
            case.kill(victim)
        case.settle(what=f"{victim} is back")
        case.progress()
    item = case.patch(image=case.plane.images[1])
    case.until(lambda: case.cluster()["status"].get("inFlight"), "a step of the roll is recorded")
    case.plane.restart_operator()
    case.settle(item, "the next operator ends the roll")
    case.progress()
    case.verdict()


def test_lose_a_zone(case):
    """Power goes; two zones go on; power comes back."""
    case.settle(case.create(voters=3))
    case.load()
    zone = next(m["zone"] for m in case.cluster()["status"]["members"] if m["name"] == case.leader())
    lost = [m["name"] for m in case.cluster()["status"]["members"] if m["zone"] == zone]
    with case.fault("power", lost):
        case.plane.set_power(zone, False)
        case.until(lambda: case.leader() not in ("", *lost), "another leader")
        staying = [each for each in case.steady if each.member not in lost]
        before = {each: each.done for each in staying}
        case.until(lambda: all(each.done > before[each] + 5 for each in staying), "the others go on")
        case.until(lambda: case.cluster()["status"]["ready"] == 2, "the status says so")
        case.plane.set_power(zone, True)
    case.settle(what="the zone is back")
    case.progress()
    case.verdict()


def test_wipe_a_volume(case):
    """A claim and its Pod are deleted by hand: the member comes back empty, and syncs before it votes."""
    case.settle(case.create(voters=3))
    case.load()
    victim = next(m for m in case.members() if m != case.leader())
    before = case.uids()[victim]
    with case.fault("volume deleted", [victim]):
        case.kubectl("delete", "pvc", f"data-{victim}", "--wait=false")
        case.kubectl("delete", "pod", victim, "--wait=false")
        case.until(lambda: case.uids().get(victim, before) != before and is_pod_ready(case.pods[victim]),
                   "a new Pod with a new volume serves")
    case.settle(what="the member votes again")
    case.progress()
    case.verdict()


@pytest.mark.local
@pytest.mark.long
def test_empty_a_volume_in_place(case):
    """The folder is emptied below a member: the claim is the same, so only the member can tell."""
    case.settle(case.create(voters=3))
    case.load()
    victim = next(m for m in case.members() if m != case.leader())
    volume = case.kubectl.get("pvc", f"data-{victim}")["spec"]["volumeName"]
    folder = case.plane.data / "volumes" / volume
    with case.fault("volume emptied", [victim]):
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)
        case.kill(victim)
    case.settle(what="the member votes again")
    case.verdict()


@pytest.mark.long
@pytest.mark.parametrize("seed", range(3))
def test_kills_at_random(case, seed):
    """Members, the operator and a zone, while voters, image and configuration change."""
    draw = random.Random(seed)
    case.settle(case.create(voters=5))
    case.load(pinned=[], moving=4)
    everybody = [f"zoo-{zone}-{ordinal}" for zone in "abc" for ordinal in range(4)]
    for step in range(8):
        item = case.patch(**draw.choice([
            {"voters": draw.choice([3, 5, 7])}, {"image": draw.choice(case.plane.images)},
            {"config": {"maxClientCnxns": str(100 + step)}}, {"observers": draw.choice([0, 2])}]))
        with case.fault(f"step {step}", everybody):
            for _ in range(draw.randrange(1, 4)):
                if draw.random() < 0.3:
                    case.plane.restart_operator()
                    continue
                running = [name for name, uid in case.uids().items() if case.plane.pid_of(uid)]
                if running:
                    victim = draw.choice(running)
                    case.plane.kill_pod(case.uids()[victim])
                case.progress(2)
            case.settle(item, f"step {step} of seed {seed} ends", 600)
    case.stop_load()
    for member in case.members():
        case.history.add(clients.read_tree(member, case.hosts(member)))
    case.verdict()
