"""A disk that runs full under a member: writes are refused in time, reads go on, nothing is lost.

The disk is a small tmpfs in a mount namespace of its own, which a holder process keeps while
servers come and go in it.
"""

import os
import re
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

from zk import admin, tree
from zk.connection import four_letter
from zk.server import Ours, free_port

DISK = 24 << 20
RESERVE = DISK // 10  # What two log files would take is more than a tenth of this disk.
SETTINGS = {"preAllocSize": 2048, "snapCount": 100000000, "tickTime": 500,
            "maxSessionTimeout": 600000, "autopurge.purgeInterval": 0}  # fmt: skip
SYSTEM_ERROR = -1
LONG = 600000


class SmallDisk:
    """A tmpfs at `path`, seen by commands behind `enter` and, by us, below `root`."""

    def __init__(self, path, size):
        mount = f"mount -t tmpfs -o size={size} none '{path}' && echo mounted && exec sleep infinity"
        self.holder = subprocess.Popen(
            ["unshare", "-m", "--propagation", "private", "sh", "-c", mount],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
        self.refusal = None
        said = self.holder.stdout.readline().strip()
        if said != "mounted":
            self.close()
            self.refusal = said or "unshare -m ended without a word"
        self.enter = ["nsenter", "-t", str(self.holder.pid), "-m", "--"]
        self.root = f"/proc/{self.holder.pid}/root{path}"
        self.ballast = os.path.join(self.root, "ballast")

    def free(self):
        space = os.statvfs(self.root)
        return space.f_bavail * space.f_frsize

    def leave(self, count):
        """Fills the disk with foreign bytes until `count` are left."""
        with open(self.ballast, "ab") as file:
            os.posix_fallocate(file.fileno(), file.tell(), max(1, self.free() - count))

    def relieve(self):
        if os.path.exists(self.ballast):
            os.remove(self.ballast)

    def close(self):
        self.holder.kill()
        self.holder.wait()
        self.holder.stdout.close()


class OnSmallDisk(Ours):
    """Ours with its data directory on a small disk."""

    def __init__(self, settings):
        super().__init__(settings, [admin.SUPER_FLAG])
        os.makedirs(self.data)
        self.disk = SmallDisk(self.data, DISK)

    def command(self, config):
        return [*self.disk.enter, *super().command(config)]

    def close(self):
        super().close()
        self.disk.close()


@pytest.fixture
def member(server_class, capsys):
    if server_class.name == "apache":
        pytest.skip("Apache dies of a full disk")
    server = OnSmallDisk(
        {**SETTINGS, **admin.settings(), "metricsProvider.httpPort": free_port(),
         "metricsProvider.httpHost": "127.0.0.1",
         "metricsProvider.className":
             "org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider"})  # fmt: skip
    if server.disk.refusal:
        server.close()
        with capsys.disabled():
            print(f"\n  NOT TESTED: a full disk, since no small one can be mounted: {server.disk.refusal}")
        pytest.skip(f"cannot mount a tmpfs: {server.disk.refusal}")
    with server:
        yield server


def until(check, server, seconds=20):
    """Waits for what the member notices by looking at the disk: nothing else announces that."""
    for _ in range(seconds * 50):
        server.check_alive()
        if check():
            return
        time.sleep(0.02)
    raise AssertionError(server.log())


class Load:
    """Pipelined creates with a known outcome each."""

    def __init__(self, server, name, size=4000, window=100):
        self.connection = server.session(LONG)
        self.name, self.data, self.window = name, b"x" * size, window
        self.sent, self.present, self.refused, self.errors = 0, set(), set(), set()
        self.waiting = []

    def run_until_refused(self, limit):
        """Writes without pause until a refusal; returns whether there was one."""
        while not self.refused and self.sent < limit:
            while len(self.waiting) < self.window:
                self.sent += 1
                self.waiting.append(f"/{self.name}{self.sent}")
                self.connection.send({"op": "create", "path": self.waiting[-1], "data": self.data})
            self.take()
        while self.waiting:
            self.take()
        return bool(self.refused)

    def take(self):
        frame = self.connection.read()
        assert frame["kind"] == "reply", frame
        path = self.waiting.pop(0)
        if frame["err"] == 0:
            self.present.add(path)
        else:
            self.refused.add(path)
            self.errors.add(frame["err"])


def check_tree(server, *loads):
    with server.session() as connection:
        there = {"/" + c for c in connection.must({"op": "getChildren", "path": "/"})["children"]}
        for load in loads:
            assert load.present - there == set()
            assert load.refused & there == set()
            for path in sorted(load.present)[::97]:
                assert connection.must({"op": "getData", "path": path})["data"] == load.data


def create(connection, path):
    return connection.ask({"op": "create", "path": path, "data": b"1"})["err"]


def http(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def ready(server):
    """The member is ready as long as it serves reads; the text tells about the disk."""
    status, text = http(server.settings["admin.serverPort"], "/readyz")
    assert status == 200, text
    return text


def refuses(server):
    return "disk space is low" in ready(server)


def metrics(server):
    text = http(server.settings["metricsProvider.httpPort"], "/metrics")[1]
    return dict(re.findall(r"^(\w+) (\S+)$", text, re.MULTILINE))


def test_writers_fill_the_disk(member):
    """The member's own log is what fills it, as fast as clients can."""
    loads = [Load(member, "a"), Load(member, "b", size=100_000, window=8)]
    assert loads[0].run_until_refused(1500) is False
    assert loads[1].run_until_refused(2000) is True
    assert loads[1].errors == {SYSTEM_ERROR}
    member.check_alive()
    for load in loads:
        load.connection.must({"op": "ping"})
    # Reads, sessions and what keeps them go on.
    check_tree(member, *loads)
    assert member.disk.free() > 0
    member.kill()
    member.start()
    check_tree(member, *loads)


def test_a_burst_larger_than_the_reserve(member):
    """More is on its way than the reserve holds: what has no room is refused before it is logged."""
    loads = [Load(member, f"n{number}-", size=500_000, window=20) for number in range(8)]
    threads = [threading.Thread(target=load.run_until_refused, args=(400,)) for load in loads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    member.check_alive()
    assert all(load.errors == {SYSTEM_ERROR} for load in loads)
    assert "No space left" not in member.log()
    check_tree(member, *loads)
    member.kill()
    member.start()
    check_tree(member, *loads)


def test_a_snapshot_leaves_the_log_its_reserve(member):
    """One that does not fit is given up before the log would have to suffer."""
    load = Load(member, "a", size=100_000, window=8)
    load.run_until_refused(60)
    member.disk.leave(RESERVE + (3 << 20))
    status, _, body = admin.request(member, "GET", "snapshot")
    assert status == 500 and b"space" in body
    member.check_alive()
    member.disk.relieve()
    until(lambda: not refuses(member), member)
    assert create(load.connection, "/resumed") == 0
    assert admin.request(member, "GET", "snapshot")[0] == 200


def test_refusal_and_recovery(member):
    """Somebody else's bytes take the space, and give it back."""
    load = Load(member, "a")
    connection = load.connection
    load.run_until_refused(50)
    assert not refuses(member)
    member.disk.leave(RESERVE // 2)
    until(lambda: refuses(member), member)
    assert create(connection, "/refused") == SYSTEM_ERROR
    multi = connection.ask({"op": "multi", "ops": [{"op": "create", "path": "/refused"},
                                                   {"op": "delete", "path": "/a1"}]})  # fmt: skip
    assert multi["kind"] == "reply"
    for op in ({"op": "setData", "path": "/a1", "data": b""}, {"op": "delete", "path": "/a1"},
               {"op": "setACL", "path": "/a1", "acl": [(31, "world", "anyone")]}):  # fmt: skip
        assert connection.ask(op)["err"] == SYSTEM_ERROR
    # Told everywhere an operator looks.
    assert "writes_refused" in member.log() and "free or add space" in member.log()
    assert "imok" in four_letter(member.address, "ruok")
    words = four_letter(member.address, "mntr")
    seen = metrics(member)
    assert float(seen["quorate_disk_space_level"]) == 1
    assert 0 < float(seen["quorate_disk_free_bytes"]) < RESERVE
    assert float(seen["quorate_writes_refused_for_space_total"]) >= 5
    assert re.search(r"^zk_quorate_disk_space_level\t1$", words, re.MULTILINE), words
    # Reads and sessions go on.
    check_tree(member, load)
    other = member.session(LONG)
    assert other.must({"op": "exists", "path": "/a1"})
    other.must({"op": "closeSession"})
    # A restart on the full disk serves reads, and refuses writes from the start.
    member.restart()
    until(lambda: refuses(member), member)
    check_tree(member, load)
    with member.session(LONG) as late:
        assert create(late, "/refused") == SYSTEM_ERROR
        member.disk.relieve()
        until(lambda: not refuses(member), member)
        assert create(late, "/resumed") == 0
    load.refused.add("/refused")
    check_tree(member, load)
    member.kill()
    member.start()
    nodes = tree.dump_server(member)
    assert "/resumed" in nodes and "/refused" not in nodes


def test_nothing_is_left(member):
    """Not a byte: sessions go, too, but the member stands, and what it knows can be read."""
    load = Load(member, "a")
    load.run_until_refused(200)
    member.disk.leave(0)
    until(lambda: refuses(member), member)
    assert create(load.connection, "/refused") == SYSTEM_ERROR
    assert load.connection.must({"op": "getData", "path": "/a1"})["data"] == load.data
    status, answer = admin.restore(member, b"x" * 1_000_000)
    assert status == 500 and "space" in answer["error"].lower()
    status, _, body = admin.request(member, "GET", "snapshot")
    assert status == 500 and b"space" in body.lower()
    member.check_alive()
    # A restart says plainly why it does not work, or works.
    member.kill()
    member.start(wait=False)
    try:
        member.wait_ready()
        check_tree_without_session(member, load)
    except AssertionError:
        assert "No space left" in member.log()
    member.kill()
    member.disk.relieve()
    member.start()
    load.refused.add("/refused")
    check_tree(member, load)
    with member.session() as connection:
        assert create(connection, "/resumed") == 0


def check_tree_without_session(server, load):
    assert int(re.search(r"Node count: (\d+)", four_letter(server.address, "srvr"))[1]) >= len(load.present)
