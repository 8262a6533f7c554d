"""One raw client connection: handshake, requests, and every frame decoded to a dict.

Frames come back as
    {"kind": "reply", "op": 4, "xid": 7, "zxid": 12, "err": 0, "body": {...}}
    {"kind": "event", "zxid": 12, "type": 3, "state": 3, "path": "/a"}
    {"kind": "closed"}                                    the server closed, or reset, the connection
    {"kind": "silent"}                                    nothing came in time
    {"kind": "garbage", "bytes": "..."}                   a reply that nobody waits for
"""

import collections
import socket
import struct

from zk import records
from zk.jute import JuteError

ZERO_PASSWORD = b"\x00" * 16
_CLOSED = {"kind": "closed"}


class Connection:
    """Owns a socket. `timeout` bounds every single receive, in seconds."""

    def __init__(self, address, timeout=20.0):
        self.socket = socket.create_connection(address, timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.closed = False
        self.xid = 0
        self.session = 0
        self.password = ZERO_PASSWORD
        self.pending = collections.deque()
        self.special = collections.deque()
        self._received = bytearray()

    # Handshake.

    def connect(self, timeout=30000, session=0, password=ZERO_PASSWORD, zxid=0, read_only=False):
        """Returns the decoded ConnectResponse, or None when the server closed instead."""
        self.send_frame(records.encode_connect(zxid, timeout, session, password, read_only))
        return self.read_connect()

    def read_connect(self):
        frame = self.read_frame()
        if frame is None:
            return None
        reply = records.decode_connect(frame)
        self.session, self.password = reply["session"], reply["password"]
        return reply

    # Requests.

    def send(self, op, xid=None):
        """Sends without waiting; returns the xid. A fixed xid is used where the protocol has one."""
        self.send_frame(self.encode(op, xid))

    def encode(self, op, xid=None):
        """The payload of a request, which is then expected to be answered."""
        if xid is None:
            xid = op.get("xid", records.FIXED_XIDS.get(op["op"]))
        if xid is None:
            self.xid += 1
            xid = self.xid
        code = records.opcode_of(op)
        # Pings, auth and setWatches are answered under fixed xids, outside the queue.
        queue = self.pending if xid > 0 and code != 11 else self.special
        queue.append((-2 if code == 11 else xid, code))
        return records.encode_request(op, xid)

    def call(self, op, xid=None):
        """Sends `op`; returns the events that came first, and its reply or "closed"."""
        self.send(op, xid)
        return self.drain()

    def drain(self):
        """Reads until every request is answered or the connection closes; returns the frames."""
        frames = []
        while self.pending or self.special:
            frames.append(self.read())
            if frames[-1]["kind"] in ("closed", "silent", "garbage"):
                self.pending.clear()
                self.special.clear()
        return frames

    def ask(self, op):
        """Sends `op`, drops events, returns the reply."""
        return self.call(op)[-1]

    def must(self, op):
        """As ask, and fails unless the error is 0; returns the body."""
        reply = self.ask(op)
        if reply["kind"] != "reply" or reply["err"] != 0:
            raise AssertionError(f"{op} answered {reply}")
        return reply["body"]

    # Frames.

    def read(self):
        """The next frame as a dict."""
        try:
            frame = self.read_frame()
        except TimeoutError:
            return {"kind": "silent"}
        if frame is None:
            return dict(_CLOSED)
        header, reader = records.decode_header(frame)
        if header["xid"] == -1:
            return {"kind": "event", "zxid": header["zxid"], **records.decode_event(reader)}
        code = self._match(header["xid"])
        if code is None:
            return {"kind": "garbage", "bytes": frame.hex()}
        try:
            body = records.decode_body(code, reader) if header["err"] == 0 else {}
            if header["err"] != 0 and reader.left:
                body = {"rest": reader.raw(reader.left).hex()}
        except JuteError as error:
            body = {"undecodable": frame.hex(), "why": str(error)}
        return {"kind": "reply", "op": code, **header, "body": body}

    def _match(self, xid):
        queue = self.pending if xid > 0 else self.special
        for entry in list(queue):
            if entry[0] == xid:
                queue.remove(entry)
                return entry[1]
        return None

    def send_frame(self, payload):
        self.send_bytes(struct.pack(">i", len(payload)) + payload)

    def send_bytes(self, data):
        try:
            self.socket.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            pass  # The next read says so.

    def read_frame(self):
        """The payload of one frame, None at the end of the stream."""
        size = self._take(4)
        if size is None:
            return None
        return self._take(struct.unpack(">i", size)[0])

    def _take(self, count):
        while len(self._received) < count:
            try:
                piece = self.socket.recv(1 << 16)
            except ConnectionResetError:
                piece = b""
            if not piece:
                self.closed = True
                return None
            self._received += piece
        piece = bytes(self._received[:count])
        del self._received[:count]
        return piece

    def read_to_end(self):
        """Every byte up to the end of the stream, for four-letter words."""
        while True:
            try:
                piece = self.socket.recv(1 << 16)
            except ConnectionResetError:
                piece = b""
            if not piece:
                break
            self._received += piece
        return bytes(self._received)

    def drop(self):
        """Closes the TCP connection and leaves the session to the server."""
        self.closed = True
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()


def open_session(address, timeout=30000, **arguments):
    """A connection with a new session."""
    connection = Connection(address)
    reply = connection.connect(timeout, **arguments)
    if reply is None or reply["timeout"] <= 0:
        raise AssertionError(f"no session: {reply}")
    return connection


def four_letter(address, word, timeout=5.0):
    """The text that the server answers to a four-letter word."""
    with Connection(address, timeout) as connection:
        connection.send_bytes(word.encode())
        return connection.read_to_end().decode()
