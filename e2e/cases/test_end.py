"""Deletion with both policies, and the next cluster of the same name."""


def delete(case):
    uid = case.cluster()["metadata"]["uid"]
    case.kubectl("delete", "qc", "zoo", "--wait=false")
    case.until(lambda: uid in case.gone and not case.pods, "the object and its Pods are gone")


def claims(case):
    return {claim["metadata"]["name"] for claim in case.kubectl.get("pvc")
            if "deletionTimestamp" not in claim["metadata"]}


def test_delete_keeps_volumes_and_the_next_cluster_takes_them(case):
    """Retain is the default: a cluster of the same name has the same ensemble and everything in it."""
    cluster = case.settle(case.create(voters=3))
    case.load()
    case.progress()
    case.stop_load()
    before = claims(case)
    assert len(before) == 3
    delete(case)
    assert claims(case) == before
    again = case.settle(case.create(voters=3), "re-created over kept volumes")
    assert again["metadata"]["uid"] != cluster["metadata"]["uid"]
    assert again["status"]["ensembleId"] == cluster["status"]["ensembleId"]
    case.read_trees()
    case.verdict()


def test_delete_with_its_volumes(case):
    case.settle(case.create(voters=3, storage={"size": "1Gi", "reclaimPolicy": "Delete"}))
    case.load(pinned=[])
    case.stop_load()
    delete(case)
    assert not claims(case)
    case.verdict()
