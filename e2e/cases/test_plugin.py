"""kubectl quorate, as a person uses it: shell, logs, a report that tells no secret."""

import base64
import os
import queue
import shutil
import subprocess
import tarfile
import threading

from harness import processes
from harness.case import TIMEOUT_S
from harness.plane import ROOT

SECRET = "admin:x1nJ8i6rLIvnN83yhEwXIT9pS9k="


def command(case, *words):
    return [str(case.plane.binaries / "kubectl-quorate"), *words, "-n", case.name]


def environment(case):
    return {**case.kubectl.environment(), "NO_COLOR": "1"}


def run(case, *words, after=()):
    """`after`: the shell's own words."""
    more = ["--", *after] if after else []
    answer = subprocess.run(command(case, *words) + more, env=environment(case), stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def lines_of(stream):
    """A queue that a thread fills with the lines of a stream; None at its end."""
    lines = queue.Queue()

    def fill():
        for line in stream:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=fill, daemon=True).start()
    return lines


def test_shell_and_logs(case):
    case.settle(case.create(voters=3))
    run(case, "shell", "zoo", after=("create", "/kept", "value"))
    for member in case.members():
        run(case, "shell", "zoo", "-m", member, after=("sync", "/kept"))
        assert "value" in run(case, "shell", "zoo", "-m", member, after=("get", "/kept"))
    followed = subprocess.Popen(
        command(case, "logs", "zoo", "-f", "--tail", "1"), env=environment(case), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        lines = lines_of(followed.stdout)
        await_line_of_each(case, lines)  # The last that was there: it follows them now.
        before = case.leader()
        run(case, "transfer-leader", "zoo", "--wait")
        await_line_of_each(case, lines)
        assert case.leader() != before
    finally:
        processes.end(followed)


def await_line_of_each(case, lines):
    missing = set(case.members())
    while missing:
        line = lines.get(timeout=TIMEOUT_S)
        assert line is not None, f"the logs ended before a line of {missing}"
        missing -= {member for member in missing if f"pod/{member}/" in line}


def secrets_of(case):
    """Every value of every Secret, as it is stored and as it is meant; certificates are public."""
    found = set()
    for secret in case.kubectl.get("secrets"):
        for key, value in secret.get("data", {}).items():
            if not key.endswith(".crt"):
                text = base64.b64decode(value).decode(errors="replace").strip()
                # A key's lines but for those that every key has.
                found |= {value} | {line for line in text.splitlines() if len(line) > 16 and "PRIVATE KEY" not in line}
    return found


def test_report_tells_no_secret(case):
    """With the operator's own Secrets and one that a person gave."""
    case.kubectl("create", "secret", "generic", "root", f"--from-literal=digest={SECRET}")
    case.settle(case.create(voters=3, tls={"managed": True}, superuser={"secretName": "root"}))
    path = case.folder / "report.tar.gz"
    run(case, "report", "zoo", "--to", str(path))
    secrets = secrets_of(case)
    assert SECRET in secrets
    for name in ("zoo-admin", "zoo-authority", "zoo-quorum-tls"):
        assert case.kubectl.get("secret", name)["data"]
    with tarfile.open(path) as bundle:
        texts = {each.name: bundle.extractfile(each).read().decode(errors="replace")
                 for each in bundle.getmembers() if each.isfile()}
    names = " ".join(texts)
    for wanted in ("quorumcluster.json", "status.txt", "events", "logs/zoo-a-0.log"):
        assert wanted in names, names
    told = {name: secret for name, text in texts.items() for secret in secrets if secret in text}
    assert not told


def manifests(folder):
    """Of those in deploy/ what quorate-local has kinds for."""
    folder.mkdir()
    shutil.copy(ROOT / "deploy/crd/quorumclusters.quorate.dev.yaml", folder)
    shutil.copy(ROOT / "deploy/operator/namespace.yaml", folder)
    roles = os.path.relpath(ROOT / "deploy/rbac/cluster", folder)
    (folder / "kustomization.yaml").write_text(
        f"resources: [namespace.yaml, quorumclusters.quorate.dev.yaml, {roles}]\n", encoding="utf-8")
    return str(folder)


def test_install_can_be_checked(case):
    """By kubectl alone, and by the API server once it knows the namespace; nothing is changed."""
    folder = manifests(case.folder / "manifests")
    for _ in range(2):
        told = run(case, "install", "--dry-run", "--from", folder)
        for kind in ("customresourcedefinition", "clusterrole", "clusterrolebinding"):
            assert kind in told and "dry run)" in told, told
        assert not case.plane.kubectl("get", "clusterroles", "-o", "name")
        case.plane.kubectl("apply", "-f", f"{folder}/namespace.yaml")
    case.plane.kubectl("delete", "-f", f"{folder}/namespace.yaml")
