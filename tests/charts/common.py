"""What the tests of manifests, charts, alerts and images share: paths, programs, a local cluster."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHARTS = ROOT / "charts"
DEPLOY = ROOT / "deploy"
BIN = pathlib.Path(os.environ.get("QUORATE_BIN", ROOT / "build/release/bin"))
TOOLS = pathlib.Path(os.environ.get("QUORATE_TOOLS", pathlib.Path.home() / ".cache/quorate/tools"))
START_TIMEOUT_S = 30


def run(*command, check=True, text=None, env=None):
    """Runs a program; its standard output, and its error in the failure's message."""
    done = subprocess.run(
        list(map(str, command)), input=text, capture_output=True, text=True, env=env, check=False
    )
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.stdout}{done.stderr}")
    return done if not check else done.stdout


def helm(*arguments, **options):
    return run(TOOLS / "helm", *arguments, **options)


def documents(text):
    return [each for each in yaml.safe_load_all(text) if each]


def rendered(chart, values=None, *arguments):
    """The objects of a chart with these values (a nested mapping)."""
    text = yaml.safe_dump(values or {})
    return documents(helm("template", "r", CHARTS / chart, "-n", "space", "-f", "-", *arguments, text=text))


def by_kind(objects, kind):
    return [each for each in objects if each["kind"] == kind]


def free_ports(count):
    """Different ones: all are held until the last is found."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def free_port():
    return free_ports(1)[0]


def await_true(predicate, what, timeout_s=START_TIMEOUT_S):
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if predicate():
            return
        time.sleep(0.05)
    raise AssertionError(f"not within {timeout_s} s: {what}")


class Process:
    """A program that runs until the test ends."""

    def __init__(self, test, *command, log, env=None):
        self.log = pathlib.Path(log)
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                list(map(str, command)), stdout=output, stderr=subprocess.STDOUT, env=env
            )
        test.addClassCleanup(self.stop)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def temporary_folder(test):
    folder = tempfile.mkdtemp(prefix="quorate-charts-")
    test.addClassCleanup(shutil.rmtree, folder, True)
    return pathlib.Path(folder)


class Cluster(unittest.TestCase):
    """Tests that talk to an API server, by `cls.kubeconfig`."""

    @classmethod
    def try_kubectl(cls, *arguments, text=None):
        return run("kubectl", "--kubeconfig", cls.kubeconfig, *arguments, check=False, text=text)

    @classmethod
    def kubectl(cls, *arguments, text=None):
        return run("kubectl", "--kubeconfig", cls.kubeconfig, *arguments, text=text)


class LocalCluster(Cluster):
    """Tests with a quorate-local of their own that knows our definition."""

    ZONES = "a,b,c"
    IMAGES = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = temporary_folder(cls)
        images = [word for each in cls.IMAGES for word in ("--image", each)]
        cls.local = Process(
            cls, BIN / "quorate-local", "up", "--dir", cls.folder / "local", "--zones", cls.ZONES,
            *images, log=cls.folder / "local.log",
        )
        cls.kubeconfig = cls.folder / "local/kubeconfig"
        await_true(lambda: cls.try_kubectl("get", "nodes").returncode == 0, "quorate-local answers")
        cls.kubectl("apply", "-f", DEPLOY / "crd")
