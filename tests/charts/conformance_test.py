#!/usr/bin/env python3
"""One script against two API servers, quorate-local's and Kubernetes' own: what the operator, its
clusters and people rely on is the same at both. Every rule of the definition has its message here.
"""

import copy
import json
import unittest

import yaml

from common import DEPLOY, LocalCluster
from real_api import RealApi

DEFINITION = DEPLOY / "crd/quorumclusters.quorate.dev.yaml"
ZONES = [{"name": n} for n in "abc"]


def cluster(name="zoo", **spec):
    return {"apiVersion": "quorate.dev/v1alpha1", "kind": "QuorumCluster",
            "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def voters(*numbers):
    return [{"name": name, "voters": count} for name, count in zip("abcdefg", numbers)]


# What is refused when it is made: (message, object).
REFUSED_AT_ONCE = (
    ("the name must be a DNS-1035 label", cluster("1zoo", voters=3)),
    ("may have 51 characters together", cluster("z" * 40, voters=3, zones=[{"name": "a" * 12}])),
    ("set voters in every zone or in none", cluster(voters=3, zones=[{"name": "a", "voters": 3}, {"name": "b"}])),
    ("must add up to spec.voters", cluster(voters=5, zones=voters(1, 1, 1))),
    ("a zone holds a majority of the voters", cluster(voters=5, zones=voters(3, 1, 1))),
    ("a key of zoo.cfg has 1 to 128 letters", cluster(voters=3, config={"a b": "1"})),
    ("a key that the operator sets itself", cluster(voters=3, config={"clientPort": "1"})),
    ("batch All stops every member at once", cluster(voters=3, update={"batch": "All"})),
    ("the number of voters must be odd", cluster(voters=4)),
)
FIRST = {"voters": 3, "zones": [{"name": "a", "nodeZone": "x"}, {"name": "b"}, {"name": "c"}],
         "storage": {"size": "2Gi", "storageClassName": "one", "log": {"size": "2Gi", "storageClassName": "one"}}}
# What is refused as a change of FIRST: (message, merge patch of the spec).
REFUSED_AS_CHANGE = (
    ("tls.managed cannot be changed", {"tls": {"managed": True}}),
    ("a zone cannot be renamed", {"zones": [{"name": "a", "nodeZone": "x"}, {"name": "b"}, {"name": "d"}]}),
    ("nodeZone of a zone cannot be changed", {"zones": [{"name": "a", "nodeZone": "y"}, {"name": "b"}, {"name": "c"}]}),
    ("storageClassName cannot be changed", {"storage": {"storageClassName": "two"}}),
    ("storageClassName cannot be changed", {"storage": {"log": {"storageClassName": "two"}}}),
    ("log cannot be added or removed", {"storage": {"log": None}}),
    ("a volume only grows", {"storage": {"size": "1Gi"}}),
    ("a volume only grows", {"storage": {"log": {"size": "1Gi"}}}),
)


def rules(schema):
    """Messages of all rules of a schema."""
    if isinstance(schema, dict):
        yield from (rule["message"] for rule in schema.get("x-kubernetes-validations", ()))
        for each in schema.values():
            yield from rules(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from rules(each)


class Conformance:
    """The script; `self.kubectl` is bound to one of the servers."""

    def tearDown(self):
        self.kubectl("delete", "qc,cm", "--all", "--ignore-not-found", "--wait=false", "-n", "default")

    def apply(self, item, *more):
        return json.loads(self.kubectl("apply", "--server-side", *more, "-f", "-", "-o", "json", text=json.dumps(item)))

    def refused(self, *words, text=None):
        done = self.try_kubectl(*words, text=text)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def patch(self, change, *more, kind="merge"):
        return json.loads(self.kubectl("patch", "qc", "zoo", f"--type={kind}", "-p", json.dumps(change), "-o", "json", *more))

    def test_every_rule_has_a_case_and_says_what_to_do(self):
        with open(DEFINITION, encoding="utf-8") as file:
            known = set(rules(yaml.safe_load(file)))
        cases = [message for message, _ in REFUSED_AT_ONCE + REFUSED_AS_CHANGE]
        self.assertEqual([each for each in known if not any(message in each for message in cases)], [])
        for message, item in REFUSED_AT_ONCE:
            with self.subTest(message):
                self.assertIn(message, self.refused("create", "-f", "-", text=json.dumps(item)))
        self.apply(cluster(**FIRST))
        for message, change in REFUSED_AS_CHANGE:
            with self.subTest(message):
                self.assertIn(message, self.refused("patch", "qc", "zoo", "--type=merge", "-p", json.dumps({"spec": change})))
        self.assertEqual(self.patch({"spec": {"storage": {"size": "3Gi"}}})["spec"]["storage"]["size"], "3Gi")

    def test_schema(self):
        for message, spec in (("voters", {"voters": "three"}), ("placement", {"voters": 3, "placement": "Anywhere"}),
                              ("zones", {"voters": 3, "zones": [{"name": "a"}, {"name": "a"}]}),
                              ("voters", {"voters": 17})):
            with self.subTest(spec=spec):
                self.assertIn(message, self.refused("create", "--validate=false", "-f", "-", text=json.dumps(cluster(**spec))))
        self.assertIn("unknown field", self.refused(
            "create", "--validate=strict", "-f", "-", text=json.dumps(cluster(voters=3, voter=3))))

    def test_defaults_and_pruning(self):
        text = json.dumps(cluster(unknown=1))
        made = json.loads(self.kubectl("create", "--validate=false", "-f", "-", "-o", "json", text=text))
        self.assertEqual(made["spec"]["voters"], 3)
        self.assertEqual(made["spec"]["storage"], {"size": "10Gi", "reclaimPolicy": "Retain"})
        self.assertNotIn("unknown", made["spec"])

    def test_generation_and_status(self):
        made = self.apply(cluster(voters=3))
        self.assertEqual(made["metadata"]["generation"], 1)
        labelled = self.patch({"metadata": {"labels": {"a": "b"}}})
        self.assertEqual(labelled["metadata"]["generation"], 1)
        shown = self.patch({"status": {"ready": 2}, "spec": {"voters": 5}}, "--subresource=status")
        self.assertEqual((shown["spec"]["voters"], shown["status"]["ready"], shown["metadata"]["generation"]), (3, 2, 1))
        changed = self.patch({"status": {"ready": 1}, "spec": {"voters": 5}})
        self.assertEqual((changed["spec"]["voters"], changed["status"]["ready"], changed["metadata"]["generation"]), (5, 2, 2))
        self.assertEqual(self.patch({"spec": {"voters": 5}})["metadata"]["resourceVersion"],
                         changed["metadata"]["resourceVersion"])

    def test_scale_changes_observers(self):
        self.apply(cluster(voters=3))
        self.kubectl("scale", "qc", "zoo", "--replicas=2")
        item = json.loads(self.kubectl("get", "qc", "zoo", "-o", "json"))
        self.assertEqual((item["spec"]["voters"], item["spec"]["observers"]), (3, 2))

    def test_two_managers_of_one_field(self):
        self.apply(cluster(voters=3), "--field-manager=one")
        self.assertIn("conflict", self.refused("apply", "--server-side", "--field-manager=two", "-f", "-",
                                               text=json.dumps(cluster(voters=5))))
        taken = self.apply(cluster(voters=5), "--field-manager=two", "--force-conflicts", "--show-managed-fields")
        owners = {each["manager"] for each in taken["metadata"]["managedFields"]
                  if "f:voters" in each.get("fieldsV1", {}).get("f:spec", {})}
        self.assertEqual(owners, {"two"})
        # What a manager no longer names goes, unless another one names it.
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "default"},
                  "data": {"a": "1", "b": "2"}}
        self.apply(config, "--field-manager=one")
        less = copy.deepcopy(config)
        del less["data"]["b"]
        self.assertEqual(self.apply(less, "--field-manager=one")["data"], {"a": "1"})

    def test_patches(self):
        self.apply(cluster(voters=3, config={"tickTime": "1000", "maxClientCnxns": "5"}))
        self.assertEqual(self.patch({"spec": {"config": {"tickTime": None}}})["spec"]["config"], {"maxClientCnxns": "5"})
        operations = [{"op": "test", "path": "/spec/voters", "value": 3}, {"op": "replace", "path": "/spec/voters", "value": 5}]
        self.assertEqual(self.patch(operations, kind="json")["spec"]["voters"], 5)
        self.refused("patch", "qc", "zoo", "--type=json", "-p", json.dumps(operations))
        stale = {"metadata": {"resourceVersion": "1"}, "spec": {"voters": 7}}
        self.assertIn("Conflict", self.refused("patch", "qc", "zoo", "--type=merge", "-p", json.dumps(stale)))

    def test_finalizers_hold_an_object(self):
        item = cluster(voters=3)
        item["metadata"]["finalizers"] = ["quorate.dev/conformance"]
        self.apply(item)
        self.kubectl("delete", "qc", "zoo", "--wait=false")
        held = json.loads(self.kubectl("get", "qc", "zoo", "-o", "json"))
        self.assertIn("deletionTimestamp", held["metadata"])
        self.kubectl("patch", "qc", "zoo", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
        self.assertIn("NotFound", self.refused("get", "qc", "zoo"))

    def test_lists(self):
        for name, team in (("one", "a"), ("two", "b"), ("three", "a")):
            item = cluster(name, voters=1)
            item["metadata"]["labels"] = {"team": team}
            self.apply(item)
        names = lambda *words: self.kubectl("get", "qc", "-o", "name", *words).split()
        self.assertEqual(len(names("-l", "team=a")), 2)
        self.assertEqual(len(names("-l", "team notin (a)")), 1)
        self.assertEqual(len(names("--field-selector=metadata.name=two")), 1)
        self.assertEqual(len(names("--chunk-size=1")), 3)
        table = self.kubectl("get", "qc", "one")
        for column in ("VOTERS", "READY", "LEADER", "VERSION", "STATUS", "AGE"):
            self.assertIn(column, table)

    def test_what_kubectl_says(self):
        self.assertIn('"none" not found', self.refused("get", "qc", "none"))
        self.apply(cluster(voters=3))
        self.assertIn("AlreadyExists", self.refused("create", "-f", "-", text=json.dumps(cluster(voters=3))))
        self.assertIn("voters", self.kubectl("explain", "qc.spec"))


class OnLocal(Conformance, LocalCluster):
    """quorate-local."""


class OnKubernetes(Conformance, RealApi):
    """kube-apiserver."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kubectl("apply", "--server-side", "-f", DEPLOY / "crd")
        cls.kubectl("wait", "--for=condition=Established", "crd/quorumclusters.quorate.dev", "--timeout=30s")


if __name__ == "__main__":
    unittest.main(verbosity=2)
