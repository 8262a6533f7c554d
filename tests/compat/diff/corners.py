"""Directed scripts for the lock-step test: what a random walk meets too rarely.

SCRIPTS maps a name to its steps. Every script starts on connections of its own.
"""

import itertools

from zk.jute import Writer
from zk.records import OPEN


def _open(conn, **more):
    return {"do": "open", "conn": conn, **more}


def _call(conn, op, path=None, **more):
    step = {k: more.pop(k) for k in ("closes", "unordered_events") if k in more}
    request = {"op": op, **({} if path is None else {"path": path}), **more}
    return {"do": "call", "conn": conn, "op": request, **step}


def _raw(conn, code, body, **more):
    return _call(conn, "raw", type=code, body=body, **more)


def _modes():
    """Every create opcode with every flag, alone and inside a multi."""
    yield _open("a")
    yield _call("a", "create", "/modes")
    for op, flags in itertools.product(("create", "create2", "createContainer"), range(-1, 9)):
        if flags == 4 and op != "createContainer":
            continue  # An intended difference.
        yield _call("a", op, f"/modes/{op}{flags}", flags=flags)
        yield _call("a", "multi", ops=[{"op": op, "path": f"/modes/m{op}{flags}", "flags": flags}])
        yield _call("a", "exists", f"/modes/m{op}{flags}")
    for flags, ttl in itertools.product(range(0, 8), (1, 1 << 39, (1 << 40) - 1, 1 << 40, 0, -1)):
        if flags < 5 and ttl < 0:
            continue  # Ends Apache's server.
        op = {"op": "createTTL", "path": f"/modes/t{flags}.{ttl}", "flags": flags, "ttl": ttl}
        yield {"do": "call", "conn": "a", "op": op}
        multi = {**op, "path": op["path"] + "m"}
        yield _call("a", "multi", ops=[multi])
    yield _call("a", "getChildren2", "/modes")


def _acls():
    """ACL fix-up: validity of each scheme, order, duplicates, expansion of auth."""
    lists = [
        [], None, [(31, None, "x")], [(31, "world", "x")],
        [(31, "auth", "")], [(31, "digest", "nocolon")], [(31, "digest", "a:b:c")],
        [(31, "digest", ":")], [(31, "digest", "a:")], [(31, "digest", "")],
        [(31, "ip", "127.0.0.1")], [(31, "ip", "127.0.0.1/0")], [(31, "ip", "127.0.0.1/32")],
        [(31, "ip", "1.2.3")], [(31, "ip", "1.2.3.4/33")], [(31, "ip", "1.2.3.4/-1")],
        [(31, "ip", "1.2.3.4/x")], [(31, "ip", "1.2.3.4/8/9")], [(31, "ip", "256.1.1.1")],
        [(31, "ip", "")], [(31, "super", "x")], [(31, "sasl", "x")],
        [(31, "x509", "CN=x")], [(31, "nosuch", "x")], [(31, "", "x")], [(0, "world", "anyone")],
        [(-1, "world", "anyone")], [(31, "World", "anyone")], [(31, "world", "anyone ")],
        [(1, "world", "anyone"), (31, "digest", "u:h"), (31, "ip", "1.2.3.4")],
        [(1, "ip", "1.2.3.4"), (1, "world", "anyone"), (1, "ip", "1.2.3.4")],
        [(31, "auth", ""), (1, "world", "anyone")], [(1, "world", "anyone"), (31, "nosuch", "x")],
    ]  # fmt: skip
    yield _open("a")
    yield _call("a", "create", "/acls")
    for identity in (None, b"u:p"):
        if identity:
            yield _call("a", "auth", scheme="digest", auth=identity)
        for index, acl in enumerate(lists):
            path = f"/acls/{bool(identity)}{index}"
            yield _call("a", "create", path, acl=acl)
            yield _call("a", "getACL", path)
            yield _call("a", "setACL", "/acls", acl=acl + OPEN if acl else acl)
            yield _call("a", "getACL", "/acls")
            if acl is not None:
                yield _call("a", "multi", ops=[{"op": "create", "path": path + "m", "acl": acl}])


def _permissions():
    """Operation x permission, for a stranger."""
    yield _open("owner")
    yield _open("stranger")
    yield _call("owner", "auth", scheme="digest", auth=b"own:er")
    yield _call("owner", "create", "/perms")
    for bits in range(32):
        path = f"/perms/p{bits}"
        acl = [(bits, "world", "anyone"), (31, "auth", "")]
        yield _call("owner", "create", path, acl=acl)
        yield _call("owner", "create", path + "/old")
        for op in ("exists", "getData", "getChildren", "getChildren2", "getACL"):
            yield _call("stranger", op, path)
        yield _call("stranger", "getAllChildrenNumber", path)
        yield _call("stranger", "setData", path, data=b"x")
        yield _call("stranger", "create", path + "/new")
        yield _call("stranger", "createContainer", path + "/newer", flags=4)
        yield _call("stranger", "delete", path + "/old")
        yield _call("stranger", "multi", ops=[{"op": "check", "path": path, "version": -1}])
        yield _call("stranger", "multiRead", ops=[{"op": "getData", "path": path},
                                                  {"op": "getChildren", "path": path}])
        yield _call("stranger", "sync", path)
        yield _call("stranger", "setACL", path, acl=acl)
    for credentials in (b"wrong:one", b"super:test"):
        yield _call("stranger", "auth", scheme="digest", auth=credentials)
        yield _call("stranger", "getData", "/perms/p0")
        yield _call("stranger", "getACL", "/perms/p0")
        yield _call("stranger", "setData", "/perms/p0", data=b"y")
        yield _call("stranger", "setData", "/zookeeper/config", data=b"y")
        yield _call("stranger", "setACL", "/perms/p0", acl=[(0, "world", "anyone")])


def _watches():
    """Every kind of watch against every kind of change, and their removal."""
    yield _open("a")
    yield _open("w")
    arm = {
        "data": _call("w", "getData", "/w", watch=True),
        "exists": _call("w", "exists", "/w", watch=True),
        "child": _call("w", "getChildren", "/w", watch=True),
        "child2": _call("w", "getChildren2", "/w", watch=True),
        "persistent": _call("w", "addWatch", "/w", type=0),
        "recursive": _call("w", "addWatch", "/w", type=1),
        "root": _call("w", "addWatch", "/", type=1),
    }
    changes = [
        _call("a", "setData", "/w", data=b"1"), _call("a", "create", "/w/c"),
        _call("a", "setData", "/w/c", data=b"2"), _call("a", "setACL", "/w", acl=OPEN),
        _call("a", "create", "/w/c/d"), _call("a", "delete", "/w/c/d"), _call("a", "delete", "/w/c"),
        _call("a", "delete", "/w"), _call("a", "create", "/w"), _call("a", "setData", "/w"),
        _call("a", "multi", ops=[{"op": "create", "path": "/w/x"}, {"op": "setData", "path": "/w"},
                                 {"op": "delete", "path": "/w/x"}, {"op": "delete", "path": "/w"},
                                 {"op": "create", "path": "/w"}]),
    ]  # fmt: skip
    combinations = [c for n in (1, 2, 3) for c in itertools.combinations(sorted(arm), n)]
    yield _call("a", "create", "/w")
    for names in combinations:
        for name in names:
            yield arm[name]
        yield from changes
        for kind in (1, 2, 3, 4, 5):
            yield _call("w", "checkWatches", "/w", type=kind)
        for kind in (1, 2, 4, 5, 3):
            yield _call("w", "removeWatches", "/w", type=kind)
        yield _call("w", "removeWatches", "/", type=3)
    yield _call("a", "delete", "/w")


def _hidden_events():
    """Events of nodes that the watcher may not read are not delivered, and use the watch up."""
    yield _open("a")
    yield _open("w")
    hidden = [(30, "world", "anyone")]
    yield _call("a", "create", "/h")
    for op, kind in (("getData", None), ("exists", None), ("getChildren", None),
                     ("addWatch", 0), ("addWatch", 1)):
        more = {"watch": True} if kind is None else {"type": kind}
        yield _call("w", op, "/h", **more)
        yield _call("a", "setACL", "/h", acl=hidden)
        yield _call("a", "setData", "/h")
        yield _call("a", "create", "/h/c")
        yield _call("a", "create", "/h/d", acl=hidden)
        yield _call("a", "delete", "/h/d")
        yield _call("a", "delete", "/h/c")
        yield _call("a", "setACL", "/h", acl=OPEN)
        yield _call("a", "setData", "/h")
        yield _call("w", "removeWatches", "/h", type=3)
    yield _call("w", "exists", "/h/later", watch=True)
    yield _call("a", "create", "/h/later", acl=hidden)
    yield _call("w", "exists", "/h/later", watch=True)
    yield _call("a", "delete", "/h/later")


def _replay():
    """setWatches and setWatches2: every list against missing, older and newer nodes."""
    yield _open("a")
    yield _open("w")
    for path in ("/r", "/r/old", "/r/kids", "/r/kids/k"):
        yield _call("a", "create", path)
    paths = ["/r", "/r/old", "/r/kids", "/r/none", "", "bad", "/r/none/none"]
    for back in (0, -1, -2, -3, -4, 5):
        for op in ("setWatches", "setWatches2"):
            more = {"persistent": ["/r", "/r/none"], "recursive": ["/r/kids"]}
            yield _call("w", op, zxid=("last", back), data=paths, exist=paths, child=paths,
                        **(more if op == "setWatches2" else {}))
            yield _call("a", "setData", "/r/old")
            yield _call("a", "create", "/r/none")
            yield _call("a", "delete", "/r/none")
            yield _call("a", "create", "/r/kids/x")
            yield _call("a", "delete", "/r/kids/x")
    yield _call("w", "setWatches", zxid=0, data=["/r"], xid=77)


def _bad():
    """Bodies that do not decode, alone and cut at every byte."""
    yield _open("a")
    yield _call("a", "create", "/bad")
    codes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 16, 17, 18, 19, 21, 22, 101, 103, 104, 105, 106]
    for code in codes:
        yield _raw("a", code, b"")
        if code not in (2, 9, 101, 103, 105):  # A null there is an intended difference.
            yield _raw("a", code, b"\xff" * 40)
    whole = Writer().string("/bad/x").buffer(b"data").acl(OPEN).int(0).bytes()
    for cut in range(len(whole)):
        yield _raw("a", 1, whole[:cut])
    whole = Writer().int(1).bool(False).int(-1).raw(whole).int(-1).bool(True).int(-1).bytes()
    for cut in range(len(whole)):
        yield _raw("a", 14, whole[:cut])
    whole = Writer().long(0).strings(["/bad"]).strings([]).strings([]).bytes()
    for cut in range(len(whole)):
        yield _raw("a", 101, whole[:cut])
    for size in (-1, -2, 1 << 20, 1 << 30, (1 << 31) - 1):
        yield _raw("a", 1, Writer().int(size).bytes())
        yield _raw("a", 4, Writer().int(size).bytes())
        yield _raw("a", 1, Writer().string("/bad/y").buffer(b"").int(size).bytes())
        yield _raw("a", 101, Writer().long(0).int(size).bytes())
    for index, code in enumerate((0, -1, 10, 13, 23, 99, 108, 1000, -100)):
        yield _open(f"b{index}")
        yield _raw(f"b{index}", code, b"", closes=True)
    for index, data in enumerate((b"\0\0\0\0", b"\0\0\0\1x", b"\xff\xff\xff\xff", b"\0\x10\0\0",
                                  b"\x7f\xff\xff\xff")):  # fmt: skip
        yield _open(f"d{index}")
        yield {"do": "bytes", "conn": f"d{index}", "data": data}
    for scheme in ("nosuch", "world", "super", "sasl", "x509", "auth", "", None):
        yield _open(f"e{scheme}")
        yield _call(f"e{scheme}", "auth", scheme=scheme, auth=b"x:y")
    yield _open("f")
    yield _call("f", "auth", scheme="digest", auth=None)


def _xids():
    """Apache takes any xid and echoes it; pings are always answered under -2."""
    yield _open("a")
    for xid in (0, -4, -8, 1 << 30, 5, 5, 4, 1):
        yield _call("a", "exists", "/", xid=xid)
    yield _call("a", "ping", xid=9)


def _sequences():
    """Sequence numbers count creations in the parent, whatever their names."""
    yield _open("a")
    yield _call("a", "create", "/seq")
    for path, flags in (("/seq/a", 2), ("/seq/b", 0), ("/seq/b", 0), ("/seq/", 2), ("/seq/c", 3),
                        ("/seq/d", 1), ("/seq/x/y", 2), ("/seq/a", 2)):  # fmt: skip
        yield _call("a", "create2", path, flags=flags)
        yield _call("a", "delete", "/seq/b")
        yield _call("a", "exists", "/seq")
    yield _call("a", "multi", ops=[{"op": "create", "path": "/seq/m", "flags": 2}] * 4)
    yield _call("a", "multi", ops=[{"op": "create", "path": "/seq/m", "flags": 2},
                                   {"op": "delete", "path": "/seq/none"}])
    yield _call("a", "create", "/seq/after", flags=2)
    yield _call("a", "create", "/", flags=2)
    yield _call("a", "create", "/zookeeper/quota/q", flags=2)


def _ephemerals():
    """Children of ephemerals, getEphemerals, and the end of their session by close."""
    yield _open("a")
    yield _open("b")
    yield _call("a", "create", "/eph")
    for name in ("x", "y", "z"):
        yield _call("a", "create2", f"/eph/{name}", flags=1)
    yield _call("a", "create", "/eph/x/child")
    yield _call("a", "multi", ops=[{"op": "create", "path": "/eph/x/child", "flags": 1}])
    yield _call("b", "create", "/eph/other", flags=1)
    for prefix in ("/", "/eph", "/eph/x", "/eph/xx", "", "/none"):
        yield _call("a", "getEphemerals", prefix)
        yield _call("b", "getEphemerals", prefix)
    yield _call("b", "delete", "/eph/y")
    yield _call("b", "addWatch", "/eph", type=1)
    yield _call("b", "exists", "/eph/x", watch=True)
    yield _call("b", "getChildren", "/eph", watch=True)
    yield _call("a", "closeSession", unordered_events=True)
    yield _call("b", "getChildren2", "/eph")
    yield {"do": "reattach", "conn": "c", "of": "a"}


def _versions():
    """Version arguments against data, ACL and check."""
    yield _open("a")
    yield _call("a", "create", "/ver")
    for version in (0, 0, 1, -1, 5, -2, 2, 3, 3):
        yield _call("a", "setData", "/ver", data=b"x", version=version)
        yield _call("a", "setACL", "/ver", acl=OPEN, version=version)
        yield _call("a", "multi", ops=[{"op": "check", "path": "/ver", "version": version},
                                       {"op": "setData", "path": "/ver", "version": version}])
    yield _call("a", "delete", "/ver", version=1)
    yield _call("a", "setData", "/ver", data=None)
    yield _call("a", "getData", "/ver")
    yield _call("a", "delete", "/ver", version=-1)


SCRIPTS = {
    name.strip("_"): maker
    for name, maker in (
        (f.__name__, f)
        for f in (_modes, _acls, _permissions, _watches, _hidden_events, _replay, _bad, _xids,
                  _sequences, _ephemerals, _versions)
    )
}  # fmt: skip
