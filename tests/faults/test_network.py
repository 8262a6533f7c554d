"""The faults are what they say: each is seen to work on real members, and healing ends it."""

import os
import socket
import subprocess
import time

import pytest

from conftest import PLACE
from ensemble import Ensemble
from member import wait_until
from network import address, both, command

ECHO = """
import socket, sys
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind((sys.argv[1], 9))
print("ready", flush=True)
while True:
    text, whom = udp.recvfrom(100)
    udp.sendto(text, whom)
"""
ASK = """
import socket, sys, time
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.settimeout(float(sys.argv[2]))
begun = time.monotonic()
udp.sendto(b"x", (sys.argv[1], 9))
try:
    udp.recvfrom(100)
    print(time.monotonic() - begun)
except TimeoutError:
    print("nothing")
"""


@pytest.fixture(scope="module")
def ensemble(clock_library):
    with Ensemble(3, os.path.join(PLACE, "network"), clock_library=clock_library) as started:
        yield started.start()


@pytest.fixture
def healed(ensemble):
    yield ensemble
    ensemble.heal()
    ensemble.wait_all()


@pytest.fixture(scope="module")
def echoes(ensemble):
    """A process in each network that sends back what it gets."""
    running = [subprocess.Popen([*ensemble.network.enter(n), "python3", "-c", ECHO, address(n)],
                                stdout=subprocess.PIPE) for n in ensemble.numbers]  # fmt: skip
    for process in running:
        process.stdout.readline()
    yield
    for process in running:
        process.kill()
        process.wait()


def round_trip(ensemble, one, other, limit=0.3):
    """Seconds from `one` to `other` and back, or None."""
    said = command(*ensemble.network.enter(one), "python3", "-c", ASK, address(other), str(limit))
    return None if said.startswith("nothing") else float(said)


def test_what_is_cut_is_cut_and_nothing_else(healed, echoes):
    assert round_trip(healed, 1, 2) < 0.1
    healed.network.cut([(1, 2)])
    assert round_trip(healed, 1, 2) is None
    assert round_trip(healed, 2, 1) is None, "its answer goes the way that is cut"
    assert round_trip(healed, 1, 3) < 0.1 and round_trip(healed, 3, 2) < 0.1
    healed.network.mend([(1, 2)])
    assert round_trip(healed, 1, 2) < 0.1


def test_one_direction_is_cut_alone(healed):
    """A datagram arrives that cannot be answered."""
    ask = "import socket; u = socket.socket(2, 2); u.sendto(b'x', ('{}', 10)); print('sent')"
    wait = "import socket; u = socket.socket(2, 2); u.bind(('{}', 10)); u.settimeout(20); print(u.recv(9), flush=True)"
    healed.network.cut([(2, 1)])
    waiting = subprocess.Popen([*healed.network.enter(2), "python3", "-c", wait.format(address(2))],
                               stdout=subprocess.PIPE, text=True)  # fmt: skip
    try:
        # It says nothing before it listens, so that it is asked until it has heard.
        def heard():
            command(*healed.network.enter(1), "python3", "-c", ask.format(address(2)))
            return waiting.poll() is not None

        wait_until(heard, 20, "nothing arrived")
        assert waiting.stdout.read() == "b'x'\n"
    finally:
        waiting.kill()
        waiting.wait()


def test_packets_are_late(healed, echoes):
    healed.network.delay(both([1], [2]), 40, 60, seed=1)
    times = [round_trip(healed, 1, 2, 5) for _ in range(5)]
    assert 0.08 <= min(times), times
    assert round_trip(healed, 1, 3) < 0.08
    healed.network.heal()
    assert round_trip(healed, 1, 2) < 0.08


def test_packets_are_lost(healed, echoes):
    healed.network.lose([(1, 2)], 50)
    answers = [round_trip(healed, 1, 2, 0.1) for _ in range(24)]
    assert 2 < sum(answer is None for answer in answers) < 22, "one in two, give or take"


def test_clients_can_be_kept_away(healed):
    healed.network.hide([1])
    assert healed[1].say("ruok", 0.3) == ""
    assert healed[2].say("ruok") == "imok"
    healed.network.heal()
    assert healed[1].say("ruok") == "imok"


def test_a_wall_clock_jumps_alone(healed):
    leader = healed.find_leader()
    with healed[leader].open() as connection:
        for seconds, path in ((86400, "/ahead"), (-86400, "/behind")):
            healed[leader].jump(seconds)
            connection.must({"op": "create", "path": path})
            made = connection.must({"op": "exists", "path": path})["stat"]["ctime"] / 1000
            assert abs(made - time.time() - seconds) < 60
        connection.ask({"op": "closeSession"})


def test_a_full_disk_refuses_writes(healed):
    leader = healed.find_leader()
    with healed[leader].open() as connection:
        healed[leader].fill(1 << 20)
        assert healed[leader].free_bytes() <= 1 << 20

        def refused():
            return connection.ask({"op": "create", "path": "/full-", "flags": 2})["err"] != 0

        wait_until(refused, 20, "a leader without space accepts writes")
        healed[leader].relieve()
        wait_until(lambda: not refused(), 20, "a leader with space refuses writes")
        connection.ask({"op": "closeSession"})


def test_a_wiped_disk_is_empty_and_comes_back(healed):
    leader = healed.find_leader()
    follower = healed[next(n for n in healed.numbers if n != leader)]
    with healed[leader].open() as connection:
        connection.must({"op": "create", "path": "/before"})
        follower.kill()
        follower.wipe()
        assert os.listdir(follower.data) == []
        follower.start()
        healed.wait_all()
        with follower.open() as other:
            other.must({"op": "exists", "path": "/before"})


def test_the_machine_is_not_reachable_from_here():
    """What happens in these networks stays there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        with pytest.raises(OSError):
            udp.connect(("192.0.2.1", 9))
    names = [name for _, name in socket.if_nameindex()]
    assert not [name for name in names if name.startswith(("eth", "en", "wl"))]
