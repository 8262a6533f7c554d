"""The one list of intended differences to Apache ZooKeeper 3.9.3, each with its reason.

An entry is a script for one connection (and helpers). `test_diff.py` runs it against both servers
and demands that they differ, and that ours does what the entry says: an entry that no longer
differs is stale. The generator avoids what stands here.

    name      of the entry
    reason    why ours is not Apache's behaviour
    steps     setup and provocation; the last step is the one that must differ
    ours      a predicate on the frames that our side gives to the last step
"""

from zk.records import OPEN


def _call(conn, **op):
    return {"do": "call", "conn": conn, "op": op}


def _open(conn):
    return {"do": "open", "conn": conn}


def _raw(code, body):
    return {"op": "raw", "type": code, "body": body}


def _replies(frames, conn):
    return [f for f in frames.get(conn, ()) if f["kind"] == "reply"]


def _fails(conn, *codes):
    def check(frames):
        replies = _replies(frames, conn)
        return bool(replies) and replies[-1]["err"] in codes

    return check


def _events(conn, count):
    return lambda frames: sum(f["kind"] == "event" for f in frames.get(conn, ())) == count


INTENDED = [
    {
        "name": "deleteContainer from a client",
        "reason": "An internal opcode: Apache lets any client delete any empty node with it, "
        "whatever the ACLs say.",
        "steps": [
            _open("a"),
            _call("a", op="create", path="/locked", acl=[(13, "world", "anyone")]),
            _call("a", op="create", path="/locked/child"),
            _call("a", op="delete", path="/locked/child"),
            _call("a", op="deleteContainer", path="/locked"),
        ],
        "ours": _fails("a", -6),
    },
    {
        "name": "createSession from a client",
        "reason": "An internal opcode: Apache answers it with a second ConnectResponse in place "
        "of a reply.",
        "steps": [
            _open("a"),
            {"do": "call", "conn": "a", "op": {"op": "createSession", "timeout": 5000}},
        ],
        "ours": _fails("a", -6),
    },
    {
        "name": "opcode 1 with the container flag",
        "reason": "Apache makes a plain node but computes the digest of a container: its own "
        "digest check then fails. A container is made by opcode 19.",
        "steps": [_open("a"), _call("a", op="create", path="/flag4", flags=4)],
        "ours": _fails("a", -8),
    },
    {
        "name": "wrong password does not kick the owner",
        "reason": "Apache closes the session's connection before it looks at the password, so "
        "anybody who knows a session id can disconnect its owner.",
        "steps": [
            _open("a"),
            {"do": "reattach", "conn": "b", "of": "a", "password": "wrong"},
            _call("a", op="exists", path="/"),
        ],
        "ours": lambda frames: [r["err"] for r in _replies(frames, "a")] == [0],
    },
    {
        "name": "setWatches respects READ",
        "reason": "Apache filters the events of transactions by permission but not those that "
        "setWatches makes up, which tell of nodes that the client may not read.",
        "steps": [
            _open("a"),
            _call("a", op="create", path="/hidden", acl=[(30, "world", "anyone")]),
            _call("a", op="setWatches", zxid=0, data=["/hidden"], exist=["/hidden"], child=[]),
        ],
        "ours": _events("a", 0),
    },
    {
        "name": "a failed multiRead carries no body",
        "reason": "Apache sends the beginning of a result behind an error header.",
        "steps": [
            _open("a"),
            _call("a", op="multiRead", ops=[{"op": "create", "path": "/x", "acl": OPEN}]),
        ],
        "ours": lambda frames: [(r["err"], r["body"]) for r in _replies(frames, "a")] == [(-5, {})],
    },
]
