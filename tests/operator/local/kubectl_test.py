#!/usr/bin/env python3
"""Real kubectl against quorate-local: `kubectl_test.py BINARY`, with kubectl in PATH.

Each test has a namespace of its own in one control plane, which the last tests kill and restart.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

BINARY = ""
TIMEOUT_S = 30

DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: zoos.test.dev}
spec:
  group: test.dev
  scope: Namespaced
  names: {plural: zoos, kind: Zoo, shortNames: [z]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.observers, statusReplicasPath: .status.observers}
    additionalPrinterColumns:
    - {name: Voters, type: integer, jsonPath: .spec.voters}
    - {name: Ready, type: string, jsonPath: '.status.conditions[?(@.type=="Ready")].status'}
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            required: [voters]
            properties:
              voters:
                type: integer
                description: How many members vote.
                x-kubernetes-validations: [{rule: self % 2 == 1, message: must be odd}]
              observers: {type: integer, default: 0}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""

SERVER = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: None
  publishNotReadyAddresses: true
  selector: {app: web}
  ports: [{name: http, port: 8080}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web}
spec:
  replicas: 2
  serviceName: web
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 3
      containers:
      - name: main
        image: python
        command: [python3, -u, -m, http.server, "8080", --bind, $(POD_IP), --directory, /data]
        env: [{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
"""


class ControlPlane:
    """One quorate-local in a folder of its own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="quorate-local-")
        self.process = None

    def start(self):
        command = [BINARY, "up", "--dir", self.folder, "--zones", "a,b,c", "--backoff-ms", "500"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("quorate-local serves"), line

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(TIMEOUT_S)
        self.process.stdout.close()
        shutil.rmtree(self.folder)

    def environment(self):
        return dict(os.environ, KUBECONFIG=f"{self.folder}/kubeconfig", HOME=self.folder)


PLANE = ControlPlane()


def setUpModule():
    PLANE.start()


def tearDownModule():
    PLANE.stop()


class KubectlTest(unittest.TestCase):
    """A namespace, and kubectl in it."""

    def setUp(self):
        self.namespace = self.id().rsplit(".", 1)[-1].replace("_", "-").lower()[:60]
        self.kubectl("create", "namespace", self.namespace)

    def run_kubectl(self, *words, text=None, **more):
        return subprocess.run(
            ["kubectl", "-n", self.namespace, *words], input=text, text=True,
            capture_output=True, timeout=TIMEOUT_S, env=dict(PLANE.environment(), **more),
            check=False,
        )

    def kubectl(self, *words, text=None, **more):
        answer = self.run_kubectl(*words, text=text, **more)
        self.assertEqual(answer.returncode, 0, f"kubectl {words}: {answer.stderr}")
        return answer.stdout

    def refused(self, *words, text=None):
        answer = self.run_kubectl(*words, text=text)
        self.assertNotEqual(answer.returncode, 0, f"kubectl {words}: {answer.stdout}")
        return answer.stderr

    def get(self, what, path):
        return self.kubectl("get", what, "-o", f"jsonpath={path}")

    def eventually(self, check, what, more=lambda: ""):
        deadline = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline:
            if check():
                return
            time.sleep(0.05)
        self.fail(f"never: {what}\n{more()}")


class Objects(KubectlTest):
    def test_create_and_read_in_every_form(self):
        self.kubectl("create", "configmap", "x", "--from-literal=a=b")
        self.kubectl("create", "secret", "generic", "y", "--from-literal=a=b")
        self.kubectl("create", "serviceaccount", "z")
        self.kubectl("create", "poddisruptionbudget", "b", "--selector=a=b", "--min-available=50%")
        self.kubectl("create", "role", "r", "--verb=get", "--resource=pods")
        self.kubectl("create", "service", "clusterip", "s", "--tcp=80:8080")
        self.assertEqual(self.get("configmap/x", "{.data.a}"), "b")
        self.assertEqual(self.get("secret/y", "{.data.a}"), "Yg==")
        self.assertEqual(self.get("pdb/b", "{.spec.minAvailable}"), "50%")
        self.assertEqual(self.get("service/s", "{.spec.ports[0].targetPort}"), "8080")
        self.assertIn("DATA", self.kubectl("get", "configmaps"))
        self.assertIn("a:", self.kubectl("describe", "configmap", "x"))
        self.assertEqual(self.kubectl("get", "cm", "x", "-o", "name"), "configmap/x\n")
        self.assertIn("configmap/x", self.kubectl("get", "cm,secret", "-o", "name"))

    def test_apply_edits_and_patches(self):
        manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: '1', b: '2'}\n"
        self.assertIn("created", self.kubectl("apply", "-f", "-", text=manifest))
        self.assertIn("unchanged", self.kubectl("apply", "-f", "-", text=manifest))
        changed = manifest.replace(", b: '2'", "")
        self.assertIn("configured", self.kubectl("apply", "-f", "-", text=changed))
        self.assertEqual(json.loads(self.get("cm/x", "{.data}")), {"a": "1"})
        for kind, patch in {
            "strategic": '{"data":{"s":"1"}}',
            "merge": '{"data":{"m":"1"}}',
            "json": '[{"op":"add","path":"/data/j","value":"1"}]',
        }.items():
            self.kubectl("patch", "cm", "x", f"--type={kind}", "-p", patch)
        self.assertEqual(
            json.loads(self.get("cm/x", "{.data}")), {"a": "1", "s": "1", "m": "1", "j": "1"}
        )
        self.kubectl("edit", "cm", "x", EDITOR="sed -i s/j:.*/j:\\ edited/")
        self.assertEqual(self.get("cm/x", "{.data.j}"), "edited")
        self.kubectl("label", "cm", "x", "l=1")
        self.kubectl("annotate", "cm", "x", "n=1")
        self.assertEqual(self.kubectl("get", "cm", "-l", "l=1", "-o", "name"), "configmap/x\n")
        self.kubectl("delete", "cm", "x")
        self.assertIn('configmaps "x" not found', self.refused("get", "cm", "x"))

    def test_a_list_of_objects(self):
        items = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}
                 for name in ("x", "y")]
        manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        self.kubectl("create", "-f", "-", text=manifest)
        self.assertEqual(self.kubectl("get", "cm", "-o", "name"), "configmap/x\nconfigmap/y\n")

    def test_server_side_apply(self):
        manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: '1'}\n"
        self.kubectl("apply", "--server-side", "--field-manager=one", "-f", "-", text=manifest)
        other = manifest.replace("'1'", "'2'")
        words = ("apply", "--server-side", "--field-manager=two", "-f", "-")
        conflict = self.refused(*words, text=other)
        self.assertIn('conflict with "one"', conflict)
        self.assertIn(".data.a", conflict)
        self.kubectl(*words, "--force-conflicts", text=other)
        self.assertEqual(self.get("cm/x", "{.data.a}"), "2")

    def test_strict_validation_and_dry_run(self):
        wrong = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndatta: {a: '1'}\n"
        self.assertIn('unknown field "datta"', self.refused("apply", "-f", "-", text=wrong))
        right = wrong.replace("datta", "data")
        self.kubectl("apply", "--dry-run=server", "-f", "-", text=right)
        self.assertIn("not found", self.refused("get", "cm", "x"))

    def test_watch(self):
        watcher = subprocess.Popen(
            ["kubectl", "-n", self.namespace, "get", "cm", "-w", "-o", "name"],
            stdout=subprocess.PIPE, text=True, env=PLANE.environment(),
        )
        try:
            for name in ("one", "two"):
                self.kubectl("create", "configmap", name)
                self.assertEqual(watcher.stdout.readline(), f"configmap/{name}\n")
        finally:
            watcher.kill()
            watcher.wait()
            watcher.stdout.close()

    def test_discovery(self):
        self.assertIn("poddisruptionbudgets", self.kubectl("api-resources"))
        self.assertIn("quorate-local", self.kubectl("version"))
        self.assertIn("replicas", self.kubectl("explain", "statefulset.spec"))
        self.assertIn("yes", self.kubectl("auth", "can-i", "create", "pods"))
        self.assertEqual(self.kubectl("get", "--raw", "/readyz"), "ok")
        self.assertEqual(self.kubectl("get", "nodes", "-o", "name").count("\n"), 3)

    def test_others_are_not_let_in(self):
        answer = self.run_kubectl("--token=wrong", "get", "pods")
        self.assertNotEqual(answer.returncode, 0)
        self.assertIn("logged in", answer.stderr)
        outside = subprocess.run(
            [BINARY, "up", "--dir", f"{PLANE.folder}/other", "--address", "0.0.0.0"],
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )
        self.assertNotEqual(outside.returncode, 0)
        self.assertIn("loopback only", outside.stderr)


class CustomResources(KubectlTest):
    def test_definition_and_object(self):
        self.kubectl("apply", "-f", "-", text=DEFINITION)
        self.kubectl("wait", "--for=condition=Established", "crd/zoos.test.dev")
        zoo = "apiVersion: test.dev/v1\nkind: Zoo\nmetadata: {name: x}\nspec: {voters: 3}\n"
        self.kubectl("apply", "-f", "-", text=zoo)
        self.assertIn("must be odd", self.refused("apply", "-f", "-", text=zoo.replace("3", "4")))
        self.assertIn("VOTERS", self.kubectl("get", "z"))
        self.assertIn("How many members vote", self.kubectl("explain", "zoo.spec.voters"))
        self.kubectl("scale", "zoo", "x", "--replicas=2")
        self.assertEqual(self.get("zoo/x", "{.spec.observers}"), "2")
        status = '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}'
        self.kubectl("patch", "zoo", "x", "--subresource=status", "--type=merge", "-p", status)
        self.kubectl("wait", "--for=condition=Ready", "zoo/x")
        self.kubectl("delete", "crd", "zoos.test.dev")
        self.assertIn("could not find", self.refused("get", "zoos"))


class Workloads(KubectlTest):
    def start_server(self):
        self.kubectl("apply", "-f", "-", text=SERVER)
        self.kubectl("rollout", "status", "sts/web")

    def test_pods_are_processes(self):
        self.start_server()
        self.assertEqual(self.get("sts/web", "{.status.readyReplicas}"), "2")
        self.assertIn("GET /", self.kubectl("logs", "web-0"))
        self.assertEqual(self.kubectl("logs", "web-0", "--tail=1").count("\n"), 1)
        hosts = Path(f"{PLANE.folder}/hosts/ns/{self.namespace}").read_text(encoding="utf-8")
        address = self.get("pod/web-0", "{.status.podIP}")
        self.assertIn(f"{address} web-0.web.{self.namespace}.svc.cluster.local", hosts)
        self.assertIn("Started container main", self.kubectl("describe", "pod", "web-0"))
        zones = set(self.get("pods", "{.items[*].spec.nodeName}").split())
        self.assertEqual(len(zones), 2)

    def test_scale_restart_and_delete(self):
        self.start_server()
        before = self.get("pods", "{.items[*].metadata.uid}").split()
        self.kubectl("rollout", "restart", "sts/web")
        self.kubectl("rollout", "status", "sts/web")
        after = self.get("pods", "{.items[*].metadata.uid}").split()
        self.assertFalse(set(before) & set(after))
        self.kubectl("scale", "sts", "web", "--replicas=1")
        self.kubectl("wait", "--for=delete", "pod/web-1")
        self.kubectl("delete", "pod", "web-0")
        self.kubectl("rollout", "status", "sts/web")
        self.kubectl("delete", "sts,svc", "web")
        self.eventually(lambda: not self.get("pods", "{.items[*].metadata.name}"), "Pods gone")
        self.assertIn("data-web-0", self.kubectl("get", "pvc"))
        self.kubectl("delete", "pvc", "--all")

    def test_drain_respects_the_budget(self):
        self.start_server()
        self.kubectl("create", "pdb", "b", "--selector=app=web", "--min-available=2")
        node = self.get("pod/web-0", "{.spec.nodeName}")
        words = ("drain", node, "--force", "--ignore-daemonsets", "--delete-emptydir-data",
                 f"--pod-selector=app=web", "--timeout=2s")
        refusal = self.refused(*words)
        self.assertIn("violate the pod's disruption budget", refusal)
        self.kubectl("delete", "pdb", "b")
        self.kubectl(*words)
        self.kubectl("uncordon", node)
        self.kubectl("rollout", "status", "sts/web")

    def test_a_crashing_container_backs_off(self):
        pod = {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
            "spec": {"containers": [{"name": "c", "image": "x",
                                     "command": ["sh", "-c", "echo hello; exit 3"]}]},
        }
        self.kubectl("apply", "-f", "-", text=json.dumps(pod))
        self.eventually(
            lambda: "CrashLoopBackOff" in self.kubectl("get", "pods"), "CrashLoopBackOff",
            lambda: self.kubectl("get", "pod", "p", "-o", "yaml"),
        )
        self.assertEqual(self.kubectl("logs", "p"), "hello\n")
        last = "{.status.containerStatuses[0].lastState.terminated.exitCode}"
        self.eventually(lambda: self.get("pod/p", last) == "3", "exit code 3")
        self.kubectl("delete", "pod", "p")

    def test_config_reaches_a_running_pod(self):
        self.kubectl("create", "configmap", "m", "--from-literal=k=one")
        pod = {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
            "spec": {
                "terminationGracePeriodSeconds": 1,
                "volumes": [{"name": "v", "configMap": {"name": "m"}}],
                "containers": [{
                    "name": "c", "image": "x", "volumeMounts": [{"name": "v", "mountPath": "/v"}],
                    "command": ["sh", "-c", "while :; do cat /v/k; echo; sleep 0.1; done"],
                }],
            },
        }
        self.kubectl("apply", "-f", "-", text=json.dumps(pod))
        self.kubectl("wait", "--for=condition=Ready", "pod/p")
        self.eventually(lambda: "one" in self.kubectl("logs", "p"), "one")
        self.kubectl("patch", "cm", "m", "-p", '{"data":{"k":"two"}}')
        self.eventually(lambda: "two" in self.kubectl("logs", "p", "--tail=2"), "two")
        self.kubectl("delete", "pod", "p")

    def test_a_namespace_goes_with_all_that_is_in_it(self):
        self.start_server()
        self.kubectl("delete", "namespace", self.namespace)
        self.assertIn("not found", self.refused("get", "namespace", self.namespace))


class ZRestarts(KubectlTest):
    """Last, because they restart the control plane of all."""

    def test_killed_and_restarted(self):
        self.kubectl("apply", "-f", "-", text=SERVER)
        self.kubectl("rollout", "status", "sts/web")
        uids = self.get("pods", "{.items[*].metadata.uid}")
        PLANE.kill()
        PLANE.start()
        self.kubectl("rollout", "status", "sts/web")
        self.assertEqual(self.get("pods", "{.items[*].metadata.uid}"), uids)
        restarts = "{.items[*].status.containerStatuses[0].restartCount}"
        self.assertEqual(self.get("pods", restarts), "0 0")
        PLANE.process.send_signal(signal.SIGTERM)
        PLANE.process.wait(TIMEOUT_S)
        PLANE.process.stdout.close()
        PLANE.start()
        self.eventually(lambda: self.get("pods", restarts) == "1 1", "one restart each")
        self.kubectl("rollout", "status", "sts/web")


if __name__ == "__main__":
    if len(sys.argv) < 2 or shutil.which("kubectl") is None:
        sys.exit("usage: kubectl_test.py BINARY [TEST...], with kubectl in PATH")
    BINARY = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
