#!/usr/bin/env python3
"""Manifests and charts at a real kube-apiserver: applied strictly, restricted, upgraded, uninstalled;
and the operator with no more rights than they give it.
"""

import json
import unittest

import yaml

from common import BIN, CHARTS, DEPLOY, ROOT, Process, await_true, by_kind, documents, free_port, helm, rendered, run
from metrics_test import answers, get
from real_api import RealApi

ACCOUNT = "system:serviceaccount:quorate-system:quorate-operator"
CLUSTER = {
    "apiVersion": "quorate.dev/v1alpha1", "kind": "QuorumCluster", "metadata": {"name": "zoo"},
    "spec": {"voters": 3, "zones": [{"name": n} for n in "abc"]},
}


def golden_pods():
    """Pod templates that the operator makes, from the golden files of its builders."""
    text = (ROOT / "tests/operator/resources/testdata/objects.txt").read_text()
    for case in text.split("\n## ")[1:]:
        answer = case.split("\n----\n")[1]
        if answer.startswith("apiVersion:"):
            for each in by_kind(documents(answer), "StatefulSet"):
                template = each["spec"]["template"]
                template["spec"]["volumes"] += [
                    {"name": claim["metadata"]["name"], "persistentVolumeClaim": {"claimName": "x"}}
                    for claim in each["spec"]["volumeClaimTemplates"]
                ]
                yield template


class Manifests(RealApi):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kubectl("apply", "--server-side", "--validate=strict", "-k", DEPLOY)

    def test_applying_again_changes_nothing(self):
        again = self.kubectl("diff", "--server-side", "-k", DEPLOY)
        self.assertEqual(again, "")

    def test_client_side_apply_works_too(self):
        self.kubectl("apply", "--dry-run=server", "-k", DEPLOY)

    def test_namespace_mode(self):
        self.kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-k", DEPLOY / "namespaced")

    def test_samples(self):
        self.kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", DEPLOY / "samples")

    def test_charts(self):
        """Every kind that the API server itself knows."""
        self.kubectl("create", "namespace", "space")
        for chart, values in (
            ("quorate-operator", {"crds": {"install": False}, "monitoring": {"dashboards": True}}),
            ("quorate-operator", {"crds": {"install": False}, "rbac": {"scope": "Namespace", "secretNames": ["a"]}}),
            ("quorate-cluster", {"zones": [{"name": "a"}], "tls": {"clientSecretName": "c"}}),
        ):
            with self.subTest(chart=chart, values=values):
                text = yaml.safe_dump_all(rendered(chart, values))
                self.kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict", "-f", "-", text=text)

    def test_every_pod_passes_the_restricted_standard(self):
        space = {"apiVersion": "v1", "kind": "Namespace",
                 "metadata": {"name": "strict", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}}
        self.kubectl("apply", "-f", "-", text=json.dumps(space))
        templates = [each["spec"]["template"] for each in by_kind(rendered("quorate-operator"), "Deployment")]
        templates += by_kind(rendered("quorate-operator") + rendered("quorate-cluster"), "Pod")
        members = list(golden_pods())
        self.assertTrue(members)
        for template in templates + members:
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "x-", "namespace": "strict"},
                   "spec": template["spec"]}
            pod["spec"].setdefault("restartPolicy", "Always")
            self.kubectl("create", "--dry-run=server", "-f", "-", text=json.dumps(pod))
        pod["spec"].pop("securityContext")
        refused = self.try_kubectl("create", "--dry-run=server", "-f", "-", text=json.dumps(pod))
        self.assertIn("violates PodSecurity", refused.stderr)

    def test_what_the_operator_may_not_do(self):
        def may(verb, resource, *more):
            return self.try_kubectl("auth", "can-i", verb, resource, f"--as={ACCOUNT}", *more).returncode == 0

        self.assertTrue(may("get", "secrets", "-n", "default"))
        for verb, resource in (("list", "secrets"), ("watch", "secrets"), ("delete", "secrets"),
                               ("create", "pods"), ("update", "quorumclusters"), ("delete", "quorumclusters"),
                               ("delete", "nodes"), ("create", "clusterroles.rbac.authorization.k8s.io"),
                               ("delete", "persistentvolumes"), ("get", "pods/exec"), ("create", "pods/exec"),
                               ("impersonate", "users")):
            self.assertFalse(may(verb, resource, "-n", "default"), (verb, resource))
        self.assertFalse(may("update", "leases.coordination.k8s.io/other", "-n", "quorate-system"))
        self.assertFalse(may("get", "leases.coordination.k8s.io", "-n", "default"))

    def test_owning_with_blocked_deletion_needs_the_right_over_finalizers(self):
        self.kubectl("apply", "-f", "-", text=json.dumps(CLUSTER | {"metadata": {"name": "owner"}}))
        uid = self.kubectl("get", "qc", "owner", "-o", "jsonpath={.metadata.uid}")
        owner = {"apiVersion": "quorate.dev/v1alpha1", "kind": "QuorumCluster", "name": "owner", "uid": uid,
                 "controller": True, "blockOwnerDeletion": True}
        owned = {"apiVersion": "v1", "kind": "ConfigMap",
                 "metadata": {"name": "owned", "namespace": "default", "ownerReferences": [owner]}}
        create = ("create", "--dry-run=server", "-f", "-", f"--as={ACCOUNT}")
        self.kubectl(*create, text=json.dumps(owned))
        role = json.loads(self.kubectl("get", "clusterrole", "quorate-operator", "-o", "json"))
        role["rules"] = [each for each in role["rules"] if each["resources"] != ["quorumclusters/finalizers"]]
        try:
            self.kubectl("replace", "-f", "-", text=json.dumps(role))
            refused = lambda: self.try_kubectl(*create, text=json.dumps(owned))
            await_true(lambda: "blockOwnerDeletion" in refused().stderr, "it is refused without")
        finally:
            self.kubectl("apply", "--server-side", "--force-conflicts", "-k", DEPLOY)

    def test_the_operator_is_refused_nothing(self):
        """It runs as its service account, and makes a cluster's objects; no node runs Pods here."""
        metrics, probes = free_port(), free_port()
        image = ["--member-image", "x"] if "--member-image" in run(BIN / "quorate-operator", "--help") else []
        operator = Process(
            type(self), BIN / "quorate-operator", "--kubeconfig",
            self.account_kubeconfig("quorate-system", "quorate-operator"), "--leader-election-namespace",
            "quorate-system", "--metrics-bind-address", f"127.0.0.1:{metrics}", "--health-probe-bind-address",
            f"127.0.0.1:{probes}", *image, log=self.folder / "operator.log",
        )
        self.kubectl("apply", "-f", "-", text=json.dumps(CLUSTER))
        await_true(lambda: answers(f"http://127.0.0.1:{probes}/readyz"), "the operator is ready")
        if image:
            await_true(lambda: self.kubectl("get", "sts", "-o", "name").count("zoo-") == 3, "it made StatefulSets")
            self.assertIn("zoo-admin", self.kubectl("get", "secret", "-o", "name"))
        leads = lambda: 'leader_election_master_status{name="quorate-operator"} 1' in get(f"http://127.0.0.1:{metrics}/metrics")
        await_true(leads, "it leads")
        operator.stop()
        asked = self.audit(ACCOUNT)
        self.assertTrue(asked)
        self.assertEqual([each for each in asked if each[-1] in (401, 403)], [])
        self.assertEqual([each for each in asked if each[1] == "secrets" and each[2] not in ("get", "create")], [])


class Charts(RealApi):
    """The life of releases. Nothing runs Pods here, so nothing is waited for."""

    def helm(self, *arguments):
        return helm("--kubeconfig", self.kubeconfig, "-n", "quorate-system", *arguments)

    def test_install_upgrade_rollback_uninstall(self):
        chart = CHARTS / "quorate-operator"
        self.helm("install", "q", chart, "--create-namespace")
        self.kubectl("wait", "--for=condition=Established", "crd/quorumclusters.quorate.dev", "--timeout=30s")
        self.helm("install", "zoo", CHARTS / "quorate-cluster")
        self.helm("upgrade", "q", chart, "--set", "replicas=3,operator.workers=4")
        replicas = ("get", "deployment", "q-quorate-operator", "-n", "quorate-system", "-o", "jsonpath={.spec.replicas}")
        self.assertEqual(self.kubectl(*replicas), "3")
        self.helm("rollback", "q", "1")
        self.assertEqual(self.kubectl(*replicas), "2")
        self.helm("upgrade", "zoo", CHARTS / "quorate-cluster", "--reuse-values", "--set", "voters=5")
        self.assertEqual(self.kubectl("get", "qc", "zoo", "-n", "quorate-system", "-o", "jsonpath={.spec.voters}"), "5")
        self.helm("uninstall", "q")
        # The definition stays, and so does the cluster.
        self.assertIn("zoo", self.kubectl("get", "qc", "-n", "quorate-system", "-o", "name"))
        left = self.kubectl("get", "deploy,sa,role,clusterrole", "-n", "quorate-system", "-l", "app.kubernetes.io/instance=q", "-o", "name")
        self.assertEqual(left, "")
        # Another release of the same name takes the definition up again.
        self.helm("install", "q", chart)
        self.helm("uninstall", "zoo")
        self.assertEqual(self.kubectl("get", "qc", "-n", "quorate-system", "-o", "name"), "")

    def test_a_wrong_value_is_refused_before_anything_is_made(self):
        with self.assertRaisesRegex(AssertionError, "schema"):
            self.helm("install", "wrong", CHARTS / "quorate-cluster", "--set", "voters=4")


if __name__ == "__main__":
    unittest.main(verbosity=2)
