"""What a run of the tests stands on: an API server and the operator. Two kinds: quorate-local (this
file's `LocalPlane`) and a Kubernetes (`harness/kubernetes_plane.py`). Ended by their ids, always.
"""

import abc
import collections
import glob
import json
import os
import shutil
import signal
import socket
import urllib.request
from pathlib import Path

from . import processes
from .kubectl import Kubectl, KubectlError
from .waiting import await_true

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def keep_logs(pattern, pod, folder):
    """Logs go with their Pods; another link to them does not."""
    for log in glob.glob(str(pattern)):
        copy = folder / f"{pod['metadata']['name']}.{pod['metadata']['uid'][:8]}.{Path(log).name}"
        try:
            os.link(log, copy)
        except OSError:
            pass  # Linked before, or gone already.


class Plane(abc.ABC):
    """`images`: two of the server, for a roll from one to the other."""

    def __init__(self, folder, binaries, kubeconfig, images):
        self.folder, self.binaries = Path(folder), Path(binaries)
        self.kubectl, self.images = Kubectl(str(kubeconfig)), images

    @abc.abstractmethod
    def start(self):
        """Returns when the operator serves."""

    @abc.abstractmethod
    def stop(self):
        """Ends everything that start() started."""

    @abc.abstractmethod
    def keep_operator(self):
        """Whether the operator had ended by itself since the last call; it runs again."""

    @abc.abstractmethod
    def restart_operator(self):
        """Kills the one that leads, without a word; returns when another one runs."""

    @abc.abstractmethod
    def metrics_text(self):
        """What the leading operator's /metrics says."""

    def create_cluster(self, item):
        """Makes a QuorumCluster as a person would; returns it as the API has it."""
        return self.kubectl.apply(item)[0]

    def delete_namespace(self, name):
        """The operator has to let go of its clusters in a namespace that is going, too."""
        self.kubectl("delete", "namespace", name, "--ignore-not-found", "--timeout=180s", timeout=200)

    def keep_logs(self, pod, folder):
        """Sees to it that the Pod's logs are in `folder` when the Pod is gone."""

    def keep_evidence(self, folder):
        """Copies the logs of the API server and of the operator."""
        for log in self.folder.glob("*.log"):
            shutil.copy(log, folder / log.name)

    # Only where Pods are processes of this machine.

    def pid_of(self, uid):
        """The id of a Pod's server, None when it does not run."""
        raise NotImplementedError

    def kill_pod(self, uid):
        """kill -9 of its process; nobody is told."""
        pid = self.pid_of(uid)
        assert pid is not None, f"no process of Pod {uid}"
        os.kill(pid, signal.SIGKILL)

    def set_power(self, zone, is_on):
        """Of all nodes of a zone."""
        raise NotImplementedError

    # What the operator counts.

    def metrics(self):
        """The operator's: {name with labels: value}."""
        lines = self.metrics_text().splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
                for line in lines if line and not line.startswith("#")}

    def requests(self):
        """How many the operator has sent to the API, by method; those about its lease do not count."""
        counts = collections.Counter()
        for name, value in self.metrics().items():
            if name.startswith("rest_client_requests_total") and 'resource="leases"' not in name:
                counts[name.partition('method="')[2].partition('"')[0]] += int(value)
        return counts


class LocalPlane(Plane):
    """A quorate-local and an operator, both processes of ours; Pods are processes, too."""

    def __init__(self, folder, binaries):
        self.data = Path(folder) / "plane"
        super().__init__(folder, binaries, self.data / "kubeconfig",
                         ("quorate.test/server:1", "quorate.test/server:2"))
        self.api, self.operator = None, None
        self.metrics_port, self.probe_port = free_port(), free_port()

    # Start and end.

    def start(self):
        self.start_api()
        self.kubectl("apply", "--server-side", "-f", str(ROOT / "deploy/crd"))
        self.kubectl("wait", "--for=condition=Established", "crd/quorumclusters.quorate.dev")
        self.start_operator()
        return self

    def start_api(self):
        images = [word for image in self.images
                  for word in ("--image", f"{image}={self.binaries / 'quorate-server'}")]
        self.api = processes.start(
            [self.binaries / "quorate-local", "up", "--dir", self.data, "--zones", "a,b,c",
             "--nodes-per-zone", "3", "--backoff-ms", "500", *images],
            self.folder / "quorate-local.log",
        )
        await_true(self._api_serves, "quorate-local serves")

    def _api_serves(self):
        assert self.api.poll() is None, f"quorate-local ended, see {self.folder}/quorate-local.log"
        try:
            return self.data.joinpath("kubeconfig").exists() and self.kubectl("get", "--raw", "/readyz") == "ok"
        except KubectlError:
            return False

    def start_operator(self):
        """A shorter lease than the default one, so that the next operator need not wait long for the
        place of a killed one."""
        self.operator = processes.start(
            [self.binaries / "quorate-operator", "--kubeconfig", self.kubectl.kubeconfig,
             "--lease-duration", "8", "--renew-deadline", "6", "--retry-period", "1",
             "--health-probe-bind-address", f"127.0.0.1:{self.probe_port}",
             "--metrics-bind-address", f"127.0.0.1:{self.metrics_port}", "--log-level", "debug"],
            self.folder / "operator.log",
        )
        await_true(self._operator_serves, "the operator's probe answers")

    def _operator_serves(self):
        assert self.operator.poll() is None, f"the operator ended, see {self.folder}/operator.log"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.probe_port}/healthz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def keep_operator(self):
        """Starts it again when it has ended, as its Deployment would; says whether it had."""
        if self.operator.poll() is None:
            return False
        self.start_operator()
        return True

    def restart_operator(self):
        """kill -9, and another one."""
        self.operator.kill()
        self.operator.wait()
        self.start_operator()

    def stop(self):
        if self.operator is not None:
            processes.end(self.operator)
        if self.api is not None:
            processes.end(self.api)
            for pid in self._pids().values():
                os.kill(pid, signal.SIGKILL)

    def metrics_text(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=30) as answer:
            return answer.read().decode()

    def keep_logs(self, pod, folder):
        keep_logs(self.data / "pods" / pod["metadata"]["uid"] / "containers/member/*.log", pod, folder)

    # Pods, as processes of this machine.

    def _records(self):
        """The records of processes that quorate-local keeps: {Pod's uid: record}."""
        found = {}
        for path in glob.glob(f"{self.data}/pods/*/containers/*/run.json"):
            try:
                found[path.split("/")[-4]] = json.loads(Path(path).read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # It just went.
        return found

    def _pids(self):
        """Those that still are what was recorded: an id may have been given to another process."""
        return {uid: record["pid"] for uid, record in self._records().items()
                if self._start_ticks(record["pid"]) == record["start_ticks"]}

    @staticmethod
    def _start_ticks(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii") as file:
                return int(file.read().rpartition(")")[2].split()[19])
        except OSError:
            return None

    def pid_of(self, uid):
        return self._pids().get(uid)

    def set_power(self, zone, is_on):
        word = "local.quorate.dev/power-" if is_on else "local.quorate.dev/power=off"
        self.kubectl("annotate", "nodes", "-l", f"topology.kubernetes.io/zone={zone}", word, "--overwrite")
