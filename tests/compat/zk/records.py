"""Requests and replies of the client protocol as plain dicts.

A request is a dict with "op" (a name of OPCODES or "raw") and that operation's fields:

    {"op": "create", "path": "/a", "data": b"x", "acl": OPEN, "flags": 0}
    {"op": "multi", "ops": [{"op": "delete", "path": "/a", "version": -1}, ...]}
    {"op": "raw", "type": 99, "body": b"..."}           any opcode, any bytes

A reply's body is a dict of its fields; Stat is a dict of STAT_FIELDS.
"""

from zk.jute import Reader, Writer

OPEN = [(31, "world", "anyone")]
READ, WRITE, CREATE, DELETE, ADMIN, ALL = 1, 2, 4, 8, 16, 31

OPCODES = {
    "notification": 0,
    "create": 1,
    "delete": 2,
    "exists": 3,
    "getData": 4,
    "setData": 5,
    "getACL": 6,
    "setACL": 7,
    "getChildren": 8,
    "sync": 9,
    "ping": 11,
    "getChildren2": 12,
    "check": 13,
    "multi": 14,
    "create2": 15,
    "reconfig": 16,
    "checkWatches": 17,
    "removeWatches": 18,
    "createContainer": 19,
    "deleteContainer": 20,
    "createTTL": 21,
    "multiRead": 22,
    "auth": 100,
    "setWatches": 101,
    "sasl": 102,
    "getEphemerals": 103,
    "getAllChildrenNumber": 104,
    "setWatches2": 105,
    "addWatch": 106,
    "whoAmI": 107,
    "createSession": -10,
    "closeSession": -11,
}
NAMES = {code: name for name, code in OPCODES.items()}
FIXED_XIDS = {"ping": -2, "auth": -4, "setWatches": -8, "setWatches2": -8}
WRITES = frozenset(
    "create delete setData setACL multi create2 reconfig createContainer deleteContainer createTTL "
    "createSession closeSession check".split()
)

ERRORS = {
    0: "Ok",
    -1: "SystemError",
    -2: "RuntimeInconsistency",
    -4: "ConnectionLoss",
    -5: "MarshallingError",
    -6: "Unimplemented",
    -8: "BadArguments",
    -13: "NewConfigNoQuorum",
    -14: "ReconfigInProgress",
    -101: "NoNode",
    -102: "NoAuth",
    -103: "BadVersion",
    -108: "NoChildrenForEphemerals",
    -110: "NodeExists",
    -111: "NotEmpty",
    -112: "SessionExpired",
    -114: "InvalidACL",
    -115: "AuthFailed",
    -118: "SessionMoved",
    -120: "EphemeralOnLocalSession",
    -121: "NoWatcher",
    -123: "ReconfigDisabled",
    -125: "QuotaExceeded",
}

STAT_FIELDS = (
    "czxid mzxid ctime mtime version cversion aversion ephemeralOwner dataLength numChildren pzxid"
).split()
_STAT_TYPES = "long long long long int int int long int int long".split()


def read_stat(reader):
    return {name: getattr(reader, kind)() for name, kind in zip(STAT_FIELDS, _STAT_TYPES)}


def _path_version(writer, op):
    writer.string(op["path"]).int(op.get("version", -1))


def _path_watch(writer, op):
    writer.string(op["path"]).bool(op.get("watch", False))


def _path(writer, op):
    writer.string(op["path"])


def _create(writer, op):
    writer.string(op["path"]).buffer(op.get("data", b"")).acl(op.get("acl", OPEN))
    writer.int(op.get("flags", 0))


def _create_ttl(writer, op):
    _create(writer, op)
    writer.long(op["ttl"])


def _set_data(writer, op):
    writer.string(op["path"]).buffer(op.get("data", b"")).int(op.get("version", -1))


def _set_acl(writer, op):
    writer.string(op["path"]).acl(op["acl"]).int(op.get("version", -1))


def _multi(writer, op):
    for part in op["ops"]:
        code = part["type"] if part["op"] == "raw" else OPCODES[part["op"]]
        writer.int(code).bool(False).int(-1)
        encode_body(writer, part)
    writer.int(-1).bool(True).int(-1)


def _reconfig(writer, op):
    writer.string(op.get("joining")).string(op.get("leaving")).string(op.get("members"))
    writer.long(op.get("config", -1))


def _auth(writer, op):
    writer.int(0).string(op["scheme"]).buffer(op["auth"])


def _set_watches(writer, op):
    writer.long(op["zxid"])
    for kind in ("data", "exist", "child"):
        writer.strings(op.get(kind, []))


def _set_watches2(writer, op):
    _set_watches(writer, op)
    writer.strings(op.get("persistent", [])).strings(op.get("recursive", []))


def _path_type(writer, op):
    writer.string(op["path"]).int(op["type"])


_ENCODERS = {
    "create": _create,
    "create2": _create,
    "createContainer": _create,
    "createTTL": _create_ttl,
    "delete": _path_version,
    "check": _path_version,
    "exists": _path_watch,
    "getData": _path_watch,
    "getChildren": _path_watch,
    "getChildren2": _path_watch,
    "setData": _set_data,
    "getACL": _path,
    "setACL": _set_acl,
    "sync": _path,
    "getEphemerals": _path,
    "getAllChildrenNumber": _path,
    "deleteContainer": _path,
    "multi": _multi,
    "multiRead": _multi,
    "reconfig": _reconfig,
    "auth": _auth,
    "setWatches": _set_watches,
    "setWatches2": _set_watches2,
    "checkWatches": _path_type,
    "removeWatches": _path_type,
    "addWatch": _path_type,
    "sasl": lambda writer, op: writer.buffer(op["token"]),
    "createSession": lambda writer, op: writer.int(op["timeout"]),
    "raw": lambda writer, op: writer.raw(op["body"]),
}


def encode_body(writer, op):
    """Appends the body of `op`; operations without one append nothing."""
    _ENCODERS.get(op["op"], lambda _w, _o: None)(writer, op)
    return writer


def opcode_of(op):
    return op["type"] if op["op"] == "raw" else OPCODES[op["op"]]


def encode_request(op, xid):
    return encode_body(Writer().int(xid).int(opcode_of(op)), op).bytes()


def encode_connect(zxid, timeout, session, password, read_only=False):
    """`read_only` None leaves the last byte out, as clients older than 3.4 do."""
    writer = Writer().int(0).long(zxid).int(timeout).long(session).buffer(password)
    if read_only is not None:
        writer.bool(read_only)
    return writer.bytes()


def decode_connect(frame):
    reader = Reader(frame)
    reader.int()
    reply = {"timeout": reader.int(), "session": reader.long(), "password": reader.buffer()}
    reply["read_only"] = reader.bool() if reader.left else None
    reply["extra_bytes"] = reader.left
    return reply


def _data_stat(reader):
    return {"data": reader.buffer(), "stat": read_stat(reader)}


def _stat(reader):
    return {"stat": read_stat(reader)}


def _children(reader):
    return {"children": sorted(reader.strings() or [])}


def _children_stat(reader):
    return {"children": sorted(reader.strings() or []), "stat": read_stat(reader)}


def _created(reader):
    return {"path": reader.string()}


def _created_stat(reader):
    return {"path": reader.string(), "stat": read_stat(reader)}


def _acl_stat(reader):
    return {"acl": reader.acl(), "stat": read_stat(reader)}


_RESULTS = {1: _created, 15: _created_stat, 4: _data_stat, 5: _stat, 8: _children}


def _multi_results(reader):
    results = []
    while True:
        code, done, err = reader.int(), reader.bool(), reader.int()
        if done:
            return {"results": results, "end": [code, err]}
        result = {"type": code, "header_err": err}
        if code == -1:
            result["err"] = reader.int()
        elif code in _RESULTS:
            result.update(_RESULTS[code](reader))
        results.append(result)


_DECODERS = {
    "create": _created,
    "create2": _created_stat,
    "createContainer": _created_stat,
    "createTTL": _created_stat,
    "exists": _stat,
    "getData": _data_stat,
    "setData": _stat,
    "setACL": _stat,
    "getACL": _acl_stat,
    "getChildren": _children,
    "getChildren2": _children_stat,
    "sync": _created,
    "multi": _multi_results,
    "multiRead": _multi_results,
    "reconfig": _data_stat,
    "sasl": lambda reader: {"token": reader.buffer()},
    "getEphemerals": lambda reader: {"paths": sorted(reader.strings() or [])},
    "getAllChildrenNumber": lambda reader: {"count": reader.int()},
    "addWatch": lambda reader: {"err": reader.int()},
    "whoAmI": lambda reader: {"ids": reader.vector(lambda r: (r.string(), r.string()))},
}


def decode_header(frame):
    reader = Reader(frame)
    return {"xid": reader.int(), "zxid": reader.long(), "err": reader.int()}, reader


def decode_event(reader):
    return {"type": reader.int(), "state": reader.int(), "path": reader.string()}


def decode_body(code, reader):
    """The body of a reply to opcode `code`; bytes that nothing explains are kept in "rest"."""
    body = {}
    decoder = _DECODERS.get(NAMES.get(code, ""))
    if reader.left and decoder is not None:
        body = decoder(reader)
    if reader.left:
        body["rest"] = reader.raw(reader.left).hex()
    return body
