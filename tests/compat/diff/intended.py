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


def _results(conn, *codes):
    """The errors of a multi's results."""

    def check(frames):
        replies = _replies(frames, conn)
        results = replies[-1]["body"].get("results", []) if replies else []
        return [result.get("err", 0) for result in results] == list(codes)

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
    {
        "name": "null id in an ACL",
        "reason": "Apache runs into a NullPointerException and answers MarshallingError; ours says "
        "what is wrong with the ACL.",
        "steps": [_open("a"), _call("a", op="create", path="/x", acl=[(31, "world", None)])],
        "ours": _fails("a", -114),
    },
    {
        "name": "null ACL in a create inside a multi",
        "reason": "A NullPointerException again, this time without a zxid for the failed write; "
        "ours fails that operation with InvalidACL, as outside a multi.",
        "steps": [_open("a"), _call("a", op="multi", ops=[{"op": "create", "path": "/x", "acl": None}])],
        "ours": _results("a", -114),
    },
    {
        "name": "null path in a create",
        "reason": "Apache answers MarshallingError from a NullPointerException; ours BadArguments, "
        "as both do for setData and setACL.",
        "steps": [_open("a"), _call("a", op="create", path=None)],
        "ours": _fails("a", -8),
    },
    {
        "name": "null path in a delete",
        "reason": "As for create.",
        "steps": [_open("a"), _call("a", op="delete", path=None)],
        "ours": _fails("a", -8),
    },
    {
        "name": "null path inside a multi",
        "reason": "Apache fails the whole request without a result; ours fails that operation and "
        "gives every other its result.",
        "steps": [_open("a"), _call("a", op="multi", ops=[{"op": "check", "path": None}])],
        "ours": _results("a", -8),
    },
    {
        "name": "null path in a sync",
        "reason": "Nothing can be synced; Apache echoes the null.",
        "steps": [_open("a"), _call("a", op="sync", path=None)],
        "ours": _fails("a", -5),
    },
    {
        "name": "null prefix in getEphemerals",
        "reason": "No client sends it; a path is a value everywhere, and / lists all.",
        "steps": [_open("a"), _call("a", op="getEphemerals", path=None)],
        "ours": _fails("a", -5),
    },
    {
        "name": "blank prefix in getEphemerals",
        "reason": "Apache trims the prefix to see whether it is empty, and only then; ours takes "
        "every prefix as it is.",
        "steps": [
            _open("a"),
            _call("a", op="create", path="/blank", flags=1),
            _call("a", op="getEphemerals", path=" "),
        ],
        "ours": lambda frames: [r["body"] for r in _replies(frames, "a")] == [{"paths": []}],
    },
    {
        "name": "null list in setWatches",
        "reason": "Jute has null vectors and ours takes them as empty everywhere; Apache fails "
        "with a NullPointerException.",
        "steps": [_open("a"), _call("a", op="setWatches", zxid=0, data=None)],
        "ours": _fails("a", 0),
    },
    {
        "name": "null path in a list of setWatches",
        "reason": "Apache has armed and fired the paths before it when it fails; ours does nothing.",
        "steps": [_open("a"), _call("a", op="setWatches", zxid=0, exist=["/zookeeper", None])],
        "ours": lambda frames: [f["kind"] for f in frames["a"]] == ["reply"] and _fails("a", -5)(frames),
    },
]
