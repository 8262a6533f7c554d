"""Starts and stops servers: Apache ZooKeeper and ours, from the same configuration."""

import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from zk.connection import four_letter, open_session

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(HERE, "..", "..", ".."))
CACHE = os.path.join(
    os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "quorate", "compat"
)
SUPER_DIGEST = "super:D/InIHSb7yEEbrWz8b9l71RjZJU="  # super:test
FAST_JVM = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
QUIET = "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"
START_SECONDS = 60


def class_path(part):
    """The jars that setup.sh brought for `part`: zookeeper, curator2 or curator5."""
    return os.path.join(CACHE, part, "lib", "*")


def our_binary():
    """The server under test: QUORATE_SERVER, else the newest build."""
    named = os.environ.get("QUORATE_SERVER")
    if named:
        return named
    built = glob.glob(os.path.join(ROOT, "build", "*", "bin", "quorate-server"))
    if not built:
        raise FileNotFoundError("no build/*/bin/quorate-server; set QUORATE_SERVER")
    return max(built, key=os.path.getmtime)


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One process with a data directory of its own. Subclasses name the command.

    `settings` are lines of zoo.cfg, `flags` are -D options. The directory is removed by close()
    unless it was given.
    """

    name = "server"
    probe = ("srvr", "Mode:")  # The word that tells that requests are served, and its answer.

    def __init__(self, settings=None, flags=(), directory=None, java=FAST_JVM):
        self.owned = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="quorate-compat-")
        self.settings = dict(settings or {})
        self.flags = list(flags)
        self.java = list(java)
        self.process = None
        self.port = None

    # Life.

    def start(self, wait=True):
        return self.start_at(free_port(), wait)

    def start_at(self, port, wait=True):
        self.port = port
        config = self._write_config()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.command(config), stdout=log, stderr=log, cwd=self.directory
            )
        return self.wait_ready() if wait else self

    def wait_ready(self):
        """Returns once the server serves; raises with the end of its output when it exits."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.check_alive()
            try:
                if self.probe[1] in four_letter(self.address, self.probe[0], 0.5):
                    return self
            except OSError:
                pass
            time.sleep(0.01)  # Between two tries to connect; nothing announces a listening port.
        raise AssertionError(f"{self.name} did not serve in {START_SECONDS} s: {self.log()}")

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def check_alive(self):
        """Raises with the end of its output when the process has exited."""
        if not self.alive():
            code = self.process and self.process.returncode
            raise AssertionError(f"{self.name} exited {code}: {self.log()}")

    def stop(self):
        """Ends the process as an operator does; returns its exit code."""
        return self._end(signal.SIGTERM)

    def kill(self):
        """kill -9."""
        return self._end(signal.SIGKILL)

    def _end(self, number):
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self.process = None
        return code

    def restart(self):
        self.stop()
        return self.start()

    def close(self):
        self.kill()
        if self.owned:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, *_):
        self.close()

    # Places.

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    @property
    def hosts(self):
        return f"127.0.0.1:{self.port}"

    @property
    def data(self):
        return os.path.join(self.directory, "data")

    @property
    def version2(self):
        return os.path.join(self.data, "version-2")

    @property
    def log_path(self):
        return os.path.join(self.directory, "output.txt")

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()[-3000:]

    def session(self, timeout=30000, **arguments):
        return open_session(self.address, timeout, **arguments)

    def _write_config(self):
        os.makedirs(self.data, exist_ok=True)
        lines = {
            "tickTime": 2000,
            "dataDir": self.data,
            "clientPort": self.port,
            "clientPortAddress": "127.0.0.1",
            "admin.enableServer": "false",
            "maxClientCnxns": 0,
            "4lw.commands.whitelist": "*",
            "preAllocSize": 256,
            **self.settings,
        }
        path = os.path.join(self.directory, "zoo.cfg")
        with open(path, "w") as file:
            file.writelines(f"{key}={value}\n" for key, value in lines.items() if value is not None)
        return path


class Apache(Server):
    name = "apache"

    def command(self, config):
        main = "org.apache.zookeeper.server.ZooKeeperServerMain"
        return ["java", QUIET, *self.java, *self.flags, "-cp", class_path("zookeeper"), main, config]


class Ours(Server):
    name = "ours"
    probe = ("ruok", "imok")

    def command(self, config):
        return [our_binary(), *self.flags, config]


KINDS = {"apache": Apache, "ours": Ours}
