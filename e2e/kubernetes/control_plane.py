"""etcd and the API server, with keys of their own; and what makes of them a control plane."""

import subprocess

from harness import processes

from .layout import ADMIN_TOKEN, API_SERVICE, GATEWAY, SERVICES, tokens, write_kubeconfig


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def make_keys(folder, names):
    """api.crt, which is its own authority, api.key, and the key of service accounts' tokens."""
    openssl("genrsa", "-out", folder / "accounts.key", "2048")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=api",
            "-addext", f"subjectAltName={names}", "-keyout", folder / "api.key", "-out", folder / "api.crt")


def etcd_command(folder, client, peer):
    """With ports on loopback; what it holds need not outlive this machine."""
    return ["etcd", "--data-dir", folder / "etcd", "--unsafe-no-fsync", "--log-level=error",
            f"--listen-client-urls=http://127.0.0.1:{client}", f"--advertise-client-urls=http://127.0.0.1:{client}",
            f"--listen-peer-urls=http://127.0.0.1:{peer}"]


def api_command(program, folder, etcd, address, port):
    """With the keys and the tokens.csv of `folder`. `etcd`: its client port."""
    return [program, f"--etcd-servers=http://127.0.0.1:{etcd}", f"--bind-address={address}",
            f"--advertise-address={address}", f"--secure-port={port}", f"--tls-cert-file={folder}/api.crt",
            f"--tls-private-key-file={folder}/api.key", f"--token-auth-file={folder}/tokens.csv",
            "--authorization-mode=Node,RBAC", f"--service-cluster-ip-range={SERVICES}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={folder}/accounts.key",
            f"--service-account-signing-key-file={folder}/accounts.key",
            "--enable-admission-plugins=OwnerReferencesPermissionEnforcement"]


class ControlPlane:
    """Runs on this machine's side of the nodes' network. Logs and data are in `folder`."""

    def __init__(self, folder, tools):
        self.folder, self.tools = folder, tools
        self.authority = folder / "api.crt"
        self.kubeconfig = folder / "kubeconfig"
        self.running = {}

    def start(self, nodes):
        self.folder.mkdir(parents=True)
        make_keys(self.folder, f"IP:{GATEWAY},IP:{API_SERVICE},IP:127.0.0.1,DNS:kubernetes,DNS:kubernetes.default.svc")
        (self.folder / "tokens.csv").write_text(tokens(nodes), encoding="utf-8")
        write_kubeconfig(self.kubeconfig, self.authority, ADMIN_TOKEN)
        self._start("etcd", *etcd_command(self.folder, 2379, 2380))
        self._start("kube-apiserver",
                    *api_command(self.tools / "kube-apiserver", self.folder, 2379, GATEWAY, 6443),
                    "--kubelet-preferred-address-types=InternalIP")  # Nobody resolves nodes' names.
        for name in ("kube-controller-manager", "kube-scheduler"):
            self._start_controller(name)

    def _start(self, name, program, *arguments):
        self.running[name] = processes.start([program, *arguments], self.folder / f"{name}.log")

    def _start_controller(self, name):
        more = []
        if name == "kube-controller-manager":
            # A node that is gone is noticed sooner than by default.
            more = [f"--root-ca-file={self.authority}", "--node-monitor-period=1s", "--node-monitor-grace-period=12s",
                    f"--service-account-private-key-file={self.folder}/accounts.key", "--use-service-account-credentials"]
        self._start(name, self.tools / name, f"--kubeconfig={self.kubeconfig}", "--leader-elect=false",
                    "--bind-address=127.0.0.1", *more)

    def ended(self):
        """Names of programs that are no more."""
        return [name for name, process in self.running.items() if process.poll() is not None]

    def stop(self):
        for process in reversed(self.running.values()):
            processes.end(process, 5)
