#!/usr/bin/env python3
"""Samples, and what the charts render, at an API: each is accepted, and each rule of ours refuses."""

import json
import unittest

import yaml

from common import CHARTS, DEPLOY, LocalCluster, by_kind, documents, rendered

SAMPLES = sorted((DEPLOY / "samples").glob("*.yaml"))

# What is wrong, and words of the rule that says so. Where there are two specs, the second is an
# update of the first.
REFUSED = [
    ([{"voters": 4}], "the number of voters must be odd"),
    ([{"voters": 17}], "15"),
    ([{"config": {"clientPort": "1"}}], "a key that the operator sets itself"),
    ([{"config": {"a b": "1"}}], "a key of zoo.cfg has 1 to 128 letters"),
    ([{"update": {"batch": "All"}}], "batch All stops every member at once"),
    ([{"zones": [{"name": "a", "voters": 3}, {"name": "b"}]}], "set voters in every zone or in none"),
    (
        [{"voters": 3, "zones": [{"name": "a", "voters": 1}, {"name": "b", "voters": 1}]}],
        "the voters of the zones must add up to spec.voters",
    ),
    (
        [{"voters": 5, "zones": [{"name": n, "voters": v} for n, v in (("a", 3), ("b", 1), ("c", 1))]}],
        "a zone holds a majority of the voters",
    ),
    ([{"zones": [{"name": "a"}, {"name": "a"}]}], "Duplicate value"),
    ([{"storage": {"size": "2Gi"}}, {"storage": {"size": "1Gi"}}], "a volume only grows"),
    (
        [{"storage": {"log": {"size": "2Gi"}}}, {"storage": {"log": {"size": "1Gi"}}}],
        "a volume only grows",
    ),
    (
        [{"storage": {"storageClassName": "x"}}, {"storage": {"storageClassName": "y"}}],
        "storageClassName cannot be changed",
    ),
    (
        [{"storage": {"log": {"size": "1Gi", "storageClassName": c}}} for c in "xy"],
        "storageClassName cannot be changed",
    ),
    ([{}, {"storage": {"log": {"size": "1Gi"}}}], "log cannot be added or removed"),
    (
        [{"zones": [{"name": "a", "nodeZone": "x"}]}, {"zones": [{"name": "a", "nodeZone": "y"}]}],
        "nodeZone of a zone cannot be changed",
    ),
    (
        [{"zones": [{"name": "a"}, {"name": "b"}]}, {"zones": [{"name": "a"}, {"name": "c"}]}],
        "a zone cannot be renamed",
    ),
    ([{}, {"tls": {"managed": True}}], "tls.managed cannot be changed"),
]
NAMES_REFUSED = [
    ("1zoo", {}, "the name must be a DNS-1035 label"),
    ("z" * 41, {}, "the name must be a DNS-1035 label"),
    ("z" * 40, {"zones": [{"name": "y" * 12}]}, "51 characters together"),
]


def rules_of(node):
    """Messages of all rules in a schema."""
    if isinstance(node, dict):
        for rule in node.get("x-kubernetes-validations", []):
            yield rule["message"]
        for each in node.values():
            yield from rules_of(each)


def cluster(name, spec):
    return json.dumps(
        {"apiVersion": "quorate.dev/v1alpha1", "kind": "QuorumCluster", "metadata": {"name": name}, "spec": spec}
    )


class Samples(LocalCluster):
    def test_there_are_six(self):
        names = {each.stem for each in SAMPLES}
        self.assertEqual(names, {"minimal", "three-zones", "five-zones", "observers", "tls", "large"})

    def test_each_is_accepted_without_an_unknown_field(self):
        for sample in SAMPLES:
            with self.subTest(sample=sample.name):
                answer = self.try_kubectl("apply", "--server-side", "--validate=strict", "-f", sample)
                self.assertEqual(answer.returncode, 0, answer.stderr)
                [wanted] = documents(sample.read_text())
                found = json.loads(self.kubectl("get", "qc", wanted["metadata"]["name"], "-o", "json"))
                self.assert_covers(found["spec"], wanted["spec"])

    def assert_covers(self, found, wanted):
        """Nothing that the sample says was pruned or changed."""
        if isinstance(wanted, dict):
            for key, value in wanted.items():
                self.assertIn(key, found)
                self.assert_covers(found[key], value)
        elif isinstance(wanted, list):
            self.assertEqual(len(found), len(wanted))
            for one, other in zip(found, wanted):
                self.assert_covers(one, other)
        else:
            self.assertEqual(found, wanted)

    def test_each_rule_refuses_with_its_message(self):
        for number, (specs, message) in enumerate(REFUSED):
            with self.subTest(message=message, specs=specs):
                name = f"wrong-{number}"
                for spec in specs[:-1]:
                    self.kubectl("apply", "-f", "-", text=cluster(name, spec))
                answer = self.try_kubectl("apply", "-f", "-", text=cluster(name, specs[-1]))
                self.assertNotEqual(answer.returncode, 0)
                self.assertIn(message, answer.stderr)
        for name, spec, message in NAMES_REFUSED:
            with self.subTest(name=name):
                answer = self.try_kubectl("create", "-f", "-", text=cluster(name, spec))
                self.assertNotEqual(answer.returncode, 0)
                self.assertIn(message, answer.stderr)

    def test_no_rule_is_left_out(self):
        tried = [message for _, message in REFUSED] + [each[2] for each in NAMES_REFUSED]
        definition = yaml.safe_load((DEPLOY / "crd/quorumclusters.quorate.dev.yaml").read_text())
        for message in rules_of(definition):
            self.assertTrue(any(each in message for each in tried), message)

    def test_what_the_cluster_chart_renders_is_accepted(self):
        everything = {
            "labels": {"team": "a"},
            "voters": 5,
            "observers": 2,
            "placement": "Balanced",
            "zones": [{"name": "a"}, {"name": "b", "nodeZone": "eu-1b"}, {"name": "c"}],
            "image": {"registry": "r.example", "repository": "quorate-server"},
            "storage": {"storageClassName": "fast", "log": {"size": "5Gi"}, "reclaimPolicy": "Delete"},
            "config": {"tickTime": "3000"},
            "tls": {"managed": False, "clientSecretName": "c", "quorumSecretName": "q"},
            "superuser": {"secretName": "root"},
            "update": {"batch": "All", "allowDowntime": True, "paused": True},
            "pod": {"priorityClassName": "high", "tolerations": [{"operator": "Exists"}]},
        }
        for name, values in (("plain", {}), ("everything", everything)):
            with self.subTest(values=name):
                values = values | {"nameOverride": name}
                [wanted] = by_kind(rendered("quorate-cluster", values), "QuorumCluster")
                wanted["metadata"]["namespace"] = "default"
                answer = self.try_kubectl("apply", "--server-side", "-f", "-", text=json.dumps(wanted))
                self.assertEqual(answer.returncode, 0, answer.stderr)
                found = json.loads(self.kubectl("get", "qc", name, "-o", "json"))
                self.assert_covers(found["spec"], wanted["spec"])

    def test_what_the_operator_chart_renders_for_its_test_is_accepted(self):
        values = {"test": {"zones": [{"name": "a"}], "storageClassName": "fast"}}
        [wanted] = by_kind(rendered("quorate-operator", values), "QuorumCluster")
        wanted["metadata"]["namespace"] = "default"
        self.kubectl("apply", "--server-side", "-f", "-", text=json.dumps(wanted))
        self.assertTrue((CHARTS / "quorate-operator/templates/tests/cluster.yaml").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
