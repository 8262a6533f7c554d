"""What a person does wrong, and takes back."""

from harness.case import condition, is_true

STUCK = ("ErrImagePull", "ImagePullBackOff", "CrashLoopBackOff", "RunContainerError", "CreateContainerError")


def stuck_pods(case):
    with case.changed:
        return [name for name, pod in case.pods.items()
                for each in pod["status"].get("containerStatuses", ())
                if each.get("state", {}).get("waiting", {}).get("reason") in STUCK]


def mistake_and_revert(case, wrong, right):
    """At most a minority suffers, the roll stops and says so, and taking it back mends everything."""
    before = case.settle(case.create(voters=3))["status"]["ensembleId"]
    case.load()
    uids = case.uids()
    case.patch(**wrong)
    case.until(lambda: stuck_pods(case), "a member is stuck")
    case.until(lambda: condition(case.cluster(), "Ready")["reason"] == "Stalled"
               or condition(case.cluster(), "Progressing")["status"] == "False"
               and condition(case.cluster(), "Progressing")["reason"] != "Settled", "the operator says so")
    case.progress(without=stuck_pods(case))
    touched = [name for name, uid in case.uids().items() if uids[name] != uid]
    assert len(touched) == 1, f"a minority of three is one: {touched}"
    assert is_true(case.cluster(), "Ready"), "two of three serve"
    blocked = [step for step in case.cluster()["status"]["plan"] if step["state"] == "Blocked"]
    assert any(touched[0] in (step.get("message") or "") for step in blocked), case.cluster()["status"]["plan"]
    cluster = case.settle(case.patch(**right), "taken back")
    assert cluster["status"]["ensembleId"] == before
    staying = {name: uid for name, uid in uids.items() if name not in touched}
    assert staying.items() <= case.uids().items(), "who never changed need not restart"
    case.progress()
    case.verdict()


def test_wrong_image_and_back(case):
    mistake_and_revert(case, {"image": "quorate.test/server:typo"}, {"image": case.plane.images[0]})


def test_wrong_configuration_and_back(case):
    """An option that the member refuses to start with."""
    wrong = {"config": {"minSessionTimeout": "90000", "maxSessionTimeout": "4000"}}
    mistake_and_revert(case, wrong, {"config": None})


def test_pause_and_resume(case):
    """Nothing is changed while paused, everything after."""
    case.settle(case.create(voters=3))
    case.load()
    uids = case.uids()
    case.patch(update={"paused": True}, image=case.plane.images[1])
    case.until(lambda: is_true(case.cluster(), "ReconciliationPaused")
               and condition(case.cluster(), "ReconciliationPaused").get("observedGeneration")
               == case.cluster()["metadata"]["generation"], "paused")
    case.progress(20)
    assert case.uids() == uids
    item = case.patch(update={"paused": False})
    case.until(lambda: not set(case.uids().values()) & set(uids.values()), "every Pod is another")
    case.settle(item, "resumed")
    case.verdict()
