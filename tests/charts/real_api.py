"""A real kube-apiserver on loopback, with etcd, RBAC, Pod Security and a log of who asked for what."""

import json
import sys

import yaml

from common import ROOT, TOOLS, Cluster, Process, await_true, free_ports, temporary_folder

sys.path.insert(0, str(ROOT / "e2e"))
from kubernetes.control_plane import api_command, etcd_command, make_keys  # noqa: E402
from kubernetes.layout import write_kubeconfig  # noqa: E402

ADMIN_TOKEN = "admin-of-the-test"


class RealApi(Cluster):
    """Tests with an API server of their own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder(cls)
        make_keys(cls.folder, "IP:127.0.0.1,DNS:localhost")
        (cls.folder / "tokens.csv").write_text(f"{ADMIN_TOKEN},admin,1,system:masters\n")
        (cls.folder / "audit.yaml").write_text(yaml.safe_dump({
            "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}],
        }))
        cls.start()
        cls.kubeconfig = cls.write_kubeconfig("admin", ADMIN_TOKEN)
        await_true(lambda: cls.try_kubectl("get", "--raw", "/readyz").returncode == 0, "the API is ready", 120)

    @classmethod
    def start(cls):
        f = cls.folder
        client, peer, cls.port = free_ports(3)
        Process(cls, *etcd_command(f, client, peer), log=f / "etcd.log")
        Process(
            cls, *api_command(TOOLS / "kube-apiserver", f, client, "127.0.0.1", cls.port),
            "--disable-admission-plugins=ServiceAccount",  # No controller makes default accounts here.
            f"--audit-policy-file={f}/audit.yaml", f"--audit-log-path={f}/audit.log",
            "--audit-log-mode=blocking", log=f / "api.log",
        )

    @classmethod
    def write_kubeconfig(cls, user, token):
        path = cls.folder / f"{user}.kubeconfig"
        write_kubeconfig(path, cls.folder / "api.crt", token, f"https://127.0.0.1:{cls.port}")
        return path

    @classmethod
    def account_kubeconfig(cls, space, name):
        """For a service account, as it would call from a Pod."""
        token = cls.kubectl("create", "token", "-n", space, name).strip()
        return cls.write_kubeconfig(name, token)

    @classmethod
    def audit(cls, user):
        """Requests of a user so far: group, resource, verb, name, code."""
        found = []
        for line in (cls.folder / "audit.log").read_text().splitlines():
            event = json.loads(line)
            if event["user"].get("username") == user and "objectRef" in event and event["stage"] != "RequestReceived":
                reference = event["objectRef"]
                resource = reference.get("resource", "")
                if reference.get("subresource"):
                    resource += "/" + reference["subresource"]
                found.append((reference.get("apiGroup", ""), resource, event["verb"],
                              reference.get("name", ""), event.get("responseStatus", {}).get("code", 0)))
        return found
