"""Where things are in a cluster of our own: addresses, names, folders, settings of every program."""

import base64
import dataclasses
import json
import shutil
from pathlib import Path

ZONES = ("a", "b", "c")
VOLUMES = 60  # A zone; nobody makes more, and none is used twice.
VOLUME_SIZE = "1Gi"
GATEWAY = "10.77.0.1"  # Of the nodes; the API server listens there, too.
SERVICES = "10.96.0.0/16"
API_SERVICE, DNS_SERVICE = "10.96.0.1", "10.96.0.10"
API = f"https://{GATEWAY}:6443"
PAUSE_IMAGE, DNS_IMAGE = "quorate.test/pause:1", "quorate.test/coredns:1"
ADMIN_TOKEN, PROXY_TOKEN = "admin-of-the-tests", "proxy-of-the-tests"
SOCKET = "unix:///run/containerd/containerd.sock"


@dataclasses.dataclass
class Node:
    """One node a zone. `folder` is its disk, `cgroup` the root of its Pods' groups."""

    zone: str
    number: int  # From 1.
    folder: Path
    cgroup: str

    @property
    def name(self):
        return f"node-{self.zone}"

    @property
    def address(self):
        return f"10.77.0.{10 + self.number}"

    @property
    def pods(self):
        return f"10.78.{self.number}.0/24"

    @property
    def token(self):
        return f"{self.name}-of-the-tests"

    @property
    def config(self):
        return self.folder / "config"

    @property
    def logs(self):
        """Of Pods: SPACE_NAME_UID/CONTAINER/NUMBER.log."""
        return self.folder / "logs"


def tokens(nodes):
    """What the API server knows people by: token, name, uid, groups."""
    lines = [f'{ADMIN_TOKEN},admin,admin,"system:masters"', f"{PROXY_TOKEN},system:kube-proxy,proxy"]
    lines += [f'{node.token},system:node:{node.name},{node.name},"system:nodes"' for node in nodes]
    return "\n".join(lines) + "\n"


def write_kubeconfig(path, authority, token, server=API):
    data = base64.b64encode(Path(authority).read_bytes()).decode()
    path.write_text(json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "quorate-e2e",
        "clusters": [{"name": "quorate-e2e", "cluster": {"server": server, "certificate-authority-data": data}}],
        "users": [{"name": "user", "user": {"token": token}}],
        "contexts": [{"name": "quorate-e2e", "context": {"cluster": "quorate-e2e", "user": "user"}}],
    }), encoding="utf-8")


def snapshotter(folder):
    """overlayfs cannot be laid over itself, as where this machine is a container."""
    for line in reversed(Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()):
        _, mount, kind = line.split()[:3]
        if Path(folder).is_relative_to(mount) and kind == "overlay":
            return "native"
        if mount != "/" and Path(folder).is_relative_to(mount):
            break
    return "overlayfs"


def cni_programs(tools):
    for folder in ("/usr/lib/cni", "/opt/cni/bin", f"{tools}/debian/usr/lib/cni"):
        if Path(folder, "ptp").exists():
            return folder
    raise AssertionError("no plugins of the container network interface (Debian: containernetworking-plugins)")


def kubelet(node):
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},  # Nobody else is in this network.
        "cgroupDriver": "cgroupfs", "cgroupRoot": node.cgroup, "enforceNodeAllocatable": [],
        "failCgroupV1": False, "failSwapOn": False, "containerRuntimeEndpoint": SOCKET,
        "clusterDNS": [DNS_SERVICE], "clusterDomain": "cluster.local", "resolvConf": "",
        # A disk that is nearly full is nothing that a test of ours is about.
        "evictionHard": {"memory.available": "50Mi"}, "imageGCHighThresholdPercent": 100,
        # A node that is gone is noticed sooner than by default: leases.
        "podLogsDir": str(node.logs), "nodeLeaseDurationSeconds": 10, "nodeStatusUpdateFrequency": "3s",
        "syncFrequency": "10s", "registerNode": True,
    }


def kube_proxy(node):
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
        "mode": "iptables", "hostnameOverride": node.name,
        "clientConnection": {"kubeconfig": str(node.config / "proxy.kubeconfig")},
        # Sizes of the kernel's tables are those of the machine: left alone.
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
    }


def pod_network(node):
    """A veth for each Pod, and routes: answers to a Service's address pass the node's rules even
    where both Pods are on one node, without a bridge and the kernel's filter for bridges."""
    return {
        "cniVersion": "0.4.0", "name": "pods", "plugins": [
            {"type": "ptp", "mtu": 1500, "ipam": {
                "type": "host-local", "dataDir": "/run/cni-addresses", "ranges": [[{"subnet": node.pods}]],
                "routes": [{"dst": "0.0.0.0/0"}]}},
            {"type": "portmap", "capabilities": {"portMappings": True}}],
    }


def containerd(node, tools):
    return f"""version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{snapshotter(node.folder)}"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni_programs(tools)}"
    conf_dir = "{node.config}/network"
"""


def write_node(node, nodes, tools, authority, tags):
    """Everything that node.sh reads. `tags`: {image: another name of it}."""
    shutil.rmtree(node.config, ignore_errors=True)
    (node.config / "network").mkdir(parents=True)
    texts = {
        "name": node.name, "address": node.address, "zone": node.zone,
        "snapshotter": snapshotter(node.folder),
        "routes": "".join(f"{each.pods} {each.address}\n" for each in nodes) + f"default {GATEWAY}\n",
        "tags": "".join(f"{image} {tag}\n" for image, tag in tags.items()),
        "containerd.toml": containerd(node, tools), "kubelet.json": json.dumps(kubelet(node)),
        "proxy.json": json.dumps(kube_proxy(node)),
        "network/10-pods.conflist": json.dumps(pod_network(node)),
    }
    for name, text in texts.items():
        (node.config / name).write_text(text, encoding="utf-8")
    write_kubeconfig(node.config / "kubelet.kubeconfig", authority, node.token)
    write_kubeconfig(node.config / "proxy.kubeconfig", authority, PROXY_TOKEN)
