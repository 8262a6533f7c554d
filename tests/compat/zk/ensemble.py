"""Ensembles of any mixture of servers on loopback."""

import os
import random
import shutil
import socket
import tempfile
import time

from kazoo.client import KazooClient

from zk.connection import four_letter
from zk.server import FAST_JVM, QUIET, Apache, Ours, class_path

SECONDS = 60
SETTINGS = {"initLimit": 10, "syncLimit": 5, "tickTime": 1000}


def free_port():
    """A port that nobody listens on now, and that the system gives to no outgoing connection: a
    member that comes back wants its own again."""
    while True:
        port = random.randint(10000, 32000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class ApachePeer(Apache):
    def _write_config(self):
        """Unless a reconfiguration has moved the servers into a file of their own."""
        path = os.path.join(self.directory, "zoo.cfg")
        if os.path.exists(path) and "dynamicConfigFile" in open(path).read():
            return path
        return super()._write_config()

    def command(self, config):
        main = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
        return ["java", QUIET, *self.java, *self.flags, "-cp", class_path("zookeeper"), main, config]


PEERS = {"apache": ApachePeer, "ours": Ours}


class Ensemble:
    """Members 1..n, of the given kinds; `observers` are ids. Nothing is started."""

    def __init__(self, kinds, observers=(), settings=None):
        self.directory = tempfile.mkdtemp(prefix="quorate-ensemble-")
        self.ports = {}
        lines = {}
        for myid in range(1, len(kinds) + 1):
            quorum, election, client = free_port(), free_port(), free_port()
            role = ":observer" if myid in observers else ""
            lines[f"server.{myid}"] = f"127.0.0.1:{quorum}:{election}{role}"
            self.ports[myid] = client
        self.settings = {**SETTINGS, **(settings or {}), **lines}
        self.members = {}
        self.observers = observers
        for myid, kind in enumerate(kinds, 1):
            self.use(myid, kind)

    def use(self, myid, kind):
        """Makes member `myid` one of `kind`, on the directory that it has."""
        directory = os.path.join(self.directory, str(myid))
        os.makedirs(os.path.join(directory, "data"), exist_ok=True)
        with open(os.path.join(directory, "data", "myid"), "w") as file:
            file.write(f"{myid}\n")
        settings = dict(self.settings)
        if myid in self.observers:
            settings["peerType"] = "observer"
        self.members[myid] = PEERS[kind](settings, directory=directory, java=FAST_JVM)
        self.members[myid].port = self.ports[myid]

    def __getitem__(self, myid):
        return self.members[myid]

    def start(self, *ids):
        """Starts them, all if none is named, without waiting."""
        for myid in ids or self.members:
            self.members[myid].start_at(self.ports[myid], wait=False)
        return self

    def mode(self, myid):
        """"leader", "follower", "observer", or None while it does not serve."""
        try:
            text = four_letter(("127.0.0.1", self.ports[myid]), "srvr", 2)
        except OSError:
            return None
        for line in text.splitlines():
            if line.startswith("Mode: "):
                return line[6:]
        return None

    def wait(self, *ids):
        """Returns once they serve; the id of the leader, if it is among them."""
        deadline = time.monotonic() + SECONDS
        modes = {}
        while time.monotonic() < deadline:
            modes = {myid: self.mode(myid) for myid in ids or self.members}
            if all(modes.values()):
                return next((m for m, mode in modes.items() if mode == "leader"), None)
            for myid in modes:
                self.members[myid].check_alive()
            time.sleep(0.05)  # Between two looks; nothing announces a role.
        logs = "\n".join(f"-- {myid}\n{self.members[myid].log()}" for myid in modes)
        raise AssertionError(f"not all serve: {modes}\n{logs}")

    def leader(self):
        return next(m for m in self.members if self.mode(m) == "leader")

    def hosts(self, *ids):
        return ",".join(f"127.0.0.1:{self.ports[myid]}" for myid in ids or self.members)

    def client(self, *ids, timeout=10, **arguments):
        client = KazooClient(hosts=self.hosts(*ids), timeout=timeout, **arguments)
        client.start(timeout=SECONDS)
        return client

    def close(self):
        for member in self.members.values():
            member.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def metric(address, name):
    """A number of `mntr`, or None."""
    for line in four_letter(address, "mntr", 5).splitlines():
        key, _, value = line.partition("\t")
        if key == name:
            return float(value)
    return None
