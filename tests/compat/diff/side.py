"""One of the two servers under comparison: carries out steps and hands back normalised frames.

A step is a dict with "do":
    open      conn, timeout, zxid, read_only, password      a new session on a new connection
    call      conn, op                                      one request, then its reply
    burst     conn, ops                                     requests written at once, pipelined
    drop      conn                                          TCP close, the session stays
    reattach  conn, of, password ("right"/"wrong"), zxid    session of `of` on a new connection
    expire    conn, watcher                                 waits until the server ends the session
    bytes     conn, data                                    raw bytes, then reads to the end
    handshake data                                          a raw first frame on a fresh connection

A zxid in a step is relative: ("last", n) is the last zxid seen on this side plus n.
After each step every other open connection makes one read, so that all events have arrived.
"""

from diff.normalise import Normaliser
from zk.connection import Connection, ZERO_PASSWORD

BARRIER = {"op": "exists", "path": "/zookeeper/config"}
OPEN_TIMEOUT = 600000
SILENCE_SECONDS = 8
MAY_FAIL_OPEN = {1, 15, 16, 19, 21}  # -6 for these does not close the connection.


class Side:
    """Owns the connections to one server."""

    def __init__(self, server, tamper=None):
        self.server = server
        self.connections = {}
        self.sessions = {}
        self.normaliser = Normaliser()
        self.tamper = tamper or (lambda _step, frames: frames)

    def start(self, step):
        """Sends what can be sent without waiting, so that both servers work at once."""
        if step["do"] not in ("call", "burst"):
            return
        connection = self.connections[step["conn"]]
        ops = [step["op"]] if step["do"] == "call" else step["ops"]
        frames = [connection.encode(self._concrete(op)) for op in ops]
        data = b"".join(len(frame).to_bytes(4, "big") + frame for frame in frames)
        connection.send_bytes(data)

    def finish(self, step):
        """Returns {connection name: [frame, ...]} of this step, normalised."""
        handler = getattr(self, "_" + step["do"])
        raw = handler(step)
        self._start_barriers(step)
        for name in self._others(step):
            raw[name] = self.connections[name].drain()[:-1]
        raw = self.tamper(step, raw)
        return {name: self.normaliser.frames(frames, step) for name, frames in raw.items()}

    def _others(self, step):
        own = step.get("conn")
        return [n for n, c in sorted(self.connections.items()) if n != own and not c.closed]

    def _start_barriers(self, step):
        for name in self._others(step):
            self.connections[name].send(BARRIER)

    # Steps.

    def _call(self, step):
        connection = self.connections[step["conn"]]
        frames = connection.drain()
        if self._closes(step, frames):
            frames += self._read_close(connection)
        return {step["conn"]: frames}

    _burst = _call

    def _closes(self, step, frames):
        ops = [step["op"]] if step["do"] == "call" else step["ops"]
        if any(op["op"] == "closeSession" for op in ops):
            return True
        replies = [f for f in frames if f["kind"] == "reply"]
        refused = any(f["err"] == -6 and f["op"] not in MAY_FAIL_OPEN for f in replies)
        return refused or any(f["err"] == -115 for f in replies) or step.get("closes", False)

    @staticmethod
    def _read_close(connection):
        return [] if connection.closed else [connection.read()]

    def _open(self, step):
        connection = Connection(self.server.address, SILENCE_SECONDS)
        reply = connection.connect(
            step.get("timeout", OPEN_TIMEOUT),
            zxid=self._zxid(step.get("zxid", 0)),
            password=step.get("password", ZERO_PASSWORD),
            read_only=step.get("read_only", False),
        )
        return self._shaken(step, connection, reply)

    def _shaken(self, step, connection, reply):
        name = step["conn"]
        if reply is None:
            connection.drop()
            return {name: [{"kind": "closed"}]}
        frames = [{"kind": "connect", **reply}]
        if reply["timeout"] <= 0:
            frames.append(connection.read())
            connection.drop()
            return {name: frames}
        self.connections[name] = connection
        self.sessions[name] = (reply["session"], reply["password"])
        self.normaliser.name_session(reply["session"], step.get("of", name))
        return {name: frames}

    def _reattach(self, step):
        session, password = self.sessions[step["of"]]
        if step.get("password") == "wrong":
            password = bytes(16 * [7])
        connection = Connection(self.server.address, SILENCE_SECONDS)
        reply = connection.connect(
            step.get("timeout", OPEN_TIMEOUT), session, password, self._zxid(step.get("zxid", 0))
        )
        old = self.connections.get(step["of"])
        frames = {}
        if old is not None and not old.closed and reply is not None and step["of"] != step["conn"]:
            if reply["timeout"] > 0 or step.get("kicks"):
                frames[step["of"]] = self._read_close(old)
        elif old is not None and step["of"] == step["conn"]:
            old.drop()
        return {**frames, **self._shaken(step, connection, reply)}

    def _drop(self, step):
        self.connections[step["conn"]].drop()
        return {}

    def _expire(self, step):
        """The session of `conn` is left alone until its ephemeral's watcher hears of its end."""
        watcher = self.connections[step["watcher"]]
        event = watcher.read()
        frames = {step["watcher"]: [event]}
        expiring = self.connections[step["conn"]]
        if not expiring.closed:
            frames[step["conn"]] = self._read_close(expiring)
        return frames

    def _bytes(self, step):
        connection = self.connections[step["conn"]]
        connection.send_bytes(step["data"])
        return {step["conn"]: self._read_close(connection)}

    def _handshake(self, step):
        with Connection(self.server.address) as connection:
            connection.send_bytes(step["data"])
            reply = connection.read_connect()
            frame = {"kind": "closed"} if reply is None else {"kind": "connect", **reply}
            if reply is not None and reply["timeout"] > 0:
                self.normaliser.name_session(reply["session"], "stray")
                connection.ask({"op": "closeSession"})
            return {"handshake": [frame]}

    # Values that differ between the sides.

    def _zxid(self, value):
        if isinstance(value, tuple):
            return max(self.normaliser.last_zxid + value[1], 0)
        return value

    def _concrete(self, op):
        if "zxid" in op:
            return {**op, "zxid": self._zxid(op["zxid"])}
        return op

    def close(self):
        """Ends every session, so that none expires in the middle of later steps."""
        for connection in self.connections.values():
            connection.drop()
        self.connections.clear()
        if self.server.alive():
            for _, (session, password) in sorted(self.sessions.items()):
                self._end_session(session, password)
        self.sessions.clear()

    def _end_session(self, session, password):
        with Connection(self.server.address, SILENCE_SECONDS) as connection:
            if connection.connect(OPEN_TIMEOUT, session, password)["timeout"] > 0:
                connection.ask({"op": "closeSession"})
