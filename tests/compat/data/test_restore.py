"""Snapshots over HTTP: taken from one server, restored into another while that one serves."""

import gzip
import os
import random
import socket
import threading

import pytest

from test_travel import FLAGS, SETTINGS, fill
from zk import admin, files, tree
from zk.server import KINDS

LONG = 600000


def start(kind, settings=None):
    return kind({**SETTINGS, **admin.settings(), **(settings or {})}, FLAGS).start()


def grow(server, megabytes=3):
    """Enough that a restore's body is larger than any default limit of an HTTP server."""
    with server.session() as connection:
        connection.must({"op": "create", "path": "/large"})
        for number in range(megabytes * 10):
            data = random.Random(number).randbytes(100_000)
            connection.must({"op": "create", "path": f"/large/{number}", "data": data})
        connection.ask({"op": "closeSession"})


@pytest.fixture
def ours(server_class):
    if server_class.name == "apache":
        pytest.skip("how a restore behaves beside clients is ours to define")
    with start(server_class) as server:
        yield server


@pytest.fixture(scope="module")
def uploaded(server_class):
    """(zxid, bytes, tree) of a small server that knows only /restored."""
    with start(server_class) as server, server.session() as connection:
        connection.must({"op": "create", "path": "/restored", "data": b"new"})
        nodes = tree.dump_server(server)
        zxid, body = admin.take_snapshot(server)
        return zxid, body, nodes


@pytest.mark.parametrize("way", ["to us", "from us", "from us as a file"])
def test_snapshot_travels(server_class, way):
    """Three megabytes with every kind of node, ACL, session and quota, over HTTP both ways."""
    pair = (KINDS["apache"], server_class) if way == "to us" else (server_class, KINDS["apache"])
    with start(pair[0]) as writer:
        held = fill(writer, 150, 1)
        grow(writer)
        before = tree.dump_server(writer)
        zxid, body = admin.take_snapshot(writer)
        assert len(body) > 3_000_000
    if way == "from us as a file":
        reader = pair[1]({**SETTINGS, **admin.settings()}, FLAGS)
        os.makedirs(reader.version2)
        with open(os.path.join(reader.version2, f"snapshot.{zxid:x}"), "wb") as file:
            file.write(body)
        reader.start()
    else:
        reader = start(pair[1])
        status, answer = admin.restore(reader, body)
        assert (status, answer["error"]) == (200, None)
        assert answer["last_zxid"] == zxid
    with reader:
        assert tree.differences(before, tree.dump_server(reader)) == []
        with reader.session() as connection:
            connection.must({"op": "create", "path": "/behind"})
        if pair[1].name == "ours":
            after = tree.dump_server(reader)
            reader.kill()
            reader.start()
            assert tree.differences(after, tree.dump_server(reader)) == []
    assert held  # Their sockets live until here, so that nothing is closed while it is compared.


def test_clients_are_cut_off_and_come_back_to_the_restored_tree(ours, uploaded):
    zxid, body, nodes = uploaded
    grow(ours)
    watcher = ours.session(LONG)
    watcher.must({"op": "create", "path": "/mine", "flags": 1})
    watcher.must({"op": "getData", "path": "/large", "watch": True})
    seen = watcher.ask({"op": "ping"})["zxid"]
    status, answer = admin.restore(ours, body)
    assert status == 200 and answer["last_zxid"] > max(seen, zxid)
    assert watcher.read() == {"kind": "closed"}
    assert tree.differences(nodes, tree.dump_server(ours)) == []
    again = type(watcher)(ours.address)
    assert again.connect(LONG, watcher.session, watcher.password, seen)["timeout"] == 0
    with ours.session() as connection:
        connection.must({"op": "create", "path": "/after"})
    for end in (ours.kill, ours.stop):
        end()
        ours.start()
        now = tree.dump_server(ours)
        assert sorted(now) == sorted([*nodes, "/after"])


def test_it_is_on_disk_when_it_is_answered(ours, uploaded):
    _, body, nodes = uploaded
    for _ in range(3):
        with ours.session() as connection:
            connection.must({"op": "create", "path": "/old"})
        assert admin.restore(ours, body)[0] == 200
        ours.kill()
        ours.start()
        assert tree.differences(nodes, tree.dump_server(ours)) == []


@pytest.mark.parametrize("snapshot", [{"trailing_zxid": False}, {"trailing_zxid": False, "digest": False}],
                         ids=["3.8", "3.4"])  # fmt: skip
def test_old_snapshots_bring_the_zxid_of_their_newest_node(ours, snapshot):
    nodes = files.base_tree()
    nodes["/old"] = files.node(b"x", czxid=0x500, mzxid=0x700, pzxid=0x600)
    body = files.snapshot_bytes(nodes, zxid=0x700, **snapshot)
    status, answer = admin.restore(ours, body)
    assert (status, answer["last_zxid"]) == (200, 0x700)
    with ours.session() as connection:
        assert connection.must({"op": "getData", "path": "/old"})["stat"]["mzxid"] == 0x700
        made = connection.ask({"op": "create", "path": "/next"})
        assert made["err"] == 0 and made["zxid"] > 0x700


def test_ephemerals_without_their_session_are_dropped(ours):
    nodes = files.base_tree()
    nodes["/lost"] = files.node(czxid=2, mzxid=2, pzxid=2, ephemeralOwner=0x77)
    nodes["/kept"] = files.node(czxid=3, mzxid=3, pzxid=3, ephemeralOwner=0x78)
    body = files.snapshot_bytes(nodes, zxid=9, sessions={0x78: LONG})
    assert admin.restore(ours, body)[0] == 200
    with ours.session() as connection:
        children = connection.must({"op": "getChildren", "path": "/"})["children"]
    assert sorted(children) == ["kept", "zookeeper"]


@pytest.mark.parametrize("method", ["gz", "snappy"])
def test_packed_snapshots(server_class, uploaded, method):
    """What a server that packs its snapshots streams, it takes back."""
    if server_class.name == "apache":
        pytest.skip("Apache does not unpack what it restores")
    with start(server_class, {"snapshot.compression.method": method}) as server:
        _, body, nodes = uploaded
        assert admin.restore(server, gzip.compress(body))[0] == 200
        assert tree.differences(nodes, tree.dump_server(server)) == []
        _, packed = admin.take_snapshot(server)
        assert not packed.startswith(b"ZKSN")
        with server.session() as connection:
            connection.must({"op": "create", "path": "/old"})
        assert admin.restore(server, packed)[0] == 200
        assert tree.differences(nodes, tree.dump_server(server)) == []


def test_who_may(server_class, uploaded, tmp_path):
    if server_class.name == "apache":
        pytest.skip("3.9.3 takes anybody who shows any credentials")
    token = tmp_path / "token"
    token.write_text("s3cret\n")
    token.chmod(0o600)
    _, body, nodes = uploaded
    with start(server_class, {"admin.tokenFile": token}) as server:
        with server.session() as connection:
            connection.must({"op": "create", "path": "/old"})
            connection.must({"op": "setACL", "path": "/", "acl": [(1, "world", "anyone")]})
        for authorization, expected in (
            (None, 401), ("Basic c3VwZXI6dGVzdA==", 401), ("Bearer wrong", 403),
            ("digest some:body", 403),
        ):  # fmt: skip
            assert admin.restore(server, body, authorization)[0] == expected, authorization
            assert admin.request(server, "GET", "snapshot", None, authorization)[0] == expected
        assert "/old" in tree.dump_server(server)
        assert admin.restore(server, body, "Bearer s3cret")[0] == 200
        assert tree.differences(nodes, tree.dump_server(server)) == []


def flipped(body, at):
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


DAMAGE = {
    "a flipped bit": lambda body: flipped(body, len(body) // 2),
    "a flipped bit in the last zxid": lambda body: flipped(body, len(body) - 15),
    "cut in the middle": lambda body: body[: len(body) // 2],
    "cut by a byte": lambda body: body[:-1],
    "a log": lambda body: b"ZKLG" + body[4:],
    "text": lambda body: b"hello",
    "one byte": lambda body: b"Z",
    "gzip cut": lambda body: gzip.compress(body)[:-20],
    "gzip of nonsense": lambda body: gzip.compress(b"nonsense"),
    "an impossible zxid": lambda body: files.snapshot_bytes(files.base_tree(), zxid=(1 << 63) - 1),
    "a negative zxid": lambda body: files.snapshot_bytes(files.base_tree(), zxid=-5),
    "no root": lambda body: files.snapshot_bytes({"/a": files.node()}),
    "an orphan": lambda body: files.snapshot_bytes({**files.base_tree(), "/a/b": files.node()}),
}


def test_damaged_snapshots_change_nothing(ours, uploaded):
    _, body, _ = uploaded
    with ours.session() as connection:
        connection.must({"op": "create", "path": "/old", "data": b"1"})
        connection.must({"op": "getData", "path": "/old", "watch": True})
        before = tree.dump_server(ours)
        for name, damage in DAMAGE.items():
            status, answer = admin.restore(ours, damage(body))
            assert status == 500, name
            assert answer["error"] and "/proc" not in answer["error"], name
        assert tree.differences(before, tree.dump_server(ours)) == []
        frames = connection.call({"op": "setData", "path": "/old", "data": b"2"})
        assert [frame["kind"] for frame in frames] == ["event", "reply"]
    ours.restart()
    with ours.session() as connection:
        assert connection.must({"op": "getData", "path": "/old"})["data"] == b"2"


@pytest.mark.parametrize("sent", [0, 10, 100_000, 2_000_000])
def test_truncated_upload(ours, uploaded, sent):
    """The client goes away in the middle of the body."""
    body = uploaded[1] + bytes(3_000_000)
    with ours.session() as connection:
        connection.must({"op": "create", "path": "/old"})
        head = ("POST /commands/restore HTTP/1.1\r\nHost: x\r\n"
                f"Authorization: {admin.SUPER}\r\nContent-Length: {len(body)}\r\n\r\n")  # fmt: skip
        with socket.create_connection(("127.0.0.1", ours.settings["admin.serverPort"])) as link:
            link.sendall(head.encode() + body[:sent])
        status, answer = admin.restore(ours, b"hello")
        assert (status, answer["command"]) == (500, "restore")
        assert connection.ask({"op": "exists", "path": "/old"})["err"] == 0
    assert admin.restore(ours, uploaded[1])[0] == 200


class Reconnecting(threading.Thread):
    """Creates nodes without pause, also behind a restore, and remembers the zxid of each answer."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.server, self.number = server, number
        self.acknowledged, self.wrong = {}, []
        self.halt, self.some = threading.Event(), threading.Event()

    def run(self):
        index = 0
        while not self.halt.is_set():
            try:
                connection = self.server.session(LONG)
            except (OSError, AssertionError):
                continue  # Sent away while the restore goes on.
            window = []
            while not connection.closed and not self.halt.is_set():
                while len(window) < 20:
                    index += 1
                    window.append(f"/w{self.number}-{index}")
                    connection.send({"op": "create", "path": window[-1], "data": b"x" * 500})
                frame = connection.read()
                if frame["kind"] != "reply":
                    break
                path = window.pop(0)
                if frame["err"] == 0 and frame["body"]["path"] == path:
                    self.acknowledged[path] = frame["zxid"]
                    self.some.set()
                else:
                    self.wrong.append(frame)
            connection.drop()


def test_restore_while_clients_write(ours, uploaded, long_run):
    """What was acknowledged before it is gone, what was acknowledged behind it is there."""
    zxid, body, nodes = uploaded
    writers = [Reconnecting(ours, number) for number in range(4)]
    for writer in writers:
        writer.start()
    rng, restored = random.Random(1), 0
    for _ in range(50 if long_run else 8):
        threading.Event().wait(rng.uniform(0.0, 0.2))  # The moment is the point.
        if rng.random() < 0.5:  # A snapshot of the former state is being written meanwhile.
            asker = threading.Thread(target=admin.take_snapshot, args=(ours,))
            asker.start()
        else:
            asker = None
        status, answer = admin.restore(ours, body)
        assert status == 200, answer
        assert answer["last_zxid"] > restored
        restored = answer["last_zxid"]
        for writer in writers:
            writer.some.clear()
        for writer in writers:
            assert writer.some.wait(20), ours.log()
        if asker:
            asker.join(60)
            assert not asker.is_alive()
    for writer in writers:
        writer.halt.set()
    for writer in writers:
        writer.join(20)
        assert not writer.is_alive() and writer.wrong == []
    for end in (None, ours.kill):
        if end:
            end()
            ours.start()
        with ours.session() as connection:
            there = {"/" + c for c in connection.must({"op": "getChildren", "path": "/"})["children"]}
        for writer in writers:
            lost = [p for p, z in writer.acknowledged.items() if z > restored and p not in there]
            stale = [p for p, z in writer.acknowledged.items() if z <= restored and p in there]
            assert (lost, stale) == ([], [])
        assert "/restored" in there


def test_two_at_once(ours, uploaded):
    """One after the other or one refused; both are answered."""
    answers = []

    def ask():
        answers.append(admin.restore(ours, uploaded[1]))

    askers = [threading.Thread(target=ask) for _ in range(6)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(60)
    assert len(answers) == len(askers)
    assert any(status == 200 for status, _ in answers)
    for status, answer in answers:
        assert status in (200, 429) or "another restore" in answer["error"]
    assert "/restored" in tree.dump_server(ours)
