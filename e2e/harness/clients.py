"""Steady clients over kazoo that keep a history. None of them ever retries an operation.

    /e2e/r/0 ... /e2e/r/3   registers: sets, half of them conditional, and reads
    /e2e/n/CLIENT-NUMBER    created once, some deleted again
    /e2e/e/CLIENT           ephemeral: lives as long as its client's session
"""

import logging
import random
import threading
import time

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import BadVersionError, NodeExistsError, NoNodeError
from kazoo.retry import KazooRetry

from history.records import OK, REFUSED, SESSION_TIMEOUT_S, UNKNOWN, Operation, SessionLost, Tree

REGISTERS = 4
ANSWER_TIMEOUT_S = 60.0
PAUSE_S = 0.03  # Between two operations of a client: a steady load, not all that there is.
REFUSALS = (BadVersionError, NodeExistsError, NoNodeError)
logging.getLogger("kazoo").setLevel(logging.CRITICAL)  # Lost connections are what is tested.
BATCH = 500  # Reads in flight when a tree is read.


def connect(hosts, listener=None):
    """A started client; it looks for a member until there is one."""
    retry = KazooRetry(max_tries=-1, delay=0.05, max_delay=0.5)
    client = KazooClient(hosts=hosts, timeout=SESSION_TIMEOUT_S, connection_retry=retry)
    if listener is not None:
        client.add_listener(listener)
    client.start(timeout=ANSWER_TIMEOUT_S)
    return client


def close(client):
    client.stop()
    client.close()


class Steady(threading.Thread):
    """One client. With `member` it is only ever connected to that one, else to any of `hosts`."""

    def __init__(self, name, member, hosts, history, seed):
        super().__init__(name=name, daemon=True)
        self.member, self.history = member, history
        self.random = random.Random(f"{seed} {name}")
        self.stopping, self.connected = threading.Event(), threading.Event()
        self.done = 0  # Acknowledged writes, for whoever waits for progress.
        self.count, self.own, self.versions = 0, [], {}
        self.session = 0
        self.failure = None
        self.kazoo = connect(hosts, self._on_state)
        self.session = self.kazoo.client_id[0]
        self.connected.set()
        self.kazoo.ensure_path("/e2e/e")
        self.kazoo.create(f"/e2e/e/{name}", ephemeral=True)

    def _on_state(self, state):
        if state == KazooState.CONNECTED:
            self.connected.set()
            return
        self.connected.clear()
        if state == KazooState.LOST and not self.stopping.is_set():
            self.history.add(SessionLost(client=self.name, session=self.session, at=time.monotonic(),
                                         member=self.member))

    def move(self, hosts):
        """Where members are from now on."""
        if hosts:
            self.kazoo.set_hosts(hosts)

    def run(self):
        try:
            while not self.stopping.wait(PAUSE_S):
                if self.connected.wait(1.0):
                    self.session = self.kazoo.client_id[0]
                    self._step()
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error  # Told by Load.

    def _step(self):
        draw = self.random.random()
        register = f"/e2e/r/{self.random.randrange(REGISTERS)}"
        if draw < 0.45:
            expected = self.versions.get(register, -1) if self.random.random() < 0.5 else -1
            value = self._value()
            self._call("set", register, value,
                       lambda: self.kazoo.set_async(register, value.encode(), expected))
        elif draw < 0.75:
            self._call("get", register, "", lambda: self.kazoo.get_async(register))
        elif draw < 0.95 or not self.own:
            value = self._value()
            path = f"/e2e/n/{value}"
            self._call("create", path, value,
                       lambda: self.kazoo.create_async(path, value.encode(), include_data=True))
        else:
            path = self.own.pop(self.random.randrange(len(self.own)))
            self._call("delete", path, "", lambda: self.kazoo.delete_async(path))

    def _value(self):
        self.count += 1
        return f"{self.name}-{self.count}"

    def _call(self, kind, path, value, ask):
        operation = Operation(client=self.name, member=self.member, session=self.session, kind=kind,
                              path=path, value=value, invoked=time.monotonic(), completed=0.0,
                              outcome=UNKNOWN)
        try:
            answer = ask().get(timeout=ANSWER_TIMEOUT_S)
            operation.outcome = OK
            self._settle(operation, answer)
        except REFUSALS as error:
            operation.outcome, operation.error = REFUSED, type(error).__name__
            self.versions.pop(path, None)
        except Exception as error:  # pylint: disable=broad-except
            operation.error = f"{type(error).__name__} {error}".strip()
        operation.completed = time.monotonic()
        self.history.add(operation)

    def _settle(self, operation, answer):
        if operation.kind == "delete":
            self.done += 1
            return
        stat = answer if operation.kind == "set" else answer[1]
        operation.version, operation.zxid = stat.version, stat.mzxid
        if operation.kind == "get":
            operation.value = answer[0].decode()
        else:
            self.done += 1
        if operation.kind == "create":
            self.own.append(operation.path)
        else:
            self.versions[operation.path] = stat.version

    def finish(self):
        """After the thread has ended: whether its session, and so its ephemeral node, still lives."""
        try:
            if self.connected.wait(ANSWER_TIMEOUT_S) and not self.kazoo.exists(f"/e2e/e/{self.name}"):
                self.history.add(SessionLost(client=self.name, session=self.session, at=time.monotonic(),
                                         member=self.member))
        finally:
            self.stopping.set()
            close(self.kazoo)


def prepare(hosts):
    """The nodes that all clients share."""
    client = connect(hosts)
    try:
        client.ensure_path("/e2e/n")
        for number in range(REGISTERS):
            client.ensure_path(f"/e2e/r/{number}")
    finally:
        close(client)


def read_tree(member, hosts):
    """Everything that clients can have left, as this member has it after a sync."""
    client = connect(hosts)
    try:
        client.sync("/e2e")
        paths = [f"/e2e/{folder}/{name}" for folder in ("r", "n")
                 for name in client.get_children(f"/e2e/{folder}")]
        nodes = {}
        for begin in range(0, len(paths), BATCH):
            asked = [(path, client.get_async(path)) for path in paths[begin:begin + BATCH]]
            for path, answer in asked:
                data, stat = answer.get(timeout=ANSWER_TIMEOUT_S)
                nodes[path] = [data.decode(), stat.version, stat.mzxid]
        return Tree(member=member, nodes=nodes)
    finally:
        close(client)
