"""One member: a quorate-server in its network, with a disk and a wall clock of its own."""

import ctypes
import http.client
import json
import os
import shutil
import signal
import struct
import subprocess
import time
import urllib.error
import urllib.request

from network import address, command
from zk.connection import four_letter, open_session
from zk.server import our_binary

CLIENT, QUORUM, ELECTION, ADMIN = 2181, 2888, 3888, 8080
TOKEN = "sesame"
PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


def _die_with_parent():
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Member:
    """Its directory is a tmpfs of `disk_bytes`, mounted in the mount namespace that run.sh made."""

    def __init__(self, number, network, directory, settings, disk_bytes, clock_library=None):
        self.number, self.network, self.settings = number, network, dict(settings)
        self.directory = directory
        self.process = None
        self.is_stopped = False
        self.clock_library = clock_library
        os.makedirs(self.data)
        command("mount", "-t", "tmpfs", "-o", f"size={disk_bytes}", "none", self.data)
        self.ballast = os.path.join(self.data, "ballast")
        self.clock_path = os.path.join(directory, "clock")
        self.jump(0)
        with open(os.path.join(directory, "token"), "w", encoding="ascii") as file:
            file.write(TOKEN + "\n")

    # Places.

    @property
    def data(self):
        return os.path.join(self.directory, "data")

    @property
    def log_path(self):
        return os.path.join(self.directory, "log.txt")

    @property
    def endpoint(self):
        return (address(self.number), CLIENT)

    def log(self):
        with open(self.log_path, errors="replace", encoding="utf-8") as file:
            return file.read()

    # The process.

    def start(self):
        """Starts it, without waiting."""
        lines = {
            "dataDir": self.data,
            "clientPort": CLIENT,
            "clientPortAddress": "0.0.0.0",
            "admin.serverAddress": address(self.number),
            "admin.serverPort": ADMIN,
            "admin.tokenFile": os.path.join(self.directory, "token"),
            **self.settings,
        }
        config = os.path.join(self.directory, "zoo.cfg")
        with open(config, "w", encoding="ascii") as file:
            file.writelines(f"{key}={value}\n" for key, value in lines.items())
        with open(os.path.join(self.data, "myid"), "w", encoding="ascii") as file:
            file.write(f"{self.number}\n")
        environment = dict(os.environ)
        if self.clock_library:
            environment["LD_PRELOAD"] = self.clock_library
            environment["QUORATE_FAULTS_CLOCK"] = self.clock_path
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                [*self.network.enter(self.number), our_binary(), config], stdout=log, stderr=log,
                cwd=self.directory, env=environment, preexec_fn=_die_with_parent)  # fmt: skip
        self.is_stopped = False

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9; returns when it is gone."""
        if self.alive():
            self.process.kill()
        self._forget()

    def terminate(self):
        """As an operator stops it."""
        if self.alive():
            self.process.terminate()
        return self._forget()

    def _forget(self):
        code = self.process.wait(60) if self.process else None
        self.process = None
        return code

    def stop(self):
        """SIGSTOP: it holds everything and answers nothing."""
        if self.alive():
            self.process.send_signal(signal.SIGSTOP)
            self.is_stopped = True

    def go_on(self):
        if self.is_stopped and self.alive():
            self.process.send_signal(signal.SIGCONT)
        self.is_stopped = False

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def cpu_seconds(self):
        """Of processor time that it has used so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            user, system = file.read().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    # Disk and clock.

    def wipe(self):
        """An empty disk in place of its own; only while it is down."""
        assert self.process is None
        for name in os.listdir(self.data):
            path = os.path.join(self.data, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.remove(path)

    def free_bytes(self):
        space = os.statvfs(self.data)
        return space.f_bavail * space.f_frsize

    def fill(self, left):
        """Somebody else's bytes take the disk but for `left` bytes."""
        with open(self.ballast, "ab") as file:
            while (taken := self.free_bytes() - left) > 0:
                try:
                    os.posix_fallocate(file.fileno(), file.tell(), taken)
                    break
                except OSError:
                    pass  # The member was faster; what is left is less now.

    def relieve(self):
        if os.path.exists(self.ballast):
            os.remove(self.ballast)

    def jump(self, seconds):
        """Sets its wall clock that far off."""
        mode = "r+b" if os.path.exists(self.clock_path) else "wb"
        with open(self.clock_path, mode) as file:
            file.write(struct.pack("=q", int(seconds * 1e9)))

    # What it says.

    def say(self, word, seconds=1.0):
        """The answer to a four-letter word, or "" when there is none in time."""
        try:
            return four_letter(self.endpoint, word, seconds)
        except OSError:
            return ""

    def open(self, timeout_ms=30000):
        """A connection with a new session."""
        return open_session(self.endpoint, timeout_ms)

    def mode(self):
        """"leader", "follower", "observer", or None while it does not serve."""
        for line in self.say("srvr").splitlines():
            if line.startswith("Mode: "):
                return line[6:]
        return None

    def ask(self, path, body=None, seconds=2.0):
        """(status, JSON) of its admin port; (0, {}) when there is no answer."""
        request = urllib.request.Request(
            f"http://{address(self.number)}:{ADMIN}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {TOKEN}"})  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text.startswith(b"{") else {}
        except urllib.error.HTTPError as error:
            return error.code, {}
        except (OSError, http.client.HTTPException):
            return 0, {}

    def status(self):
        return self.ask("/v1/status")[1]

    def close(self):
        self.go_on()
        self.kill()
        command("umount", "--lazy", self.data)


def wait_until(condition, seconds, what):
    """Returns what `condition` says once it is true; nothing announces what another process knows."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not in {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)
    return answer
