"""etcd and the API server, with keys of their own; and what makes of them a control plane."""

import subprocess

from harness import processes

from .layout import ADMIN_TOKEN, API_SERVICE, GATEWAY, SERVICES, tokens, write_kubeconfig


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class ControlPlane:
    """Runs on this machine's side of the nodes' network. Logs and data are in `folder`."""

    def __init__(self, folder, tools):
        self.folder, self.tools = folder, tools
        self.authority = folder / "api.crt"
        self.kubeconfig = folder / "kubeconfig"
        self.running = {}

    def start(self, nodes):
        self.folder.mkdir(parents=True)
        self._make_keys()
        (self.folder / "tokens.csv").write_text(tokens(nodes), encoding="utf-8")
        write_kubeconfig(self.kubeconfig, self.authority, ADMIN_TOKEN)
        self._start_etcd()
        self._start_api()
        for name in ("kube-controller-manager", "kube-scheduler"):
            self._start_controller(name)

    def _make_keys(self):
        names = f"IP:{GATEWAY},IP:{API_SERVICE},IP:127.0.0.1,DNS:kubernetes,DNS:kubernetes.default.svc"
        openssl("genrsa", "-out", self.folder / "accounts.key", "2048")
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=api", "-addext",
                f"subjectAltName={names}", "-keyout", self.folder / "api.key", "-out", self.authority)

    def _start(self, name, program, *arguments):
        self.running[name] = processes.start([program, *arguments], self.folder / f"{name}.log")

    def _start_etcd(self):
        self._start("etcd", "etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync", "--log-level=error",
                    "--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
                    "--listen-peer-urls=http://127.0.0.1:2380")

    def _start_api(self):
        f = self.folder
        self._start("kube-apiserver", self.tools / "kube-apiserver", "--etcd-servers=http://127.0.0.1:2379",
                    f"--bind-address={GATEWAY}", f"--advertise-address={GATEWAY}", "--secure-port=6443",
                    f"--tls-cert-file={f}/api.crt", f"--tls-private-key-file={f}/api.key",
                    f"--token-auth-file={f}/tokens.csv", "--authorization-mode=Node,RBAC",
                    f"--service-cluster-ip-range={SERVICES}", "--kubelet-preferred-address-types=InternalIP",
                    "--service-account-issuer=https://kubernetes.default.svc",
                    f"--service-account-key-file={f}/accounts.key",
                    f"--service-account-signing-key-file={f}/accounts.key",
                    "--enable-admission-plugins=OwnerReferencesPermissionEnforcement")

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
