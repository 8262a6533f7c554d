"""Read-only mode: a member that has lost its quorum, and clients that are content with reading."""

import time

import pytest
from kazoo.client import KazooClient, KazooState, KeeperState
from kazoo.exceptions import NotReadOnlyCallError

from quorum.waiting import eventually
from zk.connection import Connection, four_letter
from zk.ensemble import Ensemble

FLAG = "-Dreadonlymode.enabled=true"
WRITES = ({"op": "create", "path": "/b"}, {"op": "delete", "path": "/a"},
          {"op": "setData", "path": "/a"}, {"op": "multi", "ops": []}, {"op": "sync", "path": "/"})


class ReadOnly(Ensemble):
    """Three members of one kind. Apache's has sessions of its own only with local sessions; without
    them it answers the handshake with an error frame."""

    def __init__(self, kind, flags=(FLAG,)):
        settings = {"tickTime": 500}
        if kind == "apache":
            settings["localSessionsEnabled"] = "true"
        super().__init__((kind,) * 3, settings=settings)
        for member in self.members.values():
            member.flags += flags

    def address(self, myid):
        return ("127.0.0.1", self.ports[myid])

    def word(self, myid, word):
        try:
            return four_letter(self.address(myid), word, 2)
        except OSError:
            return ""

    def isolate(self):
        """Kills two of them; the third one's id, once it serves readers."""
        survivor = next(m for m in self.members if m != self.leader())
        for myid in self.members:
            if myid != survivor:
                self[myid].kill()
        eventually(lambda: self.word(survivor, "isro") == "ro")
        return survivor


@pytest.mark.parametrize("kind", ["apache", "ours"])
def test_on_the_wire(kind):
    """What both servers do, byte by byte where clients look."""
    with ReadOnly(kind) as ensemble:
        ensemble.start().wait()
        client = ensemble.client()
        client.create("/a", b"1")
        client.stop()
        for myid in ensemble.members:
            eventually(lambda m=myid: Connection(ensemble.address(m)).connect() is not None)
            connection = Connection(ensemble.address(myid))
            connection.connect()
            connection.must({"op": "sync", "path": "/"})
            assert ensemble.word(myid, "isro") == "rw"
            connection.socket.close()
        survivor = ensemble.isolate()
        address = ensemble.address(survivor)
        assert "Mode: read-only\n" in ensemble.word(survivor, "srvr")
        assert "READ-ONLY mode; serving only read-only clients\n" in ensemble.word(survivor, "srvr")

        assert Connection(address).connect() is None, "no reader"
        reader = Connection(address)
        answer = reader.connect(timeout=8000, read_only=True)
        assert answer["read_only"] and answer["session"] != 0 and answer["timeout"] == 8000
        assert reader.must({"op": "getData", "path": "/a", "watch": True})["data"] == b"1"
        for write in WRITES:
            assert reader.ask(write)["err"] == -119, write
        assert reader.ask({"op": "ping"})["err"] == 0
        assert reader.ask({"op": "closeSession"})["err"] == 0
        assert reader.read()["kind"] == "closed"

        first = Connection(address)
        session = first.connect(read_only=True)
        first.socket.close()
        again = Connection(address)
        answer = again.connect(session=session["session"], password=session["password"],
                               read_only=True)
        assert answer["session"] == session["session"] and answer["read_only"]

        ensemble.start(next(m for m in ensemble.members if m != survivor))
        assert again.read()["kind"] == "closed", "there is a leader again"
        eventually(lambda: ensemble.word(survivor, "isro") == "rw")
        late = Connection(address)
        answer = late.connect(session=session["session"], password=session["password"],
                              read_only=True)
        assert answer["session"] == 0 and not answer["read_only"], "the ensemble never knew it"


def test_a_session_of_the_ensemble_waits_for_a_leader():
    """Ours only: it is neither served nor declared over, whoever else may serve it."""
    with ReadOnly("ours") as ensemble:
        ensemble.start().wait()
        survivor = next(m for m in ensemble.members if m != ensemble.leader())
        client = Connection(ensemble.address(survivor))
        session = client.connect(timeout=30000, read_only=True)
        assert not session["read_only"]
        for myid in ensemble.members:
            if myid != survivor:
                ensemble[myid].kill()
        eventually(lambda: ensemble.word(survivor, "isro") == "ro")
        back = Connection(ensemble.address(survivor))
        assert back.connect(session=session["session"], password=session["password"],
                            read_only=True) is None
        ensemble.start(next(m for m in ensemble.members if m != survivor))
        eventually(lambda: ensemble.word(survivor, "isro") == "rw")
        back = Connection(ensemble.address(survivor))
        answer = back.connect(session=session["session"], password=session["password"],
                              read_only=True)
        assert answer["session"] == session["session"] and not answer["read_only"]


def test_kazoo_reads_and_then_writes():
    with ReadOnly("ours") as ensemble:
        ensemble.start().wait()
        client = ensemble.client()
        client.create("/a", b"1")
        client.stop()
        survivor = ensemble.isolate()
        reader = KazooClient(hosts=ensemble.hosts(), timeout=10, read_only=True)
        states = []
        reader.add_listener(states.append)
        reader.start(timeout=20)
        assert reader.client_state == KeeperState.CONNECTED_RO
        assert reader.get("/a")[0] == b"1"
        with pytest.raises(NotReadOnlyCallError):
            reader.set("/a", b"2")
        ensemble.start(*(m for m in ensemble.members if m != survivor))
        eventually(lambda: reader.client_state == KeeperState.CONNECTED, 30)
        reader.retry(reader.set, "/a", b"2")
        assert reader.get("/a")[0] == b"2"
        assert states[-1] == KazooState.CONNECTED
        reader.stop()


def test_not_without_the_property():
    with ReadOnly("ours", flags=()) as ensemble:
        ensemble.start().wait()
        survivor = next(m for m in ensemble.members if m != ensemble.leader())
        for myid in ensemble.members:
            if myid != survivor:
                ensemble[myid].kill()
        eventually(lambda: ensemble.word(survivor, "isro") == "null")
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline:  # Longer than the grace: it must never begin.
            assert ensemble.word(survivor, "isro") == "null"
            assert Connection(ensemble.address(survivor)).connect(read_only=True) is None
