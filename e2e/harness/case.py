"""One case: a namespace, what is watched in it, its clients and its history."""

import json
import os
import threading
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from history.checker import check
from history.clients import acknowledged_writes, lost_at_leavers
from history.records import ClusterSeen, Fault, History, PodSeen, SpecWritten

from . import clients
from .kubectl import KubectlError
from .watch import Watch

TIMEOUT_S = float(os.environ.get("QUORATE_E2E_TIMEOUT", "240"))  # Of anything that is awaited: events end waits, not this.
CLIENT_PORT = 2181
KINDS = ("quorumclusters,statefulsets,pods,persistentvolumeclaims,services,configmaps,"
         "poddisruptionbudgets,events")


def condition(cluster, kind):
    for each in cluster.get("status", {}).get("conditions", ()):
        if each["type"] == kind:
            return each
    return {"status": "Unknown", "reason": ""}


def is_true(cluster, kind):
    return condition(cluster, kind)["status"] == "True"


def is_settled(cluster):
    """Everything is as the spec says, and serves."""
    spec, status = cluster["spec"], cluster.get("status", {})
    members = status.get("members", ())
    return (status.get("observedGeneration") == cluster["metadata"]["generation"]
            and condition(cluster, "Ready")["reason"] == "Serving"
            and condition(cluster, "Progressing")["reason"] == "Settled"
            and is_true(cluster, "MembersSynced") and is_true(cluster, "ConfigInSync")
            and sum(m.get("role") == "Voter" for m in members) == spec.get("voters", 3)
            and len(members) == spec.get("voters", 3) + spec.get("observers", 0))


def is_pod_ready(pod):
    return any(each["type"] == "Ready" and each["status"] == "True"
               for each in pod.get("status", {}).get("conditions", ()))


def is_leaving(pod):
    return "deletionTimestamp" in pod["metadata"]


def restarts_of(pod):
    return sum(c.get("restartCount", 0) for c in pod.get("status", {}).get("containerStatuses", ()))


def tell(cluster):
    """Where a cluster stands, for people."""
    status = cluster.get("status", {})
    lines = [f"generation {cluster['metadata'].get('generation')}, observed {status.get('observedGeneration')}, "
             f"inFlight {status.get('inFlight')}"]
    lines += [f"  {c['type']}={c['status']} {c.get('reason')}: {c.get('message')}"
              for c in status.get("conditions", ())]
    lines += [f"  member {json.dumps(m)}" for m in status.get("members", ())]
    lines += [f"  step {json.dumps(s)}" for s in status.get("plan", ())]
    return "\n".join(lines)


class Case:
    def __init__(self, plane, name, folder):
        self.plane, self.name, self.folder = plane, name, Path(folder)
        self.kubectl = plane.kubectl.within(name)
        self.history = History()
        self.pods, self.clusters, self.gone = {}, {}, set()
        self.changed = threading.Condition()
        self.steady, self.watches, self.without, self.notes = [], [], set(), []
        self.begun = time.monotonic()

    def start(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        self.plane.kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {
            "name": self.name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}})
        self.watches = [Watch(self.kubectl, "quorumclusters", self._on_cluster),
                        Watch(self.kubectl, "pods", self._on_pod)]
        return self

    # What is seen.

    def _on_cluster(self, kind, item):
        meta, status = item["metadata"], dict(item.get("status", {}))
        if is_leaving(item):
            status["_deleting"] = True
        managers = [each.get("manager") for each in meta.get("managedFields", ())
                    if "f:spec" in each.get("fieldsV1", {})]
        with self.changed:
            if kind == "DELETED":
                self.clusters.pop(meta["name"], None)
                self.gone.add(meta["uid"])
            else:
                self.clusters[meta["name"]] = item
                self.history.add(ClusterSeen(
                    name=meta["name"], uid=meta["uid"], generation=meta.get("generation", 1),
                    at=time.monotonic(), spec=item.get("spec", {}), status=status,
                    spec_managers=managers))
            self.changed.notify_all()

    def _on_pod(self, kind, item):
        meta = item["metadata"]
        self.plane.keep_logs(item, self.folder)
        with self.changed:
            if kind == "DELETED":
                self.pods.pop(meta["name"], None)
            else:
                self.pods[meta["name"]] = item
            self.history.add(PodSeen(
                name=meta["name"], uid=meta["uid"], at=time.monotonic(),
                zone=meta.get("labels", {}).get("quorate.dev/zone", ""), is_ready=is_pod_ready(item),
                is_terminating=is_leaving(item), is_gone=kind == "DELETED"))
            self.changed.notify_all()
            moved = [(each, self._hosts(each.member)) for each in self.steady]
        for each, hosts in moved:
            each.move(hosts)

    def _hosts(self, member=""):
        return ",".join(f"{pod['status']['podIP']}:{CLIENT_PORT}" for name, pod in sorted(self.pods.items())
                        if name.startswith(member) and pod.get("status", {}).get("podIP")
                        and not is_leaving(pod))

    def hosts(self, member=""):
        with self.changed:
            return self._hosts(member)

    def until(self, holds, what, seconds=TIMEOUT_S):
        """Waits for events until `holds()`, and fails at once when a client or a watch has failed."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not holds():
                failure = next((each.failure for each in [*self.steady, *self.watches] if each.failure), None)
                if failure is not None:
                    raise failure
                if time.monotonic() > deadline:
                    stands = "\n".join(tell(cluster) for cluster in self.clusters.values())
                    raise AssertionError(f"{self.name}: not within {seconds} s: {what}\n{stands}")
                self.changed.wait(1.0)
                if self.plane.keep_operator():
                    self.notes.append("the operator had ended by itself and was started again")

    # What a person does.

    def create(self, name="zoo", **spec):
        spec.setdefault("image", self.plane.images[0])
        spec.setdefault("storage", {"size": "1Gi"})
        item = {"apiVersion": "quorate.dev/v1alpha1", "kind": "QuorumCluster",
                "metadata": {"name": name, "namespace": self.name}, "spec": spec}
        return self._written(self.plane.create_cluster(item))

    def patch(self, name="zoo", **spec):
        text = self.kubectl("patch", "quorumcluster", name, "--type=merge", "-p", json.dumps({"spec": spec}),
                            "-o", "json")
        return self._written(json.loads(text))

    def scale(self, observers, name="zoo"):
        self.kubectl("scale", "quorumcluster", name, f"--replicas={observers}")
        return self._written(self.kubectl.get("quorumcluster", name))

    def _written(self, item):
        meta = item["metadata"]
        self.history.add(SpecWritten(name=meta["name"], uid=meta["uid"], generation=meta["generation"]))
        return item

    def cluster(self, name="zoo"):
        return self.clusters.get(name, {"metadata": {"generation": 0}, "spec": {}})

    def settle(self, item=None, what="the cluster settles", seconds=TIMEOUT_S):
        """Until the cluster, and all its Pods, are as `item` or a later spec says."""
        name = item["metadata"]["name"] if item else "zoo"
        generation = item["metadata"]["generation"] if item else 0
        uid = item["metadata"]["uid"] if item else None

        def holds():
            cluster = self.clusters.get(name)
            if cluster is None or cluster["metadata"]["generation"] < generation:
                return False
            if uid is not None and cluster["metadata"]["uid"] != uid:
                return False
            members = {m["name"] for m in cluster.get("status", {}).get("members", ())}
            pods = {n: p for n, p in self.pods.items()
                    if p["metadata"]["labels"].get("app.kubernetes.io/instance") == name}
            return (is_settled(cluster) and set(pods) == members
                    and all(is_pod_ready(p) and not is_leaving(p) for p in pods.values()))

        self.until(holds, what, seconds)
        return self.cluster(name)

    def members(self, role="Voter", name="zoo"):
        return [m["name"] for m in self.cluster(name)["status"].get("members", ()) if m["role"] == role]

    def leader(self, name="zoo"):
        return self.cluster(name)["status"].get("leader", "")

    def uids(self):
        with self.changed:
            return {name: pod["metadata"]["uid"] for name, pod in self.pods.items()}

    @contextmanager
    def fault(self, what, members):
        """While the block runs, and until those that are left of `members` are ready again."""
        record = self.history.add(Fault(what=what, members=list(members), at=time.monotonic()))
        yield record
        self.until(lambda: all(is_pod_ready(self.pods[m]) and not is_leaving(self.pods[m])
                               if m in self.pods else m not in self.members() for m in members),
                   f"{members} are ready again after: {what}")
        record.until = time.monotonic()

    def kill(self, *members):
        """kill -9; returns when the kubelet has seen it."""
        before = {m: (self.pods[m]["metadata"]["uid"], restarts_of(self.pods[m])) for m in members}
        for member in members:
            self.plane.kill_pod(before[member][0])
        self.until(lambda: all(m in self.pods and (self.pods[m]["metadata"]["uid"], restarts_of(self.pods[m]))
                               != before[m] for m in members), f"{members} are restarted")

    # Load.

    def load(self, pinned=None, moving=2):
        """A client for each of the members and some for any; they run until the case ends."""
        clients.prepare(self.hosts())
        pinned = self.members() if pinned is None else pinned
        names = [(f"at-{member}", member) for member in pinned] + [(f"any-{n}", "") for n in range(moving)]
        for name, member in names:
            each = clients.Steady(name, member, self.hosts(member), self.history, self.name)
            with self.changed:
                self.steady.append(each)
            each.move(self.hosts(member))
            each.start()
        self.progress()

    def progress(self, writes=10, without=()):
        """Until every client has had so many more writes acknowledged, but for those of some members."""
        wanted = {each: each.done + writes for each in self.steady if each.member not in without}
        self.until(lambda: all(each.done >= count for each, count in wanted.items()),
                   "every client makes progress: " + str({e.name: e.done for e in self.steady}))

    def stop_load(self):
        for each in self.steady:
            each.stopping.set()
        for each in self.steady:
            each.join(2 * clients.ANSWER_TIMEOUT_S)
            assert not each.is_alive(), f"client {each.name} hangs"
            each.finish()
            assert each.failure is None, each.failure
        self.steady = []

    def read_trees(self, members=None):
        for member in members or self.members():
            self.history.add(clients.read_tree(member, self.hosts(member)))

    # The end.

    def verdict(self):
        """Stops the load, reads what is left, and judges the history."""
        if self.steady:
            self.stop_load()
            self.read_trees()
        violations = check(self.history, self.without)
        lost, count = lost_at_leavers(self.history)
        self.notes.append(f"{time.monotonic() - self.begun:.0f} s, {count} operations, "
                          f"{acknowledged_writes(self.history)} writes acknowledged, "
                          f"{lost} lost at members that were leaving")
        assert not violations, "the history shows:\n" + "\n".join(map(str, violations))

    def keep_evidence(self):
        """Objects, events and logs, for whoever looks at a failure. The folder is told."""
        self.history.save(self.folder / "history.jsonl")
        try:
            (self.folder / "objects.json").write_text(
                self.kubectl("get", KINDS, "-o", "json"), encoding="utf-8")
            (self.folder / "events.txt").write_text(self.kubectl("get", "events"), encoding="utf-8")
        except (KubectlError, OSError) as error:
            (self.folder / "objects.error").write_text(str(error), encoding="utf-8")
        stands = "\n".join(tell(cluster) for cluster in self.clusters.values())
        (self.folder / "clusters.txt").write_text(stands, encoding="utf-8")
        self._keep_status_of_members()
        self.plane.keep_evidence(self.folder)

    def _keep_status_of_members(self):
        for name, pod in dict(self.pods).items():
            address = pod.get("status", {}).get("podIP")
            try:
                with urllib.request.urlopen(f"http://{address}:8080/commands/monitor", timeout=5) as answer:
                    (self.folder / f"{name}.monitor.json").write_bytes(answer.read())
            except OSError:
                continue

    def close(self):
        for each in self.steady:
            each.stopping.set()
            clients.close(each.kazoo)
        self.steady = []
        for watch in self.watches:
            watch.stop()
        self.plane.delete_namespace(self.name)
