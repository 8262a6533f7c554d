"""Makes the frames of two servers comparable: session ids, zxids, times and unordered lists.

What may differ by nature is replaced by what must not:
    session ids   the name of the connection that opened it, and the high byte
    passwords     whether it is the one that the id demands
    zxids         themselves, less what earlier differences have moved one of the sides
    times         whether each is the time of its transaction, and whether it is 0
    sets          sorted: whoAmI, ACL entries that `auth` expanded, events of a closed session
"""

import hashlib
import time


def derived_password(session):
    """The 16 bytes that every ZooKeeper server derives from a session id."""
    scramble = ((session ^ 0xB3415C00) ^ 0x5DEECE66D) & ((1 << 48) - 1)
    result = b""
    for _ in range(4):
        scramble = (scramble * 0x5DEECE66D + 0xB) & ((1 << 48) - 1)
        result += ((scramble >> 16) & 0xFFFFFFFF).to_bytes(4, "little")
    return result


class Normaliser:
    """Keeps what one side has shown so far."""

    def __init__(self):
        self.shifts = [(0, 0)]  # (first zxid, what to take off), ascending.
        self.last_zxid = 0
        self.names = {}
        self.times = {}

    def name_session(self, session, name):
        self.names[session] = name

    def frames(self, frames, step):
        result = [self._frame(dict(frame)) for frame in frames]
        if step.get("unordered_events"):
            result = _sort_events(result)
        if step["do"] == "burst":
            # Pings and auth are answered out of turn.
            special = [{**f, "zxid": None} for f in result if f.get("xid") in (-2, -4)]
            return [f for f in result if f.get("xid") not in (-2, -4)] + special
        return result

    def _frame(self, frame):
        if "zxid" in frame:
            frame["zxid"] = self._zxid(frame["zxid"])
        if frame["kind"] == "connect":
            self._connect(frame)
        if "body" in frame:
            frame["body"] = self._body(frame["body"])
        return frame

    def _connect(self, frame):
        session = frame["session"]
        expected = derived_password(session) if session else bytes(16)
        frame["password"] = "right" if frame["password"] == expected else frame["password"]
        frame["session"] = (session >> 56, self.names.get(session) if session else 0)

    def _zxid(self, zxid):
        if zxid <= 0:
            return zxid
        self.last_zxid = max(self.last_zxid, zxid)
        return zxid - next(off for start, off in reversed(self.shifts) if start <= zxid)

    def level_with(self, other):
        """From here on this side's zxids count on from the other's, which is now elsewhere."""
        behind = self.last_zxid - other.last_zxid + other.shifts[-1][1]
        if behind != self.shifts[-1][1]:
            self.shifts.append((self.last_zxid, behind))

    def _body(self, body):
        body = dict(body)
        if "stat" in body:
            body["stat"] = self._stat(body["stat"])
        if "results" in body:
            body["results"] = [self._body(result) for result in body["results"]]
        if "ids" in body and body["ids"]:
            body["ids"] = sorted(body["ids"])
        if "acl" in body and body["acl"]:
            digests = [entry for entry in body["acl"] if entry[1] == "digest"]
            if len(digests) > 1:
                body["acl"] = sorted(body["acl"])
        if body.get("data") and len(body["data"]) > 200:
            body["data"] = (len(body["data"]), hashlib.sha256(body["data"]).hexdigest()[:16])
        return body

    def _stat(self, stat):
        stat = dict(stat)
        for name, zxid in (("ctime", "czxid"), ("mtime", "mzxid")):
            stat[name] = self._time(stat[name], stat[zxid])
        for name in ("czxid", "mzxid", "pzxid"):
            stat[name] = self._zxid(stat[name])
        owner = stat["ephemeralOwner"]
        stat["ephemeralOwner"] = self.names.get(owner, owner)
        return stat

    def _time(self, value, zxid):
        """A time is that of its transaction: the first one seen for a zxid binds."""
        if value == 0:
            return "zero"
        known = self.times.setdefault(zxid, value)
        near = abs(value / 1000 - time.time()) < 600
        return "right" if known == value and near else f"wrong by {value - known}"


def _sort_events(frames):
    """Orders each run of events of one zxid by path and type: they come from a set."""
    result, run = [], []
    for frame in frames + [None]:
        if frame is not None and frame["kind"] == "event":
            if run and run[0]["zxid"] != frame["zxid"]:
                result += sorted(run, key=lambda f: (f["path"], f["type"]))
                run = []
            run.append(frame)
            continue
        result += sorted(run, key=lambda f: (f["path"], f["type"]))
        run = []
        if frame is not None:
            result.append(frame)
    return result
