"""A Kubernetes under the tests, and on it the operator by its Helm chart. One that somebody names, or
one that we build on this machine.
"""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from kubernetes.cluster import Cluster

from .plane import ROOT, Plane, keep_logs

SPACE, RELEASE = "quorate-system", "quorate"
DEPLOYMENT = "deployment/quorate-quorate-operator"
ROLLOUT_TIMEOUT_S = 240
KILLED = (0, 137, 143, 255)  # Exit codes; the last one is that of a container whose node was off.
LOOK_S = 10  # Between two looks at the operators' restarts: each is a kubectl.


def split(image):
    """A reference as the charts' values have it."""
    repository, _, tag = image.rpartition(":")
    return {"repository": repository, "tag": tag}


def ended_by_itself(status):
    """Whether a container's last end was its own doing, and no kill or loss of power."""
    last = status.get("lastState", {}).get("terminated", {})
    return last.get("reason") == "OOMKilled" or last.get("exitCode", 0) not in KILLED


class Helm:
    def __init__(self, kubeconfig):
        tools = Path(os.environ.get("QUORATE_TOOLS", Path.home() / ".cache/quorate/tools"))
        self.program, self.kubeconfig = tools / "helm", kubeconfig

    def __call__(self, *words, values=None):
        command = [self.program, "--kubeconfig", self.kubeconfig, *words]
        if values is not None:
            command += ["-f", "-"]
        done = subprocess.run(list(map(str, command)), input=json.dumps(values), text=True, capture_output=True,
                              timeout=ROLLOUT_TIMEOUT_S + 60, check=False)
        assert done.returncode == 0, f"helm {' '.join(map(str, words))}: {done.stderr.strip()}"
        return done.stdout


class KubernetesPlane(Plane):
    """Any cluster: its Pods' addresses must be reachable from here."""

    def __init__(self, folder, binaries, kubeconfig, images, operator_images):
        super().__init__(folder, binaries, kubeconfig, images)
        self.helm = Helm(kubeconfig)
        self.operator_images = operator_images
        self.ends, self.looked_at, self.leaving = set(), 0.0, []

    def start(self):
        self.install_operator(self.operator_images[0])
        return self

    def install_operator(self, image, *words):
        """Installs or upgrades. A shorter lease than the default one, so that the next operator need
        not wait long for the place of a killed one."""
        self.helm("upgrade", "--install", RELEASE, ROOT / "charts/quorate-operator", "-n", SPACE,
                  "--create-namespace", "--wait", f"--timeout={ROLLOUT_TIMEOUT_S}s", *words, values={
                      "image": split(image), "memberImage": split(self.images[0]),
                      "leaderElection": {"leaseSeconds": 8, "renewSeconds": 6, "retrySeconds": 1},
                      "operator": {"logLevel": "debug"}})

    def stop(self):
        """Takes away what start() made; the definition stays, as the chart keeps it."""
        for name in self.leaving:  # Its clusters need the operator to go.
            self.kubectl("delete", "namespace", name, "--ignore-not-found", "--timeout=180s", timeout=200)
        self.helm("uninstall", RELEASE, "-n", SPACE, "--wait", "--ignore-not-found")
        self.kubectl("delete", "namespace", SPACE, "--ignore-not-found", "--wait=false")

    def operators(self):
        return self.kubectl.within(SPACE).get("pods", "-l", f"app.kubernetes.io/instance={RELEASE}")

    def leading_operator(self):
        """Name of the Pod that holds the lease."""
        lease = self.kubectl.within(SPACE).get("lease", "quorate-quorate-operator")
        return (lease["spec"].get("holderIdentity") or "").partition("_")[0]

    def keep_operator(self):
        """Its Deployment keeps it; here its restarts are counted, now and then."""
        if time.monotonic() < self.looked_at + LOOK_S:
            return False
        self.looked_at = time.monotonic()
        ends = {(pod["metadata"]["uid"], each["restartCount"]) for pod in self.operators()
                for each in pod["status"].get("containerStatuses", ()) if ended_by_itself(each)}
        is_news, self.ends = not ends <= self.ends, self.ends | ends
        return is_news

    def restart_operator(self):
        self.kubectl.within(SPACE)("delete", "pod", self.leading_operator(), "--grace-period=0", "--force")
        self.kubectl.within(SPACE)("rollout", "status", DEPLOYMENT, f"--timeout={ROLLOUT_TIMEOUT_S}s",
                                   timeout=ROLLOUT_TIMEOUT_S + 10)

    def delete_namespace(self, name):
        """Its controller looks every 15 s whether Pods are gone, for which nobody waits here."""
        self.leaving.append(name)
        self.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false")

    def metrics_text(self):
        pod = self.leading_operator()
        return self.kubectl("get", "--raw", f"/api/v1/namespaces/{SPACE}/pods/{pod}:8080/proxy/metrics")

    def keep_evidence(self, folder):
        super().keep_evidence(folder)
        for pod in self.operators():
            name = pod["metadata"]["name"]
            (folder / f"{name}.log").write_text(self.kubectl.within(SPACE)("logs", name), encoding="utf-8")
        (folder / "nodes.txt").write_text(self.kubectl("describe", "nodes"), encoding="utf-8")
        (folder / "pods.txt").write_text(self.kubectl("get", "pods", "-A", "-o", "wide"), encoding="utf-8")

    def create_cluster(self, item):
        """By the chart, whose values are the spec's but for the image."""
        name, space = item["metadata"]["name"], item["metadata"]["namespace"]
        values = {**item["spec"], "image": split(item["spec"]["image"]), "nameOverride": name,
                  "networkPolicy": {"enabled": False}}
        self.helm("upgrade", "--install", name, ROOT / "charts/quorate-cluster", "-n", space, values=values)
        return self.kubectl.within(space).get("quorumcluster", name)


class BuiltPlane(KubernetesPlane):
    """One of our own, so that Pods are processes of this machine and nodes can lose their power."""

    def __init__(self, folder, binaries):
        tools = os.environ["QUORATE_TOOLS"]
        self.cluster = Cluster(binaries, tools)
        version = subprocess.run([binaries / "quorate-server", "--version"], capture_output=True, text=True,
                                 check=True).stdout.split()[1].rstrip(",")
        servers = (f"quorate-server:{version}", "quorate-server:next")
        operators = (f"quorate-operator:{version}", "quorate-operator:next")
        super().__init__(folder, binaries, self.cluster.kubectl.kubeconfig, servers, operators)

    def start(self):
        self.cluster.start(dict((self.images, self.operator_images)))
        return super().start()

    def stop(self):
        self.cluster.stop()

    def keep_operator(self):
        self.cluster.check()
        return super().keep_operator()

    def keep_logs(self, pod, folder):
        meta = pod["metadata"]
        name = f"{meta['namespace']}_{meta['name']}_{meta['uid']}"
        keep_logs(self.cluster.folder / "nodes/*/logs" / name / "member/*.log", pod, folder)

    def keep_evidence(self, folder):
        super().keep_evidence(folder)
        for log in [*self.cluster.folder.glob("control/*.log"), *self.cluster.folder.glob("nodes/*/*.log")]:
            shutil.copy(log, folder / f"{log.parent.name}.{log.name}")

    def pid_of(self, uid):
        return next(iter(self.cluster.pids_of(uid, "quorate-server")), None)

    def set_power(self, zone, is_on):
        if is_on:
            self.cluster.power_on(zone)
        else:
            self.cluster.power_off(zone)
