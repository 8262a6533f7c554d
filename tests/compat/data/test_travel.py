"""Data directories travel both ways: what one server wrote, also when killed, the other opens."""

import random
import shutil
import tempfile

import pytest

from zk import files, tree
from zk.server import KINDS, SUPER_DIGEST

FLAGS = [
    "-Dzookeeper.DigestAuthenticationProvider.superDigest=" + SUPER_DIGEST,
    "-Dzookeeper.extendedTypesEnabled=true",
    "-Dznode.container.checkIntervalMs=86400000",
]
SETTINGS = {"maxSessionTimeout": 600000, "tickTime": 2000}
LONG = 600000


@pytest.fixture
def other_class(server_class):
    """Who opens what the server under test wrote, and the other way round."""
    return KINDS["apache"]


def fill(server, rounds, seed):
    """Writes of every kind, from several sessions, some closed; returns the open connections."""
    rng = random.Random(seed)
    connections = [server.session(LONG) for _ in range(3)]
    root = f"/fill{seed}"
    connections[0].must({"op": "create", "path": root})
    acls = [[(31, "world", "anyone")], [(1, "world", "anyone"), (31, "digest", "u:h")],
            [(31, "ip", "127.0.0.1")]]  # fmt: skip
    for index in range(rounds):
        connection = connections[index % 3]
        path = f"{root}/n{rng.randrange(rounds // 2 + 1)}"
        data = rng.choice([None, b"", b"x" * rng.randrange(300)])
        connection.ask(rng.choice([
            {"op": "create", "path": path, "data": data, "acl": rng.choice(acls)},
            {"op": "create2", "path": root + "/s-", "data": data, "flags": rng.choice([2, 3])},
            {"op": "createContainer", "path": path + "c", "flags": 4},
            {"op": "createTTL", "path": path + "t", "flags": 5, "ttl": 100000000},
            {"op": "setData", "path": path, "data": data},
            {"op": "setACL", "path": path, "acl": rng.choice(acls)},
            {"op": "delete", "path": path},
            {"op": "create", "path": path + "é", "data": "日本".encode()},
            {"op": "multi", "ops": [{"op": "create", "path": path + "m"},
                                    {"op": "setData", "path": root, "data": data},
                                    {"op": "check", "path": root, "version": -1}]},
            {"op": "multi", "ops": [{"op": "create", "path": path + "f"},
                                    {"op": "delete", "path": "/none"}]},
            {"op": "delete", "path": path, "version": 77},
        ]))  # fmt: skip
    connections[0].must({"op": "create", "path": f"{root}/quota"})
    for leaf, data in (("", b""), ("/zookeeper_limits", b"count=10,bytes=1000"),
                       ("/zookeeper_stats", b"count=0,bytes=0")):
        if not leaf:
            connections[0].ask({"op": "create", "path": f"/zookeeper/quota{root}"})
        connections[0].must({"op": "create", "path": f"/zookeeper/quota{root}/quota{leaf}", "data": data})
    connections[0].must({"op": "create", "path": f"{root}/quota/child", "data": b"12345"})
    closing = connections.pop()
    closing.must({"op": "closeSession"})
    return connections


def move(server, target_class, directory, settings):
    """Starts the other kind of server in a copy of the directory."""
    shutil.copytree(server.directory, directory, dirs_exist_ok=True)
    return target_class({**SETTINGS, **settings}, FLAGS, directory=directory).start()


def check_journey(writer_class, reader_class, end, settings=None):
    """The reader shows the writer's tree, sessions and next zxid."""
    directory = tempfile.mkdtemp(prefix="quorate-travel-")
    try:
        with writer_class({**SETTINGS, **(settings or {})}, FLAGS) as writer:
            fill(writer, 150, 1)
            if end == "restart":
                writer.restart()
            live = fill(writer, 150, 2)
            before = tree.dump_server(writer)
            last = live[0].ask({"op": "ping"})["zxid"]
            session, password = live[0].session, live[0].password
            writer.kill() if end == "kill" else writer.stop()
            # Apache with digests on cannot open what Apache with digests off wrote; ours can.
            blind = reader_class.name == "apache" and "digest.enabled" in (settings or {})
            with move(writer, reader_class, directory, settings if blind else {}) as reader:
                after = tree.dump_server(reader)
                assert tree.differences(before, after) == []
                check_resumed(reader, session, password, last)
                after = tree.dump_server(reader)
                reader.stop()
            # And back home again, with what the other one has added.
            with writer_class({**SETTINGS, **(settings or {})}, FLAGS, directory=directory) as home:
                assert tree.differences(after, tree.dump_server(home)) == []
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def check_resumed(reader, session, password, last):
    """The old session lives on, its ephemerals end with it, and zxids go on behind the last."""
    connection = reader.session()
    mine = [p for p, n in tree.dump_server(reader).items() if n["stat"]["ephemeralOwner"] == session]
    resumed = type(connection)(reader.address)
    answer = resumed.connect(LONG, session, password, last)
    assert answer["session"] == session
    assert mine
    resumed.must({"op": "closeSession"})
    for path in mine:
        assert connection.ask({"op": "exists", "path": path})["err"] == -101
    made = connection.ask({"op": "create", "path": "/fill2/after"})
    assert made["err"] == 0 and made["zxid"] > last


@pytest.mark.parametrize("end", ["stop", "kill", "restart"])
@pytest.mark.parametrize("way", ["to us", "from us"])
def test_directory_travels(server_class, other_class, way, end):
    pair = (other_class, server_class) if way == "to us" else (server_class, other_class)
    check_journey(*pair, end)


@pytest.mark.parametrize("variant", ["gz", "snappy", "no digest", "no last zxid", "small snapshots"])
def test_variants_of_apache(server_class, other_class, variant):
    """Directories that Apache writes under other settings."""
    settings = {
        "gz": {"snapshot.compression.method": "gz"},
        "snappy": {"snapshot.compression.method": "snappy"},
        "no digest": {"digest.enabled": "false"},
        "no last zxid": {"serializeLastProcessedZxid.enabled": "false"},
        "small snapshots": {"snapCount": 20, "preAllocSize": 16},
    }[variant]
    check_journey(other_class, server_class, "restart", settings)


OLD = [
    ("3.4", {"digest": False, "trailing_zxid": False}, {"v0": False}),
    ("3.4 with V0 creates", {"digest": False, "trailing_zxid": False}, {"v0": True}),
    ("3.8", {"trailing_zxid": False}, {}),
    ("3.9 gz", {"compression": "gz"}, {}),
    ("3.9 snappy", {"compression": "snappy"}, {}),
    ("3.9", {}, {}),
]


@pytest.mark.parametrize("name, snapshot, creates", OLD, ids=[case[0] for case in OLD])
def test_hand_made_directories(server_class, name, snapshot, creates):
    """Snapshots and logs of older releases, written by hand."""
    server = server_class(SETTINGS, FLAGS)
    nodes = files.base_tree()
    nodes[""] = files.node(cversion=2, pzxid=3)
    nodes["/old"] = files.node(b"data", acl=5, czxid=2, mzxid=4, pzxid=2, ctime=1000, mtime=2000, version=1)
    nodes["/eph"] = files.node(None, czxid=3, mzxid=3, pzxid=3, ctime=1500, mtime=1500, ephemeralOwner=0x77)
    acls = {5: [(31, "digest", "u:h"), (1, "world", "anyone")]}
    files.write_snapshot(server.version2, 5, nodes, sessions={0x77: 30000}, acls=acls, **snapshot)
    entries = [
        files.txn(0x77, 1, 6, 3000, "create", path="/old/a", data=b"1", parent_cversion=1, **creates),
        files.txn(0x77, 2, 7, 3001, "create", path="/old/b", data=None, parent_cversion=2, **creates),
        files.txn(0x77, 3, 8, 3002, "setData", path="/old/a", data=b"2", version=1),
        files.txn(0x77, 4, 9, 3003, "delete", path="/old/b"),
        files.txn(0x88, 0, 10, 3004, "createSession", timeout=30000),
        files.txn(0x88, 1, 11, 3005, "closeSession"),
    ]
    files.write_log(server.version2, 6, entries)
    with server.start():
        nodes = tree.dump_server(server)
        assert nodes["/old"]["data"] == b"data"
        assert nodes["/old"]["acl"] == acls[5]
        stat = nodes["/old"]["stat"]
        assert (stat["cversion"], stat["numChildren"], stat["pzxid"]) == (3, 1, 9)
        assert nodes["/old/a"]["data"] == b"2"
        assert nodes["/old/a"]["stat"]["mtime"] == 3002
        assert nodes["/eph"]["stat"]["ephemeralOwner"] == 0x77
        assert "/old/b" not in nodes
