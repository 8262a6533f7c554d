"""The differential test as pytest: scripts, random walks, restarts, reaping, intended differences.

    pytest diff --left apache --right ours
"""

import copy

import pytest

from diff import corners, intended, run
from zk import tree
from zk.server import KINDS


@pytest.fixture(scope="module", params=list(run.PROFILES))
def slot(request, kinds):
    """Holds the current pair of one profile; a pair with a dead server is replaced."""
    held = {"profile": request.param, "kinds": kinds, "pair": None}
    yield held
    close_pair(held["pair"])


@pytest.fixture
def pair(slot):
    """A pair of servers that are alive, from the first test of the module on if they can."""
    current = slot["pair"]
    if current is None or not all(s.server.alive() for s in (current.left, current.right)):
        close_pair(current)
        current = slot["pair"] = run.Pair(*run.servers(*slot["kinds"], slot["profile"]))
        current.profile = slot["profile"]
    return current


def close_pair(pair):
    for side in (pair.left, pair.right) if pair else ():
        side.close()
        side.server.close()


def take_all(pair, steps):
    """Every difference that a script of steps shows."""
    found = []
    for step in steps:
        try:
            pair.take(copy.deepcopy(step))
        except run.Difference as difference:
            found.append(difference.text() + pair.note_deaths())
            if len(found) > 20 or not pair.may_go_on(difference):
                break
    if found and all(side.server.alive() for side in (pair.left, pair.right)):
        pair.level()
    for side in (pair.left, pair.right):
        side.close()
    return found


@pytest.mark.parametrize("name", list(corners.SCRIPTS))
def test_script(pair, name):
    found = take_all(pair, corners.SCRIPTS[name]())
    assert not found, f"{len(found)} differences:\n" + "\n".join(found)


@pytest.mark.parametrize("profile", list(run.PROFILES))
def test_restart_keeps_everything(kinds, profile):
    """Trees are the same on both sides, and the same again after a restart."""
    pair = run.Pair(*run.servers(*kinds, profile))
    try:
        found = pair.run_seed(4711, 150, [profile])
        assert not found, "\n".join(found)
        compare_over_restart(pair)
    finally:
        close_pair(pair)


def compare_over_restart(pair):
    before = [tree.dump_server(side.server) for side in (pair.left, pair.right)]
    for side in (pair.left, pair.right):
        side.server.restart()
    after = [tree.dump_server(side.server) for side in (pair.left, pair.right)]
    for one, other in zip(before, after):
        assert tree.differences(without_sessions(one), without_sessions(other)) == []
    assert tree.differences(timeless(after[0]), timeless(after[1])) == []


def without_sessions(nodes):
    return {path: node for path, node in nodes.items() if node["stat"]["ephemeralOwner"] == 0}


def timeless(nodes):
    """A dump without what differs between two servers by nature."""
    result = {}
    for path, node in without_sessions(nodes).items():
        stat = {k: v for k, v in node["stat"].items() if k not in ("ctime", "mtime")}
        result[path] = {"data": node["data"], "acl": sorted(node["acl"] or []), "stat": stat}
    return result


def test_reaping(kinds):
    """Containers and TTL nodes go by themselves, with the same events and zxids."""
    flags = ["-Dznode.container.checkIntervalMs=300", "-Dzookeeper.extendedTypesEnabled=true"]
    servers = [KINDS[kind]({}, flags).start() for kind in kinds]
    results = []
    try:
        for server in servers:
            results.append(reap(server))
    finally:
        for server in servers:
            server.close()
    assert results[0] == results[1]


def reap(server):
    """What a watcher sees of one container and one TTL node, then the root's Stat."""
    connection = server.session()
    ask = connection.must
    ask({"op": "createContainer", "path": "/c", "flags": 4})
    ask({"op": "create", "path": "/c/child"})
    ask({"op": "addWatch", "path": "/", "type": 1})
    connection.call({"op": "delete", "path": "/c/child"})
    seen = [connection.read()]
    connection.call({"op": "createTTL", "path": "/t", "flags": 5, "ttl": 400})
    seen.append(connection.read())
    stat = connection.ask({"op": "exists", "path": "/"})["body"]["stat"]
    seen.append({k: v for k, v in stat.items() if not k.endswith("time")})
    connection.drop()
    return seen


class TestIntended:
    """The list of intended differences: each entry is provoked."""

    @pytest.mark.parametrize("entry", intended.INTENDED, ids=lambda e: e["name"])
    def test_entry(self, kinds, entry):
        servers = run.servers(*kinds, "plain")
        try:
            pair = run.Pair(*servers)
            for step in entry["steps"][:-1]:
                try:
                    pair.take(copy.deepcopy(step))
                except run.Difference:
                    continue  # The provocation may show before the last step.
            outcome = self.last_step(pair, copy.deepcopy(entry["steps"][-1]))
        finally:
            for server in servers:
                server.close()
        for kind, frames in zip(kinds, outcome):
            if kind == "ours":
                assert entry["ours"](frames), f"ours answers {frames}"
            else:
                assert not entry["ours"](frames), f"stale entry: Apache answers {frames}"
        if set(kinds) == {"apache", "ours"}:
            assert outcome[0] != outcome[1], "stale entry: both sides agree"

    @staticmethod
    def last_step(pair, step):
        for side in (pair.left, pair.right):
            side.start(step)
        return [side.finish(step) for side in (pair.left, pair.right)]


class TestHarness:
    """The harness sees differences that are planted in one side's frames."""

    PLANTS = {
        "an error code": lambda frames: frames[-1].update(err=-101),
        "a header zxid": lambda frames: frames[-1].update(zxid=frames[-1]["zxid"] + 1),
        "a lost event": lambda frames: frames.pop(0),
        "an event's path": lambda frames: frames[0].update(path="/other"),
        "an event's type": lambda frames: frames[0].update(type=2),
        "the order of two events": lambda frames: frames.insert(0, frames.pop(1)),
        "an event behind the reply": lambda frames: frames.append(frames.pop(0)),
        "a Stat field": lambda frames: frames[-1]["body"]["stat"].update(cversion=9),
        "a wrong mtime": lambda frames: frames[-1]["body"]["stat"].update(mtime=77),
        "a stray byte": lambda frames: frames[-1]["body"].update(rest="00"),
        "a closed connection": lambda frames: frames.append({"kind": "closed"}),
    }

    @pytest.mark.parametrize("name", list(PLANTS))
    def test_planted(self, name, apache_pair):
        plant = self.PLANTS[name]

        def tamper(step, frames):
            if step.get("tamper"):
                plant(frames[step["conn"]])
            return frames

        apache_pair.right.tamper = tamper
        path = "/planted-" + "".join(c for c in name if c.isalpha())
        steps = [
            {"do": "open", "conn": "a"},
            {"do": "call", "conn": "a", "op": {"op": "exists", "path": path, "watch": True}},
            {"do": "call", "conn": "a", "op": {"op": "getChildren", "path": "/", "watch": True}},
            {"do": "call", "conn": "a", "op": {"op": "create2", "path": path}, "tamper": True},
        ]
        found = take_all(apache_pair, steps)
        assert len(found) == 1, found


@pytest.fixture(scope="class")
def apache_pair():
    servers = run.servers("apache", "apache", "plain")
    yield run.Pair(*servers)
    for server in servers:
        server.close()


def test_walks(kinds, long_run):
    """Random walks: no difference, and everything that must be reached was reached."""
    seeds, steps = (range(60), 600) if long_run else (range(9), 450)
    found, seen, taken = run.run(*kinds, seeds, steps)
    print(f"{taken} steps, {len(found)} differences; {seen.summary()}")
    assert not found, "\n".join(found)
    assert seen.missing() == []
