#!/usr/bin/env python3
"""The rights of the operator: none is missing and none is more than needed.

The operator runs a cluster through its life with the rights of deploy/rbac and no others; what it asked
for is compared with what it may.
"""

import json
import unittest

import yaml

from common import BIN, DEPLOY, LocalCluster, Process, await_true, documents, free_port
from rights import GuardedApi, right_of, rights_of

# Rights that this life does not show, and where they are shown.
SHOWN_ELSEWHERE = {
    ("quorate.dev", "quorumclusters/finalizers", "update"): "api_test.py: the API server asks for it itself",
    ("", "secrets", "patch"): "tests/operator/reconcile/reconcile_test.cc: certificates are renewed",
    ("events.k8s.io", "events", "patch"): "tests/operator/kube/queue_test.cc: an Event that repeats is counted",
}
LIFE_TIMEOUT_S = 60


def role(path):
    [found] = [each for each in documents((DEPLOY / path).read_text()) if each["kind"] in ("Role", "ClusterRole")]
    return found["rules"]


class Rights(LocalCluster):
    IMAGES = (f"quorate-server:1={BIN / 'quorate-server'}", f"quorate-server:2={BIN / 'quorate-server'}")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rules = role("rbac/cluster/role.yaml") + role("operator/lease_role.yaml")
        config = yaml.safe_load(cls.kubeconfig.read_text())
        host, port = config["clusters"][0]["cluster"]["server"].removeprefix("https://").split(":")
        cls.api = GuardedApi(host, int(port), config["users"][0]["user"]["token"], cls.rules)
        cls.addClassCleanup(cls.api.stop)
        cls.operator = Process(
            cls, BIN / "quorate-operator", "--server", cls.api.url, "--member-image", "quorate-server:1",
            "--metrics-bind-address", f"127.0.0.1:{free_port()}",
            "--health-probe-bind-address", f"127.0.0.1:{free_port()}", log=cls.folder / "operator.log",
        )

    def apply(self, voters, **more):
        spec = {"voters": voters, "zones": [{"name": n} for n in "abc"],
                "storage": {"size": "1Gi", "storageClassName": "standard", "reclaimPolicy": "Delete"}} | more
        self.kubectl("apply", "-f", "-", text=json.dumps({
            "apiVersion": "quorate.dev/v1alpha1", "kind": "QuorumCluster",
            "metadata": {"name": "zoo", "namespace": "default"}, "spec": spec,
        }))
        self.generation = self.get("qc", "zoo")["metadata"]["generation"]

    def get(self, *what):
        return json.loads(self.kubectl("get", *what, "-o", "json"))

    def is_settled(self):
        status = self.get("qc", "zoo").get("status", {})
        conditions = {each["type"]: each["status"] for each in status.get("conditions", [])}
        return (
            status.get("observedGeneration") == self.generation
            and conditions.get("Ready") == "True"
            and conditions.get("Progressing") == "False"
        )

    def settle(self, what):
        try:
            await_true(self.is_settled, what, LIFE_TIMEOUT_S)
        except AssertionError as error:
            status = self.get("qc", "zoo").get("status", {})
            log = self.operator.log.read_text().splitlines()[-12:]
            raise AssertionError("\n".join([str(error), json.dumps(status.get("plan")), *log])) from None

    def pod_uids(self):
        return {each["metadata"]["uid"] for each in self.get("pods")["items"]}

    def test_a_whole_life(self):
        self.apply(3)
        self.settle("birth")
        self.apply(1)
        self.settle("scale in, which deletes volumes")
        before = self.pod_uids()
        self.kubectl("annotate", "qc", "zoo", "quorate.dev/restartedAt=2026-01-01T00:00:00Z")
        await_true(lambda: not before & self.pod_uids() and self.is_settled(), "a roll, which evicts", LIFE_TIMEOUT_S)
        self.apply(1, storage={"size": "2Gi", "storageClassName": "standard", "reclaimPolicy": "Delete"})
        claims = lambda: [e["spec"]["resources"]["requests"]["storage"] for e in self.get("pvc")["items"]]
        await_true(lambda: claims() == ["2Gi"], "growth, which makes the StatefulSet anew", LIFE_TIMEOUT_S)
        self.settle("growth")
        self.make_orphans()
        self.break_and_mend()
        self.kubectl("delete", "qc", "zoo", "--timeout", f"{LIFE_TIMEOUT_S}s")
        await_true(lambda: not self.get("pvc")["items"], "its volumes are deleted", LIFE_TIMEOUT_S)
        self.operator.stop()
        self.compare()

    def make_orphans(self):
        """Objects that a former release might have made for the cluster."""
        uid = self.get("qc", "zoo")["metadata"]["uid"]
        owner = {"apiVersion": "quorate.dev/v1alpha1", "kind": "QuorumCluster", "name": "zoo", "uid": uid, "controller": True}
        metadata = {"name": "zoo-former", "namespace": "default", "ownerReferences": [owner],
                    "labels": {"app.kubernetes.io/managed-by": "quorate-operator", "app.kubernetes.io/instance": "zoo",
                               "app.kubernetes.io/name": "quorate"}}
        orphans = [
            {"apiVersion": "v1", "kind": "ServiceAccount"},
            {"apiVersion": "v1", "kind": "ConfigMap"},
            {"apiVersion": "v1", "kind": "Service", "spec": {"ports": [{"port": 1}]}},
            {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "spec": {"minAvailable": 0, "selector": {"matchLabels": {"x": "y"}}}},
        ]
        self.kubectl("create", "-f", "-", text="\n---\n".join(json.dumps(each | {"metadata": metadata}) for each in orphans))
        await_true(lambda: "zoo-former" not in self.kubectl("get", "sa,cm,svc,pdb", "-o", "name"), "orphans are swept", LIFE_TIMEOUT_S)

    def break_and_mend(self):
        """A member that cannot start is not part of the quorum: its Pod is deleted, not evicted."""
        self.apply(3, image="quorate-server:none", storage={"size": "2Gi", "storageClassName": "standard", "reclaimPolicy": "Delete"})
        waits = lambda: any(
            "waiting" in state.get("state", {})
            for pod in self.get("pods")["items"] for state in pod.get("status", {}).get("containerStatuses", [])
        )
        await_true(waits, "a member that cannot start", LIFE_TIMEOUT_S)
        self.apply(3, image="quorate-server:2", storage={"size": "2Gi", "storageClassName": "standard", "reclaimPolicy": "Delete"})
        self.settle("mended")

    def compare(self):
        granted = set(rights_of(self.rules))
        self.assertEqual(self.api.refused, set(), "rights that are missing")
        unused = granted - self.api.asked - SHOWN_ELSEWHERE.keys()
        self.assertEqual(unused, set(), "rights that nothing needs")
        self.assertLessEqual(self.api.asked, granted)

    def test_what_a_request_needs(self):
        for method, target, right in (
            ("GET", "/api/v1/pods?watch=true", ("", "pods", "watch", "")),
            ("GET", "/api/v1/namespaces/n/pods", ("", "pods", "list", "")),
            ("GET", "/api/v1/namespaces/n/secrets/s", ("", "secrets", "get", "s")),
            ("POST", "/api/v1/namespaces/n/pods/p/eviction", ("", "pods/eviction", "create", "p")),
            ("PATCH", "/apis/quorate.dev/v1alpha1/namespaces/n/quorumclusters/q/status", ("quorate.dev", "quorumclusters/status", "patch", "q")),
            ("DELETE", "/apis/apps/v1/namespaces/n/statefulsets/s", ("apps", "statefulsets", "delete", "s")),
            ("GET", "/apis/apps/v1", None),
        ):
            self.assertEqual(right_of(method, target), right)


if __name__ == "__main__":
    unittest.main(verbosity=2)
