"""Transaction logs and snapshots as files: readers and writers of every format variant.

Written by hand, so that directories can be made that no running server would leave: old formats,
torn tails, counters near their limits. Layouts: server/storage/FORMAT.md.
"""

import gzip
import os
import struct
import zlib

from zk.jute import Reader, Writer

LOG_MAGIC, SNAPSHOT_MAGIC = 0x5A4B4C47, 0x5A4B534E
OPEN_ACL = -1
TYPES = {"createSession": -10, "closeSession": -11, "create": 1, "delete": 2, "setData": 5, "setACL": 7}


def node(data=b"", acl=OPEN_ACL, **stat):
    """A persisted znode; unnamed Stat fields are 0."""
    fields = {name: 0 for name in ("czxid mzxid ctime mtime version cversion aversion "
                                   "ephemeralOwner pzxid").split()}  # fmt: skip
    return {"data": data, "acl": acl, **fields, **stat}


def base_tree():
    """What every database starts with."""
    return {
        "": node(cversion=0),
        "/zookeeper": node(),
        "/zookeeper/config": node(acl=1, aversion=-1),
        "/zookeeper/quota": node(),
    }


def node_digest(path, value):
    """Version 2 of the digest: CRC-32 over path, data and the Stat in digest order."""
    stat = struct.pack(
        ">qqqqqiiiq", value["czxid"], value["mzxid"], value["pzxid"], value["ctime"],
        value["mtime"], value["version"], value["cversion"], value["aversion"],
        value["ephemeralOwner"])  # fmt: skip
    return zlib.crc32(path.encode() + (value["data"] or b"") + stat)


def tree_digest(nodes):
    kept = (p for p in nodes if not p.startswith("/zookeeper/"))
    return sum(node_digest(p, nodes[p]) for p in kept) & ((1 << 64) - 1)


def signed(value):
    return value - (1 << 64) if value >> 63 else value


def _seal(body):
    return Writer().raw(body).long(zlib.adler32(body)).string("/").bytes()


def snapshot_bytes(nodes, sessions=None, acls=None, zxid=0, digest=True, trailing_zxid=True):
    """The bytes of a snapshot; without `digest` as before 3.6, without `trailing_zxid` as before 3.9."""
    writer = Writer().int(SNAPSHOT_MAGIC).int(2).long(-1)
    sessions = sessions or {}
    writer.int(len(sessions))
    for session, timeout in sessions.items():
        writer.long(session).int(timeout)
    acls = {1: [(1, "world", "anyone")], **(acls or {})}
    writer.int(len(acls))
    for index, acl in acls.items():
        writer.long(index).acl(acl)
    for path, value in sorted(nodes.items(), key=lambda item: item[0].split("/")):
        writer.string(path).buffer(value["data"]).long(value["acl"])
        for name in ("czxid", "mzxid", "ctime", "mtime"):
            writer.long(value[name])
        for name in ("version", "cversion", "aversion"):
            writer.int(value[name])
        writer.long(value["ephemeralOwner"]).long(value["pzxid"])
    body = _seal(writer.string("/").bytes())
    if digest:
        sum_of_nodes = signed(tree_digest(nodes))
        body = _seal(Writer().raw(body).long(zxid).int(2).long(sum_of_nodes).bytes())
    if trailing_zxid:
        body = _seal(Writer().raw(body).long(zxid).bytes())
    return body


def write_snapshot(directory, zxid, nodes, compression="", **more):
    """Writes snapshot.<zxid>[.gz|.snappy] into a version-2 directory."""
    os.makedirs(directory, exist_ok=True)
    body = snapshot_bytes(nodes, zxid=zxid, **more)
    name = f"snapshot.{zxid:x}"
    if compression == "gz":
        name, body = name + ".gz", gzip.compress(body)
    elif compression == "snappy":
        name, body = name + ".snappy", snappy_stream(body)
    with open(os.path.join(directory, name), "wb") as file:
        file.write(body)


def snappy_stream(data):
    """The framing of snappy-java's output stream, its blocks holding one literal each."""
    out = b"\x82SNAPPY\x00" + struct.pack(">ii", 1, 1)
    for start in range(0, len(data), 32768):
        piece = data[start : start + 32768]
        size, length = b"", len(piece)
        while length >= 0x80:
            size += bytes([length & 0x7F | 0x80])
            length >>= 7
        literal = size + bytes([length, 61 << 2]) + struct.pack("<H", len(piece) - 1) + piece
        out += struct.pack(">i", len(literal)) + literal
    return out


def txn(session, cxid, zxid, time, kind, digest=None, v0=False, **fields):
    """The bytes of one transaction; `v0` leaves the parent's cversion out of a create."""
    writer = Writer().long(session).int(cxid).long(zxid).long(time).int(TYPES[kind])
    if kind == "createSession":
        writer.int(fields["timeout"])
    elif kind == "closeSession" and fields.get("paths") is not None:
        writer.strings(fields["paths"])
    elif kind == "create":
        writer.string(fields["path"]).buffer(fields["data"]).acl([(31, "world", "anyone")])
        writer.bool(fields.get("ephemeral", False))
        if not v0:
            writer.int(fields["parent_cversion"])
    elif kind == "delete":
        writer.string(fields["path"])
    elif kind == "setData":
        writer.string(fields["path"]).buffer(fields["data"]).int(fields["version"])
    if digest is not None:
        writer.int(2).long(signed(digest))
    return writer.bytes()


def write_log(directory, first_zxid, transactions, padding=4096):
    """Writes log.<first zxid>: header, entries, zeros."""
    os.makedirs(directory, exist_ok=True)
    writer = Writer().int(LOG_MAGIC).int(2).long(0)
    for entry in transactions:
        writer.long(zlib.adler32(entry)).buffer(entry).raw(b"B")
    with open(os.path.join(directory, f"log.{first_zxid:x}"), "wb") as file:
        file.write(writer.bytes() + bytes(padding))


def read_log(path):
    """[(zxid, type, session, bytes)] up to the end of the log; checks every checksum."""
    with open(path, "rb") as file:
        reader = Reader(file.read())
    if (reader.int(), reader.int()) != (LOG_MAGIC, 2):
        raise ValueError(f"{path} is no log")
    reader.long()
    entries = []
    while reader.left >= 12:
        checksum = reader.long()
        entry = reader.buffer()
        if not entry:
            break
        if zlib.adler32(entry) != checksum or reader.raw(1) != b"B":
            raise ValueError(f"{path}: bad entry behind zxid {entries[-1:] and entries[-1][0]}")
        header = Reader(entry)
        session, _, zxid, _, kind = (header.long(), header.int(), header.long(), header.long(),
                                     header.int())  # fmt: skip
        entries.append((zxid, kind, session, entry))
    return entries


def logs(directory):
    """The log files of a version-2 directory, oldest first."""
    names = [n for n in os.listdir(directory) if n.startswith("log.")]
    return [os.path.join(directory, n) for n in sorted(names, key=lambda n: int(n[4:], 16))]


def snapshots(directory):
    """The names of the snapshots, oldest first."""
    names = [n for n in os.listdir(directory) if n.startswith("snapshot.")]
    return sorted(names, key=lambda n: int(n.split(".")[1], 16))
