"""A Kubernetes of our own on this machine: a control plane and three nodes, each in its own zone.

It must be started in namespaces of its own (enter.sh), of which this process is the first. With it
everything ends: processes, mounts and networks are the namespaces' and go with them.
"""

import os
import subprocess
import time
from pathlib import Path

from harness import processes
from harness.kubectl import Kubectl, KubectlError
from harness.waiting import await_true

from . import addons, cgroups, images
from .control_plane import ControlPlane
from .layout import GATEWAY, ZONES, Node, write_node

HERE = Path(__file__).resolve().parent
BRIDGE = "nodes"
START_TIMEOUT_S = 180


def run(*command):
    subprocess.run([str(each) for each in command], check=True, stdout=subprocess.DEVNULL)


class Cluster:
    def __init__(self, binaries, tools):
        name = os.environ["QUORATE_E2E_NAME"]
        self.folder, self.binaries, self.tools = Path("/tmp", name), Path(binaries), Path(tools)
        self.nodes = {zone: Node(zone, number, self.folder / "nodes" / zone, f"/{name}/{zone}")
                      for number, zone in enumerate(ZONES, 1)}
        self.control = ControlPlane(self.folder / "control", self.tools)
        self.kubectl = Kubectl(str(self.control.kubeconfig))
        self.running = {}

    def start(self, tags):
        """Until every node is ready and names are resolved. `tags`: {image: another name of it}."""
        begin = time.monotonic()
        self._make_network()
        self.control.start(list(self.nodes.values()))
        images.make(self.folder / "images", self.binaries, self.tools)
        for node in self.nodes.values():
            node.folder.mkdir(parents=True)
            write_node(node, list(self.nodes.values()), self.tools, self.control.authority, tags)
            self.power_on(node.zone)
        await_true(self._api_serves, "the API server is ready", START_TIMEOUT_S)
        self.kubectl.apply(*addons.proxy_role(), *addons.dns(), *addons.volumes(self.nodes.values()))
        await_true(lambda: len(self._ready_nodes()) == len(self.nodes), "all nodes are ready", START_TIMEOUT_S)
        self.kubectl("rollout", "status", "deployment/coredns", "-n", "kube-system", "--timeout=120s", timeout=150)
        return time.monotonic() - begin

    def _api_serves(self):
        self.check()
        try:
            return self.kubectl("get", "--raw", "/readyz") == "ok"
        except KubectlError:
            return False

    def _ready_nodes(self):
        self.check()
        return [node["metadata"]["name"] for node in self.kubectl.get("nodes")
                if any(each["type"] == "Ready" and each["status"] == "True" for each in node["status"]["conditions"])]

    def check(self):
        """Fails when something has ended that nobody told to."""
        ended = self.control.ended() + [f"node of zone {zone}" for zone, process in self.running.items()
                                        if process.poll() is not None]
        assert not ended, f"ended by itself: {', '.join(ended)}; see {self.folder}"

    # Network: this process's, with a bridge to which every node is plugged.

    def _make_network(self):
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", BRIDGE, "type", "bridge")
        run("ip", "addr", "add", f"{GATEWAY}/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")
        for node in self.nodes.values():
            run("ip", "route", "add", node.pods, "via", node.address)

    def _plug_in(self, node, process):
        """The card is made in the node's own namespace, so it goes with the node."""
        ours = os.readlink("/proc/self/ns/net")
        await_true(lambda: os.readlink(f"/proc/{process.pid}/ns/net") != ours, f"{node.name} has a network")
        run("ip", "link", "add", node.name, "type", "veth", "peer", "name", "eth0", "netns", process.pid)
        run("ip", "link", "set", node.name, "master", BRIDGE, "up")

    # Power.

    def power_on(self, zone):
        node = self.nodes[zone]
        cgroups.make(node.cgroup)
        process = processes.start(
            ["unshare", "--net", "--pid", "--mount", "--fork", "--kill-child", "--", HERE / "node.sh", node.folder,
             node.pods, self.tools], node.folder / "node.log")
        self._plug_in(node, process)
        self.running[zone] = process

    def power_off(self, zone):
        """Everything of the node ends at once, and nobody is told: it is unplugged before processes end,
        whose connections would be closed in an orderly way. Its disk stays as it is."""
        node, process = self.nodes[zone], self.running.pop(zone)
        run("ip", "link", "del", node.name)
        process.kill()
        process.wait()
        await_true(lambda: cgroups.remove(node.cgroup), f"nothing of {node.name} runs")

    def stop(self):
        for zone in list(self.running):
            self.power_off(zone)
        self.control.stop()

    # Pods, as processes of this machine.

    def pids_of(self, uid, name):
        """Ids of the processes of a Pod whose program has this name."""
        found = []
        for folder in Path("/proc").iterdir():
            try:
                if (folder.name.isdigit() and f"pod{uid}" in (folder / "cgroup").read_text(encoding="ascii")
                        and (folder / "exe").readlink().name == name):
                    found.append(int(folder.name))
            except OSError:
                continue  # It just ended.
        return found
