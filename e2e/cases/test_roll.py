"""Restarts under load: every member once, nothing lost at those that stay, no session expired."""

import json
import subprocess

import pytest


def roll(case, item, what):
    before = case.uids()
    case.until(lambda: not set(case.uids().values()) & set(before.values()), f"{what}: every Pod is another")
    cluster = case.settle(item, what)
    assert set(case.uids()) == set(before), what
    assert all(not pod["status"]["containerStatuses"][0]["restartCount"] for pod in case.pods.values())
    case.progress()
    return cluster


def test_roll(case):
    """A new image, another configuration and a restart for its own sake, one after another."""
    case.settle(case.create(voters=3))
    case.load()
    roll(case, case.patch(image=case.plane.images[1]), "a new image")
    assert {pod["spec"]["containers"][0]["image"] for pod in case.pods.values()} == {case.plane.images[1]}
    roll(case, case.patch(config={"maxClientCnxns": "77"}), "a change of configuration")
    assert "77" in case.kubectl("get", "configmap", "zoo-config", "-o", "yaml")
    case.kubectl("annotate", "qc", "zoo", "quorate.dev/restartedAt=2026-11-21T12:00:00Z")
    cluster = roll(case, None, "a restart")
    assert cluster["status"]["restartedAt"] == "2026-11-21T12:00:00Z"
    case.verdict()


@pytest.mark.long
@pytest.mark.parametrize("batch", ["Minority", "One", "Zone"])
def test_roll_of_five_with_observers(case, batch):
    case.settle(case.create(voters=5, observers=2, update={"batch": batch}))
    case.load(pinned=case.members() + case.members("Observer"))
    roll(case, case.patch(image=case.plane.images[1]), batch)
    case.verdict()


@pytest.mark.long
def test_bench_sees_no_error_at_a_member_that_stays(case):
    """`quorate bench` at the members that stay while voters come and go."""
    case.settle(case.create(voters=3))
    command = [case.plane.binaries / "quorate", "bench", "run", "-s", case.hosts(), "--sessions", "6",
               "--outstanding", "1", "--rate", "100", "--keys", "100", "--seconds", "3600", "--json",
               str(case.folder / "bench.json")]
    with open(case.folder / "bench.log", "wb") as log:
        bench = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        case.settle(case.patch(voters=5), "five voters")
        case.settle(case.scale(1), "an observer")
        case.settle(case.scale(0), "no observer")
        case.settle(case.patch(voters=3), "three voters")
        assert bench.poll() is None, (case.folder / "bench.log").read_text(encoding="utf-8")
    finally:
        bench.send_signal(2)
        bench.wait(60)
    seen = json.loads((case.folder / "bench.json").read_text(encoding="utf-8"))
    assert seen["error_count"] == 0 and seen["unanswered"] == 0, seen
    assert bench.returncode == 0, (case.folder / "bench.log").read_text(encoding="utf-8")
    case.notes.append(f"bench: {seen['operations']} operations in {seen['seconds']:.0f} s, none failed")
    case.verdict()
