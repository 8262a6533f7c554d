"""The raw material of the generator: ACLs, credentials, bad paths, bad bodies, handshakes."""

import struct

from zk.jute import Writer
from zk.records import OPCODES, OPEN, encode_connect, encode_request

PASSWORD = bytes(16)
USER = "u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ="  # u:p

ACLS = [
    OPEN,
    [(1, "world", "anyone")],
    [(31, "auth", "")],
    [(31, "auth", "ignored"), (1, "world", "anyone")],
    [(31, "digest", USER)],
    [(31, "digest", USER), (1, "world", "anyone")],
    [(15, "world", "anyone")],
    [(30, "world", "anyone")],
    [(29, "world", "anyone"), (2, "digest", USER)],
    [(16, "world", "anyone"), (1, "ip", "127.0.0.1")],
    [(31, "ip", "127.0.0.0/8")],
    [(31, "ip", "10.1.2.3")],
    [(31, "ip", "127.0.0.1/33")],
    [(31, "digest", "nocolon")],
    [(31, "world", "everyone")],
    [(31, "nosuch", "x")],
    [(31, None, "x")],
    [(31, "world", "anyone"), (31, "world", "anyone")],
    [(0, "world", "anyone")],
    [(64, "world", "anyone")],
    [],
    None,
]

CREDENTIALS = [
    ("digest", b"u:p"),
    ("digest", b"u:p"),
    ("digest", b"v:q"),
    ("digest", b"super:test"),
    ("digest", b"nocolon"),
    ("digest", b":"),
    ("ip", b"whatever"),
    ("nosuch", b""),
    ("world", b"anyone"),
]

BAD_PATHS = [
    "", "relative", "//", "/a//b", "/./a", "/a/..", "/a/../b", "/trailing/", "/nul\0", "/ctl\x01",
    "/del\x7f", "/c1\x85", "/private\ue000", "/special\ufff0", "/\ufffe", "/zookeeper", "/",
    "/zookeeper/config", "/zookeeper/quota", b"/\xff\xfe", b"/\xed\xa0\x80", b"/\xc3", "/é/ü", "/日本", None,
]  # fmt: skip

# Where a null path is refused alike; elsewhere it is an intended difference.
NULL_PATH_ALIKE = "exists getData getChildren getChildren2 getACL setData setACL".split()

LIMITS = [
    b"count=5,bytes=-1",
    b"count=-1,bytes=50",
    b"count=3,bytes=200=;byteHardLimit=200;countHardLimit=3",
    b"count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=6",
    b"count=2,bytes=20=;byteHardLimit=30;countHardLimit=-1",
]
STATS = b"count=0,bytes=0"

HANDSHAKES = [
    struct.pack(">i", -3),
    struct.pack(">i", 2000000),
    struct.pack(">i", 0),
    struct.pack(">i", 12) + b"x" * 12,
]


def _framed(payload):
    return struct.pack(">i", len(payload)) + payload


HANDSHAKES += [
    _framed(encode_connect(0, -5, 0, PASSWORD)),
    _framed(encode_connect(0, 30000, 0, None)),
    _framed(encode_connect(0, 30000, 0, b"")),
    _framed(encode_connect(0, 30000, 0, b"x" * 60)),
    _framed(encode_connect(0, 30000, 0, PASSWORD, None)),
    _framed(encode_connect(0, 30000, 0, PASSWORD) + b"more"),
    _framed(encode_connect(-9, 30000, 0, PASSWORD, True)),
    _framed(encode_connect(1 << 60, 30000, 0, PASSWORD)),
    _framed(encode_connect(0, 30000, 0x123456, PASSWORD)),
    _framed(encode_connect(0, 30000, -5, PASSWORD)),
]

# Opcodes that no client may send and that both sides refuse in the same way: -6 and close.
REFUSED = [0, 10, 13, 23, 99, 108, -1, 200, -12, 1 << 30]


def bad_request(random, read, create):
    """A request that does not decode, or that nobody implements: {"op", "closes"}."""
    kind = random.randrange(6)
    if kind == 5:
        return {"op": {"op": "multi", "ops": [{"op": "check", "path": "/"}, read]}, "closes": False}
    if kind == 0:
        return {"op": {"op": "raw", "type": random.choice(REFUSED), "body": b""}, "closes": True}
    base = random.choice([read, create])
    body = encode_request(base, 1)[8:]
    code = OPCODES[base["op"]]
    if kind == 1:
        cut = random.randrange(len(body))
        return {"op": {"op": "raw", "type": code, "body": body[:cut]}, "closes": False}
    if kind == 2:
        return {"op": {"op": "raw", "type": code, "body": body + b"trailing"}, "closes": False}
    if kind == 3:
        size = random.choice([-2, -100, 1 << 30, 3000000])
        body = Writer().int(size).raw(body[4:]).bytes()
        return {"op": {"op": "raw", "type": code, "body": body}, "closes": False}
    code = random.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15, 16, 17, 18, 19, 21, 22, 101, 103])
    return {"op": {"op": "raw", "type": code, "body": b""}, "closes": False}
