"""Where clients connect is part of the configuration."""

from kazoo.client import KazooClient

from quorum.test_orders import Ordered, server_line
from quorum.waiting import eventually
from zk.connection import Connection
from zk.ensemble import free_port


def is_open(port):
    try:
        Connection(("127.0.0.1", port)).socket.close()
        return True
    except OSError:
        return False


def test_a_reconfig_moves_the_client_port_and_keeps_the_connections():
    with Ordered(3) as ensemble:
        leader = ensemble.start().wait()
        moved = next(m for m in (1, 2, 3) if m != leader)
        before, after = ensemble.ports[moved], free_port()
        client = ensemble.client(moved)
        states = []
        client.add_listener(states.append)
        client.create("/a")
        line = server_line(ensemble, moved)
        order = {"joining": line.rpartition(":")[0] + f":{after}"}
        code, answer = ensemble.ask(leader, "/v1/reconfig", order)
        assert code == 200, answer
        eventually(lambda: is_open(after))
        eventually(lambda: not is_open(before))
        client.create("/b")
        assert not states, "the connection stays"
        late = KazooClient(hosts=f"127.0.0.1:{after}")
        late.start(timeout=10)
        assert late.exists("/b")
        late.stop()
        client.stop()
        # What the disk says goes before zoo.cfg.
        ensemble[moved].stop()
        ensemble.start(moved)
        eventually(lambda: is_open(after))
        assert not is_open(before)


def test_a_port_in_the_own_server_line_is_enough():
    with Ordered(3) as ensemble:
        for member in ensemble.members.values():
            member.settings.update({"clientPort": None, "clientPortAddress": None})
        ensemble.start().wait()
        ensemble.client().stop()
