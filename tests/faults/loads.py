"""Clients of the measured checks: one that counts up, one that reads all the time, and full load."""

import contextlib
import json
import os
import subprocess
import threading
import time

from member import wait_until
from zk.server import our_binary

PATH = "/counter"
OPEN_LOOP_SECONDS = 0.005


class Counter(threading.Thread):
    """Sets PATH to 1, 2, 3 ... at one member, one after another; knows when each was acknowledged.

    A connection that ends is opened again; the value goes up in any case.
    """

    def __init__(self, member):
        super().__init__(daemon=True)
        self.member, self.acknowledged, self.value = member, [], 0
        self.stopping = threading.Event()
        with member.open() as connection:
            connection.ask({"op": "create", "path": PATH, "data": b"0"})
            connection.ask({"op": "closeSession"})

    def run(self):
        connection = None
        while not self.stopping.is_set():
            try:
                connection = connection or self.member.open()
                self.value += 1
                data = str(self.value).encode()
                if connection.ask({"op": "setData", "path": PATH, "data": data}).get("err") != 0:
                    raise OSError
                self.acknowledged.append((self.value, time.monotonic()))
            except (OSError, AssertionError):
                connection = connection and connection.drop()
                self.stopping.wait(0.01)
        if connection:
            connection.drop()

    def wait_for(self, count, seconds=60):
        wanted = len(self.acknowledged) + count
        wait_until(lambda: len(self.acknowledged) >= wanted, seconds, "the writer gets no answer")

    def longest_gap(self, since):
        times = [since, *(at for _, at in self.acknowledged if at > since)]
        return max(later - at for at, later in zip(times, times[1:]))

    def end(self):
        self.stopping.set()
        self.join(60)


class Reader:
    """Reads PATH at one member without waiting for answers, so that some are always on their way,
    also while the member is stopped. `answers` are (asked, answered, value)."""

    def __init__(self, member):
        self.link = member.open(timeout_ms=60000)
        self.link.socket.settimeout(60)
        self.asked, self.answers = [], []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=part, daemon=True) for part in (self._ask, self._take)]
        for thread in self.threads:
            thread.start()

    def _ask(self):
        while not self.stopping.wait(OPEN_LOOP_SECONDS):
            self.asked.append(time.monotonic())
            try:
                self.link.send({"op": "getData", "path": PATH})
            except OSError:
                return

    def _take(self):
        while True:
            try:
                frame = self.link.read()
            except OSError:
                return
            if frame["kind"] != "reply":
                return
            asked = self.asked[len(self.answers)]
            value = int(frame["body"].get("data", b"0")) if frame["err"] == 0 else None
            self.answers.append((asked, time.monotonic(), value))

    def alive(self):
        """Whether its connection is still there."""
        return self.threads[1].is_alive()

    def end(self):
        self.stopping.set()
        self.threads[0].join(60)
        with contextlib.suppress(OSError):
            self.link.socket.shutdown(2)
        self.threads[1].join(60)
        self.link.drop()

    def staleness(self, counter):
        """The greatest time between a write's acknowledgement and a later read that lacks it."""
        acknowledged = dict(counter.acknowledged)
        values = sorted(acknowledged)
        worst, position = 0.0, 0
        for asked, _, value in sorted((a for a in self.answers if a[2] is not None), key=lambda a: a[2]):
            while position < len(values) and values[position] <= value:
                position += 1
            if position < len(values):
                worst = max(worst, asked - acknowledged[values[position]])
        return worst


def bench(members, seconds, mix="set=100", **options):
    """Full load from `quorate bench`; returns a process whose result take() reads."""
    hosts = ",".join("{}:{}".format(*member.endpoint) for member in members)
    binary = os.path.join(os.path.dirname(our_binary()), "quorate")
    options = {"sessions": 12, "outstanding": 32, "keys": 1000, "timeout": 30000, **options}
    flags = [text for key, value in options.items()
             for text in ([f"--{key}"] if value is True else [f"--{key}", str(value)])]  # fmt: skip
    return subprocess.Popen(
        [binary, "bench", "run", "--server", hosts, "--mix", mix, "--seconds", str(seconds),
         "--warmup", "0.5", "--json", "-", "--no-progress", *flags],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # fmt: skip


def take(process):
    """The load's result. All must have been answered, and no write refused; a read may have missed a
    key that its member had not heard of yet when the load began."""
    out, problems = process.communicate(timeout=900)
    assert "{" in out, problems
    result = json.loads(out[out.index("{"):])
    wrong = {name: count for name, count in result["errors"].items() if not name.startswith("NoNode")}
    assert not wrong and result["unanswered"] == 0 and result["error_count"] < 100, result
    return result
