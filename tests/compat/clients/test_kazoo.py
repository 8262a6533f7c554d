"""kazoo against the server under test: every recipe, watchers, transactions, reconnection."""

import datetime
import threading
import time
import uuid

import pytest
from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import (
    BadVersionError,
    NoAuthError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
)
from kazoo.recipe.cache import TreeCache, TreeEvent
from kazoo.recipe.watchers import ChildrenWatch, DataWatch, PatientChildrenWatch
from kazoo.security import make_acl, make_digest_acl

from zk.connection import Connection

SECONDS = 15


@pytest.fixture
def clients(server):
    """A maker of started clients, each under a chroot of its own test."""
    root = "/kazoo-" + uuid.uuid4().hex
    made = []

    def make(chroot=True, **arguments):
        client = KazooClient(hosts=server.hosts, timeout=10, **arguments)
        client.start(timeout=SECONDS)
        if chroot:
            client.ensure_path(root)
            client.chroot = root
        made.append(client)
        return client

    yield make
    for client in made:
        client.stop()
        client.close()


@pytest.fixture
def client(clients):
    return clients()


def test_basic_operations(client):
    assert client.create("/a", b"one") == "/a"
    data, stat = client.get("/a")
    assert (data, stat.version) == (b"one", 0)
    assert client.set("/a", b"two").version == 1
    with pytest.raises(BadVersionError):
        client.set("/a", b"three", version=0)
    with pytest.raises(NodeExistsError):
        client.create("/a")
    client.create("/a/b/c", makepath=True)
    assert client.get_children("/a") == ["b"]
    with pytest.raises(NotEmptyError):
        client.delete("/a")
    client.delete("/a", recursive=True)
    assert client.exists("/a") is None
    with pytest.raises(NoNodeError):
        client.get("/a")


def test_create_modes(client):
    first = client.create("/seq-", sequence=True)
    second = client.create("/seq-", sequence=True)
    assert int(second[-10:]) == int(first[-10:]) + 1
    path, stat = client.create("/e", ephemeral=True, include_data=True)
    assert stat.ephemeralOwner == client.client_id[0]
    assert client.create("/big", b"x" * 1000000) == "/big"
    assert len(client.get("/big")[0]) == 1000000


def test_acls(clients):
    owner, stranger = clients(), clients()
    owner.add_auth("digest", "user:secret")
    owner.create("/private", b"x", acl=[make_digest_acl("user", "secret", all=True)])
    with pytest.raises(NoAuthError):
        stranger.get("/private")
    stranger.add_auth("digest", "user:secret")
    assert stranger.get("/private")[0] == b"x"
    owner.set_acls("/private", [make_acl("world", "anyone", read=True)])
    acls, stat = owner.get_acls("/private")
    assert (acls[0].perms, stat.aversion) == (1, 1)


def test_transactions(client):
    transaction = client.transaction()
    transaction.create("/t")
    transaction.set_data("/t", b"data")
    transaction.check("/t", 1)
    results = transaction.commit()
    assert results[0] == "/t" and results[1].version == 1 and results[2] is True
    transaction = client.transaction()
    transaction.create("/u")
    transaction.check("/t", 7)
    results = transaction.commit()
    assert isinstance(results[0], RolledBackError) and isinstance(results[1], BadVersionError)
    assert client.exists("/u") is None


def test_data_and_children_watchers(clients):
    watcher, writer = clients(), clients()
    seen, told = [], threading.Condition()

    def note(value):
        with told:
            seen.append(value)
            told.notify_all()

    def await_value(value):
        with told:
            assert told.wait_for(lambda: value in seen, SECONDS), (value, seen)

    DataWatch(watcher, "/w", lambda data, stat: note(("data", data)))
    await_value(("data", None))
    writer.create("/w", b"1")
    await_value(("data", b"1"))
    ChildrenWatch(watcher, "/w", lambda children: note(("children", tuple(sorted(children)))))
    writer.set("/w", b"2")
    await_value(("data", b"2"))
    writer.create("/w/x")
    writer.create("/w/y")
    await_value(("children", ("x", "y")))
    writer.delete("/w", recursive=True)
    await_value(("data", None))


def test_patient_children_watch(clients):
    client = clients()
    client.ensure_path("/nodes/one")
    children, changed = PatientChildrenWatch(client, "/nodes", 0.2).start().get(timeout=SECONDS)
    assert children == ["one"]
    client.create("/nodes/two")
    changed.get(timeout=SECONDS)


def test_lock_excludes_and_hands_over(clients):
    first, second = clients(), clients()
    inside, order = threading.Event(), []
    lock = first.Lock("/lock", "first")
    assert lock.acquire(timeout=SECONDS)

    def contend():
        with second.Lock("/lock", "second"):
            order.append("second")
            inside.set()

    thread = threading.Thread(target=contend)
    thread.start()
    other = first.Lock("/lock", "third")
    while len(other.contenders()) < 2:
        pass  # Until the second one queues up.
    assert not inside.is_set()
    order.append("first")
    lock.release()
    assert inside.wait(SECONDS)
    thread.join()
    assert order == ["first", "second"]


def test_read_write_locks_and_semaphore(clients):
    one, two = clients(), clients()
    reader, other = one.ReadLock("/rw"), two.ReadLock("/rw")
    assert reader.acquire(timeout=SECONDS) and other.acquire(timeout=SECONDS)
    assert not two.WriteLock("/rw").acquire(blocking=False)
    reader.release()
    other.release()
    assert two.WriteLock("/rw").acquire(timeout=SECONDS)
    semaphore = one.Semaphore("/sem", max_leases=2)
    assert semaphore.acquire() and two.Semaphore("/sem", max_leases=2).acquire()
    assert not clients().Semaphore("/sem", max_leases=2).acquire(blocking=False)


def test_election(clients):
    leaders, elected = [], threading.Condition()
    stop = threading.Event()

    def lead(name):
        with elected:
            leaders.append(name)
            elected.notify_all()
        stop.wait(SECONDS)

    threads = []
    for name in ("one", "two"):
        election = clients().Election("/election", name)
        threads.append(threading.Thread(target=election.run, args=(lead, name)))
        threads[-1].start()
    with elected:
        assert elected.wait_for(lambda: len(leaders) == 1, SECONDS)
    stop.set()
    for thread in threads:
        thread.join(SECONDS)
    assert sorted(leaders) == ["one", "two"]


def test_barriers(clients):
    one, two = clients(), clients()
    barrier = one.Barrier("/barrier")
    barrier.create()
    passed = threading.Event()
    thread = threading.Thread(target=lambda: two.Barrier("/barrier").wait(SECONDS) and passed.set())
    thread.start()
    assert barrier.remove()
    assert passed.wait(SECONDS)
    thread.join()
    entered = []

    def enter(client):
        double = client.DoubleBarrier("/double", 2)
        double.enter()
        entered.append(1)
        double.leave()

    threads = [threading.Thread(target=enter, args=(c,)) for c in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert len(entered) == 2


def test_queues(clients):
    one, two = clients(), clients()
    queue = one.Queue("/queue")
    for item in (b"low", b"high"):
        queue.put(item, priority=100 if item == b"low" else 1)
    assert [two.Queue("/queue").get(), two.Queue("/queue").get()] == [b"high", b"low"]
    locking = one.LockingQueue("/locking")
    locking.put_all([b"a", b"b"])
    other = two.LockingQueue("/locking")
    assert other.get(SECONDS) == b"a" and other.consume()
    assert other.get(SECONDS) == b"b" and other.consume()


def test_party_counter_and_lease(clients):
    one, two = clients(), clients()
    for kind in ("Party", "ShallowParty"):
        party = getattr(one, kind)("/" + kind, "one")
        other = getattr(two, kind)("/" + kind, "two")
        party.join()
        other.join()
        assert sorted(party) == ["one", "two"]
        other.leave()
        assert sorted(party) == ["one"]
    counter = one.Counter("/counter")
    counter += 5
    second = two.Counter("/counter")
    second -= 2
    assert one.Counter("/counter").value == 3
    minute = datetime.timedelta(minutes=1)
    lease = one.NonBlockingLease("/lease", minute, "one")
    assert lease and not two.NonBlockingLease("/lease", minute, "two")


def test_set_partitioner(clients):
    partitioners = [
        clients().SetPartitioner("/parts", set=(1, 2, 3), identifier=name, time_boundary=0.2)
        for name in ("one", "two")
    ]

    deadline = time.monotonic() + SECONDS
    while sorted(sum((list(p) for p in partitioners if p.acquired), [])) != [1, 2, 3]:
        assert time.monotonic() < deadline, [p.state for p in partitioners]
        for partitioner in partitioners:
            if partitioner.release:
                partitioner.release_set()
            elif partitioner.allocating:
                partitioner.wait_for_acquire(0.1)
    assert all(p.acquired and len(list(p)) >= 1 for p in partitioners)


def test_tree_cache(clients):
    client = clients()
    client.ensure_path("/cache/a")
    cache, done = TreeCache(client, "/cache"), threading.Event()

    def listen(event):
        if event.event_type == TreeEvent.NODE_ADDED and event.event_data.path == "/cache/a/b":
            done.set()

    cache.listen(listen)
    cache.start()
    clients().create("/cache/a/b", b"x")
    assert done.wait(SECONDS)
    assert cache.get_data("/cache/a/b").data == b"x"
    cache.close()


def test_session_ends_with_its_ephemerals(clients):
    owner, watcher = clients(), clients()
    owner.create("/mine", ephemeral=True)
    gone = threading.Event()
    assert watcher.exists("/mine", watch=lambda event: gone.set())
    owner.stop()
    assert gone.wait(SECONDS)
    assert watcher.exists("/mine") is None


def test_reconnect_after_restart_keeps_session_and_watches(server_class):
    """A client outlives a restart of its server: session, ephemeral and one-shot watch stay."""
    with server_class({"tickTime": 1000}) as server:
        client = KazooClient(hosts=server.hosts, timeout=20)
        client.start(timeout=SECONDS)
        states, back = [], threading.Event()

        def listen(state):
            states.append(state)
            if state == KazooState.CONNECTED:
                back.set()

        client.add_listener(listen)
        client.create("/e", ephemeral=True)
        fired = threading.Event()
        client.exists("/later", watch=lambda event: fired.set())
        session = client.client_id[0]
        port = server.port
        server.stop()
        back.clear()
        server.start_at(port)
        assert back.wait(SECONDS * 2)
        assert client.client_id[0] == session
        assert client.exists("/e").ephemeralOwner == session
        client.create("/later")
        assert fired.wait(SECONDS)
        assert KazooState.SUSPENDED in states and KazooState.LOST not in states
        client.stop()
        client.close()


def test_expiry_is_told(server_class):
    """A session that the server ended while the client was away is reported as lost."""
    settings = {"tickTime": 200, "minSessionTimeout": 400, "maxSessionTimeout": 20000}
    with server_class(settings) as server:
        client = KazooClient(hosts=server.hosts, timeout=10)
        client.start(timeout=SECONDS)
        lost = threading.Event()
        client.add_listener(lambda state: lost.set() if state == KazooState.LOST else None)
        session, password = client.client_id
        with Connection(server.address) as other:
            other.connect(10000, session, password)
            other.ask({"op": "closeSession"})
        assert lost.wait(SECONDS)
        client.stop()
        client.close()


def test_many_clients_and_asynchronous_load(clients):
    workers = [clients() for _ in range(8)]
    workers[0].ensure_path("/load")
    pending = [w.create_async(f"/load/{i}-{j}", b"x" * 100) for i, w in enumerate(workers)
               for j in range(100)]
    for result in pending:
        result.get(timeout=SECONDS)
    assert len(workers[1].get_children("/load")) == 800
