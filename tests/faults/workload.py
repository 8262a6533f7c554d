"""Clients that keep a history while the ensemble suffers.

Each client is a thread with one session at a time. It sends batches of one to eight requests, reads
the answers, and on a lost connection goes on with its session at another member, or at the same one
if it is one that stays; watches come along as client libraries do it (setWatches).

    /r/0 ... /r/7      registers: sets, conditional or not; reads with watches
    /n/CLIENT-NUMBER   created once, read and deleted by their creator
    /q/s-NNNNNNNNNN    sequential; never deleted
    /e/CLIENT-NUMBER   ephemeral

A multi sets two registers, conditionally or not. Now and then a client leaves its connection with
requests in flight, and goes on with its session over another one.

Each value is "CLIENT-NUMBER", different for each write.
"""

import collections
import contextlib
import random
import threading
import time

from history import (ABANDONED, CHILD, CLOSED, DATA, EXPIRED, OK, REFUSED, Event, Node, Operation,
                     Session)  # fmt: skip
from member import wait_until
from zk.connection import ZERO_PASSWORD, Connection

REGISTERS = 8
BATCH_MAX = 8
OWN_NODES_MAX = 20  # A client deletes when it has more of them.
CHILDREN_CHANGED = 4
EPHEMERAL, SEQUENTIAL = 1, 2
FAILED = -1  # The type of a multi's result when one of its parts failed; error 0: another one did.
LEAVES = 0.01  # How often a batch is sent and not waited for.
PAUSE = 0.004  # Seconds between two batches of a client: load, but not all that there is.


class Lost(Exception):
    """The connection is gone, or nothing comes over it any more."""


def parts_of(frame, count):
    """A body for each operation of a request: of a multi its results, which carry their errors."""
    if count == 1:
        return [frame["body"]]
    return frame["body"].get("results", [{}] * count)


class Client(threading.Thread):
    """Records into `entries`, which only this thread touches until it has ended."""

    def __init__(self, number, members, seed, timeout, stays):
        super().__init__(name=f"client {number}", daemon=True)
        self.number, self.timeout = number, timeout
        self.random = random.Random(seed)
        self.members = list(members)
        self.random.shuffle(self.members)
        self.members = self.members[:1] if stays else self.members
        self.entries = []
        self.values = 0
        self.link, self.connections = None, 0
        self.session, self.password, self.heard, self.zxid = 0, ZERO_PASSWORD, 0.0, 0
        self.versions, self.own, self.watched = {}, {"/n": [], "/e": []}, set()
        self.stopping = threading.Event()
        self.done = 0  # Acknowledged writes, for whoever waits for progress.
        self.failure = None

    # The loop.

    def run(self):
        try:
            while not self.stopping.is_set():
                self.step(self.batch)
                time.sleep(PAUSE)
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error  # Told by Workload.end().

    def step(self, make):
        """One batch, connecting before if need be; a lost connection is part of the history."""
        try:
            if self.link is None and not self.connect():
                self.members.append(self.members.pop(0))
                self.stopping.wait(0.02)  # As client libraries do, before they try the next one.
                return False
            self.perform(make(), leaves=not self.stopping.is_set() and self.random.random() < LEAVES)
            return True
        except Lost:
            self.disconnect()
            self.members.append(self.members.pop(0))
            return False

    def finish(self, seconds, end):
        """After the thread has ended: reads what it watches once more, and may end its session."""
        wait_until(lambda: self.step(self.last_batch), seconds, f"{self.name} gets no answer")
        if end == CLOSED:
            self.link.must({"op": "closeSession"})
            self.end_session(CLOSED)
        elif end == ABANDONED:
            self.end_session(ABANDONED)
        if end:
            self.disconnect()

    def ping(self):
        """Keeps the session, if there is one."""
        try:
            if self.link is not None:
                self.link.send({"op": "ping"})
                self.receive()
            elif self.session:
                self.connect()
        except Lost:
            self.disconnect()

    # Connections.

    def connect(self):
        member = self.members[0]
        try:
            self.link = Connection(member.endpoint, timeout=1.0)
            self.link.socket.settimeout(self.timeout * 2 / 3)
            reply = self.link.connect(int(self.timeout * 1000), self.session, self.password, self.zxid)
        except OSError:
            reply = None
        if reply is None:
            self.disconnect()
            return False
        self.connections += 1
        if reply["timeout"] <= 0:
            self.end_session(EXPIRED)
            self.disconnect()
            return False
        self.session, self.password = reply["session"], reply["password"]
        self.heard = time.monotonic()
        if self.watched:
            paths = {kind: [path for k, path in sorted(self.watched) if k == kind] for kind in (DATA, CHILD)}
            self.link.send({"op": "setWatches", "zxid": self.zxid, "data": paths[DATA],
                            "child": paths[CHILD]})  # fmt: skip
            self.receive()
        return True

    def disconnect(self):
        if self.link is not None:
            self.link.drop()
            self.link = None

    def end_session(self, end):
        self.entries.append(Session(client=self.number, session=self.session, end=end,
                                    at=time.monotonic(), timeout=self.timeout, heard=self.heard))  # fmt: skip
        self.session, self.password = 0, ZERO_PASSWORD
        self.own["/e"], self.watched = [], set()

    def receive(self):
        """The next reply; events before it are recorded."""
        while True:
            try:
                frame = self.link.read()
            except OSError as error:
                raise Lost from error
            if frame["kind"] not in ("reply", "event"):
                raise Lost
            self.heard = time.monotonic()
            if frame["kind"] == "reply":
                self.zxid = max(self.zxid, frame["zxid"])
                return frame
            kind = CHILD if frame["type"] == CHILDREN_CHANGED else DATA
            self.watched.discard((kind, frame["path"]))
            self.entries.append(Event(client=self.number, session=self.session, kind=kind,
                                      path=frame["path"], at=self.heard))  # fmt: skip

    # Requests.

    def perform(self, pairs, leaves=False):
        """Sends requests, [(operations, wire form)], together, and records their outcomes."""
        waiting = collections.deque()
        try:
            for operations, request in pairs:
                for operation in operations:
                    operation.invoked = time.monotonic()
                waiting.append(operations)
                self.link.send(request)
            if leaves:
                raise Lost
            while waiting:
                frame = self.receive()
                for operation, body in zip(waiting[0], parts_of(frame, len(waiting[0]))):
                    operation.completed, operation.zxid = self.heard, frame["zxid"]
                    self.entries.append(operation)
                    self.settle(operation, frame["err"], body)
                waiting.popleft()
        except (Lost, OSError) as error:
            for operations in waiting:
                self.entries += operations
            raise Lost from error

    def settle(self, operation, error, body):
        """Fills in what the reply says."""
        path = operation.path
        if error != 0 or body.get("type") == FAILED:
            operation.outcome, operation.error = REFUSED, error or body["err"]
            return
        operation.outcome = OK
        stat = body.get("stat", {})
        if operation.kind in ("set", "get"):
            operation.version, operation.changed = stat["version"], stat["mzxid"]
            self.versions[path] = stat["version"]
        if operation.kind == "get":
            operation.value = body["data"].decode()
        if operation.kind == "children":
            operation.names, operation.changed = body["children"], stat["pzxid"]
        if operation.kind == "create":
            operation.name = body["path"]
            parent = path.rpartition("/")[0]
            if parent in self.own:
                self.own[parent].append(body["path"])
        if operation.watch:
            self.watched.add((DATA if operation.kind == "get" else CHILD, path))
        self.done += operation.kind in ("set", "create", "delete")

    def make(self, kind, path, **fields):
        return Operation(client=self.number, session=self.session, connection=self.connections,
                         kind=kind, path=path, invoked=0.0, **fields)  # fmt: skip

    def batch(self):
        return [self.choose() for _ in range(self.random.choice((1, 1, 1, 2, 4, BATCH_MAX)))]

    def last_batch(self):
        reads = [self.get(path, False) if kind == DATA else self.children(path, False)
                 for kind, path in sorted(self.watched)]  # fmt: skip
        return [self.sync(), *reads]

    def choose(self):
        draw = self.random.random()
        register = f"/r/{self.random.randrange(REGISTERS)}"
        if draw < 0.26:
            return self.set(register)
        if draw < 0.30:
            return self.multi(register)
        if draw < 0.55:
            return self.get(register, watch=self.random.random() < 0.5)
        if draw < 0.63:
            return self.sync()
        if draw < 0.67:
            return self.children("/e", watch=self.random.random() < 0.5)
        if draw < 0.75:
            return self.create("/q/s-", SEQUENTIAL)
        parent = "/n" if draw < 0.90 else "/e"
        own = self.own[parent]
        if own and (len(own) > OWN_NODES_MAX or self.random.random() < 0.3):
            return self.delete(own.pop(self.random.randrange(len(own))))
        if own and self.random.random() < 0.3:
            return self.get(self.random.choice(own), watch=False)
        return self.create(f"{parent}/{self.number}-{self.values + 1}", EPHEMERAL if parent == "/e" else 0)

    def value(self):
        self.values += 1
        return f"{self.number}-{self.values}"

    def set(self, path):
        expected = self.versions.get(path, -1) if self.random.random() < 0.5 else -1
        value = self.value()
        return ([self.make("set", path, value=value, expected=expected)],
                {"op": "setData", "path": path, "data": value.encode(), "version": expected})  # fmt: skip

    def multi(self, register):
        other = f"/r/{(int(register[3:]) + self.random.randrange(1, REGISTERS)) % REGISTERS}"
        (one,), first = self.set(register)
        (two,), second = self.set(other)
        one.multi = two.multi = one.value
        return [one, two], {"op": "multi", "ops": [first, second]}

    def create(self, path, flags):
        value = self.value()
        return ([self.make("create", path, value=value, is_sequential=bool(flags & SEQUENTIAL),
                           is_ephemeral=bool(flags & EPHEMERAL))],
                {"op": "create2", "path": path, "data": value.encode(), "flags": flags})  # fmt: skip

    def delete(self, path):
        return [self.make("delete", path)], {"op": "delete", "path": path}

    def get(self, path, watch):
        return ([self.make("get", path, watch=watch)], {"op": "getData", "path": path, "watch": watch})

    def children(self, path, watch):
        return ([self.make("children", path, watch=watch)],
                {"op": "getChildren2", "path": path, "watch": watch})  # fmt: skip

    def sync(self):
        return [self.make("sync", "/")], {"op": "sync", "path": "/"}


def make_nodes(member):
    """What the clients work on."""
    with member.open() as connection:
        for path in ("/r", "/n", "/q", "/e", *(f"/r/{n}" for n in range(REGISTERS))):
            connection.must({"op": "create", "path": path, "data": b"0"})
        connection.ask({"op": "closeSession"})


class Workload:
    """All clients of a round: as many as members that stay with one each, and some that move."""

    def __init__(self, members, seed, timeout=5.0, moving=3):
        self.members = list(members)
        self.timeout = timeout
        randomness = random.Random(f"workload {seed}")
        make_nodes(self.members[0])
        self.clients = []
        for number in range(len(self.members) + moving):
            stays = number < len(self.members)
            places = [self.members[number]] if stays else self.members
            self.clients.append(Client(number, places, randomness.random(), timeout, stays))

    def start(self):
        for client in self.clients:
            client.start()
        return self

    def done(self):
        return sum(client.done for client in self.clients)

    def wait_progress(self, seconds, what, count=20):
        """Returns once `count` more writes have been acknowledged."""
        wanted = self.done() + count
        wait_until(lambda: self.done() >= wanted or self.failed(), seconds, what)

    def failed(self):
        return next((client.failure for client in self.clients if client.failure), None)

    def end(self, seconds):
        """Stops the clients, lets each read once more; every third closes its session, every third
        only leaves it."""
        for client in self.clients:
            client.stopping.set()
        for client in self.clients:
            client.join(seconds)
            assert not client.is_alive(), f"{client.name} hangs"
            if client.failure:
                raise client.failure
        for client in self.clients:
            client.finish(seconds, (None, CLOSED, ABANDONED)[client.number % 3])

    @contextlib.contextmanager
    def kept_alive(self):
        """Pings for the sessions that go on after end(), until the block is left."""
        leaving = threading.Event()

        def ping():
            while not leaving.wait(self.timeout / 8):
                for client in self.clients:
                    client.ping()

        pinging = threading.Thread(target=ping, daemon=True)
        pinging.start()
        try:
            yield
        finally:
            leaving.set()
            pinging.join()

    def entries(self):
        return [entry for client in self.clients for entry in client.entries]

    def close(self):
        for client in self.clients:
            client.stopping.set()
            client.disconnect()


def read_tree(member, top="/"):
    """{path: Node} of `top` and all below, after a sync; all nodes of a level are asked for at once."""
    nodes, level = {}, [top]
    with member.open() as connection:
        connection.must({"op": "sync", "path": "/"})
        while level:
            read = _ask_all(connection, [{"op": "getData", "path": path} for path in level])
            nodes.update({path: _node(body) for path, body in zip(level, read) if body})
            parents = [path for path in level if path in nodes and nodes[path].children]
            below = _ask_all(connection, [{"op": "getChildren", "path": path} for path in parents])
            level = [f"{path.rstrip('/')}/{name}" for path, body in zip(parents, below) if body
                     for name in body["children"]]  # fmt: skip
        connection.ask({"op": "closeSession"})
    return nodes


def _ask_all(connection, requests):
    """The bodies of their answers; None for those that failed, as for nodes that have just gone."""
    bodies = []
    for start in range(0, len(requests), 200):
        for request in requests[start : start + 200]:
            connection.send(request)
        replies = connection.drain()
        if replies and replies[-1]["kind"] != "reply":
            raise AssertionError(f"no answer: {replies[-1]}")
        bodies += [reply["body"] if reply["err"] == 0 else None for reply in replies]
    return bodies


def _node(body):
    stat = body["stat"]
    shown = {key: stat[key] for key in ("czxid", "mzxid", "pzxid", "version", "cversion")}
    return Node(value=body["data"].decode(errors="replace"), owner=stat["ephemeralOwner"],
                children=stat["numChildren"], **shown)  # fmt: skip
