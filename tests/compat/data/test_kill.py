"""kill -9 under load, again and again: what was acknowledged stays, what failed never appears.

Each round several sessions pipeline writes of known outcome until the server is killed at a random
moment; sometimes the recovery is killed as well. After the restart everything that a reply
promised is looked up.
"""

import random
import threading

import pytest

SETTINGS = {"snapCount": 400, "preAllocSize": 64, "maxSessionTimeout": 600000, "tickTime": 2000}
WRITERS = 4
WINDOW = 24


class Writer(threading.Thread):
    """One session that writes below its own node and remembers every certain outcome."""

    def __init__(self, server, name):
        super().__init__(daemon=True)
        self.connection = server.session(600000)
        self.root = f"/{name}"
        self.present, self.absent = {}, set()
        self.pairs, self.acked_value, self.sent_value = [], 0, 0
        self.last_zxid = 0
        self.wrong = []
        self.started = threading.Event()

    def run(self):
        self.connection.must({"op": "create", "path": self.root})
        self.connection.must({"op": "create", "path": self.root + "/value", "data": b"0"})
        index, window = 0, []
        while not self.connection.closed:
            while len(window) < WINDOW:
                window += self._send(index)
                index += 1
            if not self._receive(window):
                return
            if index > WINDOW:
                self.started.set()

    def _send(self, index):
        """Sends one operation; returns it with what it is expected to do."""
        path = f"{self.root}/n{index}"
        data = b"%d " % index * (1 + index % 30)
        kind = index % 5
        if kind == 0:
            self.sent_value += 1
            op = {"op": "setData", "path": self.root + "/value", "data": b"%d" % self.sent_value}
            outcome = ("value", self.sent_value)
        elif kind == 1:
            op = {"op": "multi", "ops": [{"op": "create", "path": path + "a", "data": data},
                                         {"op": "create", "path": path + "b", "data": data}]}
            self.pairs.append((path + "a", path + "b"))
            outcome = ("pair", path, data)
        elif kind == 2:
            op = {"op": "multi", "ops": [{"op": "create", "path": path + "x"},
                                         {"op": "setData", "path": "/none"}]}
            outcome = ("never", path + "x")
        else:
            op = {"op": "create", "path": path, "data": data}
            outcome = ("create", path, data)
        self.connection.send(op)
        return [outcome]

    def _receive(self, window):
        frame = self.connection.read()
        if frame["kind"] != "reply":
            return False
        kind, *details = window.pop(0)
        if frame["err"] != 0 or frame["zxid"] <= self.last_zxid:
            self.wrong.append((kind, details, frame))
            return True
        self.last_zxid = frame["zxid"]
        if kind == "create":
            self.present[details[0]] = details[1]
        elif kind == "pair":
            self.present[details[0] + "a"] = self.present[details[0] + "b"] = details[1]
        elif kind == "never":
            self.absent.add(details[0])
        else:
            self.acked_value = details[0]
        return True


def check(server, writer):
    """Everything that this writer was told holds on the restarted server."""
    assert writer.wrong == []
    connection = server.session()
    children = connection.must({"op": "getChildren", "path": writer.root})["children"]
    names = {f"{writer.root}/{child}" for child in children}
    lost = sorted(set(writer.present) - names)
    assert not lost, f"{len(lost)} acknowledged creates are lost: {lost[:5]}"
    appeared = sorted(writer.absent & names)
    assert not appeared, f"failed writes are there: {appeared[:5]}"
    halves = [pair for pair in writer.pairs if (pair[0] in names) != (pair[1] in names)]
    assert not halves, f"half a multi: {halves[:5]}"
    value = int(connection.must({"op": "getData", "path": writer.root + "/value"})["data"])
    assert writer.acked_value <= value <= writer.sent_value
    for path in random.sample(sorted(writer.present), min(40, len(writer.present))):
        assert connection.must({"op": "getData", "path": path})["data"] == writer.present[path]
    assert connection.ask({"op": "ping"})["zxid"] >= writer.last_zxid
    connection.ask({"op": "closeSession"})


def one_round(server, number, rng):
    writers = [Writer(server, f"r{number}w{index}") for index in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        assert writer.started.wait(20), server.log()
    threading.Event().wait(rng.uniform(0.0, 0.5))  # The moment of death is the point.
    server.kill()
    for writer in writers:
        writer.join(20)
        assert not writer.is_alive()
    if rng.random() < 0.3:
        server.start(wait=False)
        threading.Event().wait(rng.uniform(0.0, 0.1))
        server.kill()
    server.start()
    return writers


def test_kill_loop(server_class, long_run, capsys):
    rounds = 200 if long_run else 20
    rng = random.Random(rounds)
    server = server_class(SETTINGS)
    acknowledged, recent = 0, []
    with server.start():
        for number in range(rounds):
            writers = one_round(server, number, rng)
            acknowledged += sum(len(w.present) for w in writers)
            recent = recent[-2 * WRITERS :] + writers
            for writer in recent:
                check(server, writer)
            with capsys.disabled():
                print(f"\r  kill -9 round {number + 1}/{rounds}, {acknowledged} acknowledged", end="")
    with capsys.disabled():
        print()


def test_the_check_can_fail(server):
    """A planted loss and a planted appearance are both seen."""
    writer = Writer(server, "planted")
    connection = writer.connection
    connection.must({"op": "create", "path": writer.root})
    connection.must({"op": "create", "path": writer.root + "/value", "data": b"0"})
    check(server, writer)
    writer.present[writer.root + "/lost"] = b""
    with pytest.raises(AssertionError, match="lost"):
        check(server, writer)
    writer.present.clear()
    writer.absent.add(writer.root + "/value")
    with pytest.raises(AssertionError, match="failed writes"):
        check(server, writer)
