"""A real kube-apiserver on loopback, with etcd, RBAC, Pod Security and a log of who asked for what."""

import base64
import json

import yaml

from common import TOOLS, Cluster, Process, await_true, free_port, run, temporary_folder

ADMIN_TOKEN = "admin-of-the-test"


def openssl(*arguments):
    run("openssl", *arguments)


class RealApi(Cluster):
    """Tests with an API server of their own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder(cls)
        cls.make_keys()
        cls.start_etcd()
        cls.start_api()
        cls.kubeconfig = cls.write_kubeconfig("admin", ADMIN_TOKEN)
        await_true(lambda: cls.try_kubectl("get", "--raw", "/readyz").returncode == 0, "the API is ready", 120)

    @classmethod
    def make_keys(cls):
        f = cls.folder
        openssl("genrsa", "-out", f / "accounts.key", "2048")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=api",
                "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", f / "api.key", "-out", f / "api.crt")
        (f / "tokens.csv").write_text(f"{ADMIN_TOKEN},admin,1,system:masters\n")
        (f / "audit.yaml").write_text(yaml.safe_dump({
            "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "Metadata"}],
        }))

    @classmethod
    def start_etcd(cls):
        client, peer = free_port(), free_port()
        cls.etcd = f"http://127.0.0.1:{client}"
        Process(
            cls, "etcd", "--data-dir", cls.folder / "etcd", "--unsafe-no-fsync", "--log-level=error",
            f"--listen-client-urls={cls.etcd}", f"--advertise-client-urls={cls.etcd}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}", log=cls.folder / "etcd.log",
        )

    @classmethod
    def start_api(cls):
        f, cls.port = cls.folder, free_port()
        Process(
            cls, TOOLS / "kube-apiserver", f"--etcd-servers={cls.etcd}", "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1", f"--secure-port={cls.port}", f"--tls-cert-file={f}/api.crt",
            f"--tls-private-key-file={f}/api.key", f"--token-auth-file={f}/tokens.csv",
            "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://quorate.test", f"--service-account-key-file={f}/accounts.key",
            f"--service-account-signing-key-file={f}/accounts.key",
            "--enable-admission-plugins=OwnerReferencesPermissionEnforcement",
            "--disable-admission-plugins=ServiceAccount",  # No controller makes default accounts here.
            f"--audit-policy-file={f}/audit.yaml", f"--audit-log-path={f}/audit.log",
            "--audit-log-mode=blocking", log=f / "api.log",
        )

    @classmethod
    def write_kubeconfig(cls, user, token):
        authority = base64.b64encode((cls.folder / "api.crt").read_bytes()).decode()
        path = cls.folder / f"{user}.kubeconfig"
        path.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "x",
            "clusters": [{"name": "x", "cluster": {"server": f"https://127.0.0.1:{cls.port}",
                                                   "certificate-authority-data": authority}}],
            "users": [{"name": user, "user": {"token": token}}],
            "contexts": [{"name": "x", "context": {"cluster": "x", "user": user}}],
        }))
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
