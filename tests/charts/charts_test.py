#!/usr/bin/env python3
"""Charts and plain manifests without a cluster: lint, every value, equality of copies, security."""

import concurrent.futures
import copy
import json
import os
import sys
import unittest

import yaml

from common import CHARTS, DEPLOY, by_kind, documents, helm, rendered, run

sys.path.insert(0, str(CHARTS))
import generate  # noqa: E402  (the folder is on the path since the line above)

# Everything on, so that each value has something to change.
BASELINES = {
    "quorate-operator": {
        "monitoring": {"serviceMonitor": True, "podMonitor": True, "rules": True, "dashboards": True}
    },
    "quorate-cluster": {
        "podMonitor": {"enabled": True},
        "image": {"repository": "quorate-server"},
        "superuser": {"secretName": "root"},
        "tls": {"clientSecretName": "client-tls"},
    },
}


def merged(base, path, value):
    result = copy.deepcopy(base)
    node = result
    *groups, key = path.split(".")
    for each in groups:
        node = node.setdefault(each, {})
    node[key] = value
    return result


def at(values, path):
    for each in path.split("."):
        if not isinstance(values, dict) or each not in values:
            return None
        values = values[each]
    return values


def other_value(value, present):
    """A value that the schema allows and that is not the present one."""
    schema = value.schema()
    candidates = schema.get("examples", []) + schema.get("enum", [])
    if isinstance(value.default, bool):
        candidates.append(not present)
    elif isinstance(value.default, int):
        candidates += [value.default + 1, value.default - 1]
    elif isinstance(value.default, str):
        candidates.append("some-other")
    for each in candidates:
        if each != present:
            return each
    raise AssertionError(f"{value.path} needs an example in its schema")


class Values(unittest.TestCase):
    def test_readme_and_schema_are_current(self):
        run(CHARTS / "generate.py", "--check")

    def test_lint(self):
        for chart in generate.NAMES:
            helm("lint", "--strict", CHARTS / chart)

    def test_every_value_changes_what_is_rendered(self):
        for chart in generate.NAMES:
            base = BASELINES[chart]
            before = rendered(chart, base)

            def changed(value, chart=chart, base=base):
                present = at(base, value.path)
                present = value.default if present is None else present
                return rendered(chart, merged(base, value.path, other_value(value, present)))

            values = generate.values_of(chart)
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                for value, after in zip(values, pool.map(changed, values)):
                    with self.subTest(chart=chart, value=value.path):
                        self.assertTrue(before != after, "it has no effect")

    def test_the_schema_refuses_what_is_not_a_value(self):
        wrong = [
            ("quorate-operator", {"replica": 3}),
            ("quorate-operator", {"replicas": "3"}),
            ("quorate-operator", {"replicas": 0}),
            ("quorate-operator", {"rbac": {"scope": "Everything"}}),
            ("quorate-operator", {"image": {"digest": "latest"}}),
            ("quorate-cluster", {"voters": 4}),
            ("quorate-cluster", {"config": {"tickTime": 2000}}),
            ("quorate-cluster", {"zones": [{"voters": 3}]}),
            ("quorate-cluster", {"storage": {"reclaimPolicy": "Recycle"}}),
            ("quorate-cluster", {"nameOverride": "Zoo"}),
        ]
        for chart, values in wrong:
            with self.subTest(values=values), self.assertRaisesRegex(AssertionError, "schema"):
                rendered(chart, values)


class OperatorChart(unittest.TestCase):
    def test_the_definition_is_that_of_deploy(self):
        name = "quorumclusters.quorate.dev.yaml"
        self.assertEqual(
            (CHARTS / "quorate-operator/files" / name).read_text(), (DEPLOY / "crd" / name).read_text()
        )

    def test_the_definition_is_shipped_whole_and_kept(self):
        [shipped] = by_kind(rendered("quorate-operator"), "CustomResourceDefinition")
        [ours] = documents((DEPLOY / "crd/quorumclusters.quorate.dev.yaml").read_text())
        self.assertEqual(shipped["spec"], ours["spec"])
        self.assertEqual(shipped["metadata"]["annotations"], {"helm.sh/resource-policy": "keep"})
        none = rendered("quorate-operator", {"crds": {"install": False}})
        self.assertFalse(by_kind(none, "CustomResourceDefinition"))

    def test_images(self):
        def images(values):
            [deployment] = by_kind(rendered("quorate-operator", values), "Deployment")
            [container] = deployment["spec"]["template"]["spec"]["containers"]
            return container["image"], container["args"][0].removeprefix("--member-image=")

        self.assertEqual(images({}), ("quorate-operator:0.1.0", "quorate-server:0.1.0"))
        digest = "sha256:" + "ab" * 32
        self.assertEqual(
            images({"image": {"registry": "r.example/x/", "digest": digest}}),
            (f"r.example/x/quorate-operator@{digest}", "r.example/x/quorate-server:0.1.0"),
        )
        self.assertEqual(
            images({"memberImage": {"registry": "other", "tag": "2"}}),
            ("quorate-operator:0.1.0", "other/quorate-server:2"),
        )

    def test_namespace_scope_has_no_right_over_the_cluster(self):
        objects = rendered("quorate-operator", {"rbac": {"scope": "Namespace"}})
        self.assertFalse(by_kind(objects, "ClusterRole") + by_kind(objects, "ClusterRoleBinding"))
        self.assertEqual({each["metadata"]["namespace"] for each in by_kind(objects, "Role")}, {"space"})
        [deployment] = by_kind(objects, "Deployment")
        self.assertIn(
            "--namespace=space", deployment["spec"]["template"]["spec"]["containers"][0]["args"]
        )

    def test_watched_namespaces_get_a_role_each_and_nothing_else_does(self):
        objects = rendered("quorate-operator", {"watch": {"namespaces": ["red", "blue"]}})
        roles = {e["metadata"]["namespace"] for e in by_kind(objects, "Role") if "lease" not in e["metadata"]["name"]}
        self.assertEqual(roles, {"red", "blue"})
        [cluster] = by_kind(objects, "ClusterRole")
        self.assertEqual(
            [each["resources"] for each in cluster["rules"]], [["nodes"], ["storageclasses"]]
        )

    def test_secrets_by_name(self):
        objects = rendered("quorate-operator", {"rbac": {"secretNames": ["zoo-admin"]}})
        [role] = by_kind(objects, "ClusterRole")
        rules = [each for each in role["rules"] if each["resources"] == ["secrets"]]
        self.assertEqual(
            [(each["verbs"], each.get("resourceNames")) for each in rules],
            [(["create"], None), (["get", "patch"], ["zoo-admin"])],
        )

    def test_the_test_pod_is_not_taken_for_an_operator(self):
        objects = rendered("quorate-operator")
        [pod] = by_kind(objects, "Pod")
        for kind in ("Service", "PodDisruptionBudget", "Deployment"):
            [each] = by_kind(objects, kind)
            selector = each["spec"]["selector"]
            selector = selector.get("matchLabels", selector)
            self.assertFalse(selector.items() <= pod["metadata"]["labels"].items(), kind)

    def test_uninstalling_the_cluster_leaves_data(self):
        [cluster] = by_kind(rendered("quorate-cluster"), "QuorumCluster")
        self.assertEqual(cluster["spec"]["storage"]["reclaimPolicy"], "Retain")
        [kept] = by_kind(rendered("quorate-cluster", {"keepOnUninstall": True}), "QuorumCluster")
        self.assertEqual(kept["metadata"]["annotations"], {"helm.sh/resource-policy": "keep"})

    def test_dashboards_are_whole(self):
        maps = by_kind(rendered("quorate-operator", BASELINES["quorate-operator"]), "ConfigMap")
        files = sorted((CHARTS / "quorate-operator/files/dashboards").glob("*.json"))
        self.assertEqual(len(maps), len(files))
        for each, file in zip(sorted(maps, key=lambda m: m["metadata"]["name"]), files):
            self.assertEqual(each["metadata"]["labels"]["grafana_dashboard"], "1")
            [text] = each["data"].values()
            self.assertEqual(json.loads(text), json.loads(file.read_text()))


def rules_of(role):
    """(group, resource, verb, names) of every right."""
    return {
        (group, resource, verb, tuple(rule.get("resourceNames", ())))
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


class Manifests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.whole = documents(run("kubectl", "kustomize", DEPLOY))
        cls.namespaced = documents(run("kubectl", "kustomize", DEPLOY / "namespaced"))

    def test_rights_are_those_of_the_chart(self):
        chart = rendered("quorate-operator")
        [ours], [theirs] = by_kind(self.whole, "ClusterRole"), by_kind(chart, "ClusterRole")
        self.assertEqual(rules_of(ours), rules_of(theirs))
        chart = rendered("quorate-operator", {"rbac": {"scope": "Namespace"}})
        ours = [each for each in by_kind(self.namespaced, "Role") if "lease" not in each["metadata"]["name"]]
        theirs = [each for each in by_kind(chart, "Role") if "lease" not in each["metadata"]["name"]]
        self.assertEqual(rules_of(*ours), rules_of(*theirs))

    def test_namespace_mode_has_the_same_rights_but_those_over_the_cluster(self):
        [cluster] = by_kind(self.whole, "ClusterRole")
        [role] = [e for e in by_kind(self.namespaced, "Role") if "lease" not in e["metadata"]["name"]]
        over = {("", "nodes", "list", ()), ("storage.k8s.io", "storageclasses", "get", ())}
        self.assertEqual(rules_of(cluster) - rules_of(role), over)
        self.assertFalse(by_kind(self.namespaced, "ClusterRole"))
        self.assertFalse(by_kind(self.namespaced, "CustomResourceDefinition"))

    def test_no_wildcards_and_no_list_of_secrets(self):
        for role in by_kind(self.whole, "ClusterRole") + by_kind(self.whole, "Role"):
            for group, resource, verb, _ in rules_of(role):
                self.assertNotIn("*", (group, resource, verb))
                self.assertFalse(resource == "secrets" and verb not in ("get", "create", "patch"), verb)

    def test_the_operator_is_that_of_the_chart(self):
        def pod(objects):
            [deployment] = by_kind(objects, "Deployment")
            spec = copy.deepcopy(deployment["spec"]["template"]["spec"])
            [container] = spec["containers"]
            container["args"] = [each for each in container["args"] if "member-image" in each]
            for each in spec["topologySpreadConstraints"]:
                del each["labelSelector"]
            del spec["serviceAccountName"]
            return deployment["spec"]["replicas"], spec

        self.assertEqual(pod(self.whole), pod(rendered("quorate-operator")))

    def test_every_pod_is_restricted(self):
        pods = [each["spec"]["template"]["spec"] for each in by_kind(self.whole, "Deployment")]
        for chart in generate.NAMES:
            pods += [each["spec"] for each in by_kind(rendered(chart), "Pod")]
        self.assertEqual(len(pods), 3)
        for pod in pods:
            self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            for container in pod["containers"]:
                context = container["securityContext"]
                self.assertFalse(context["allowPrivilegeEscalation"])
                self.assertTrue(context["readOnlyRootFilesystem"])
                self.assertEqual(context["capabilities"], {"drop": ["ALL"]})

    def test_versions_agree(self):
        [version] = [
            line.split()[2]
            for line in (DEPLOY.parent / "CMakeLists.txt").read_text().splitlines()
            if line.startswith("project(quorate VERSION")
        ]
        for chart in generate.NAMES:
            self.assertEqual(yaml.safe_load((CHARTS / chart / "Chart.yaml").read_text())["appVersion"], version)
        text = run("kubectl", "kustomize", DEPLOY)
        self.assertIn(f"image: quorate-operator:{version}\n", text)
        self.assertIn(f"--member-image=quorate-server:{version}\n", text)


if __name__ == "__main__":
    os.chdir(CHARTS)
    unittest.main(verbosity=2)
