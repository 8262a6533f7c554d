"""The checker: a correct history passes, and each rule finds what it is there for."""

import copy

import pytest

import checker
from history import (BAD_VERSION, CHILD, CLOSED, DATA, EXPIRED, NO_NODE, NODE_EXISTS, OK, REFUSED, UNKNOWN,
                     Event, History, Node, Operation, Session)  # fmt: skip

ONE, TWO, GONE = 0x11, 0x22, 0x33  # Sessions; the third is closed in the course of the history.


class Story:
    """Builds a history; each operation takes a tenth of a second, one after another."""

    def __init__(self):
        self.now = 0.0
        self.history = History(stale_max=1.0)

    def add(self, session, kind, path, outcome=OK, **fields):
        self.now += 0.1
        completed = None if outcome == UNKNOWN else self.now + 0.05
        self.history.entries.append(Operation(
            client=session & 15, session=session, connection=1, kind=kind, path=path,
            invoked=self.now, completed=completed, outcome=outcome, **fields))  # fmt: skip

    def event(self, session, kind, path):
        self.history.entries.append(
            Event(client=session & 15, session=session, kind=kind, path=path, at=self.now))

    def end(self, session, end, silent=9.0):
        self.history.entries.append(Session(client=session & 15, session=session, end=end, at=self.now,
                                            timeout=3.0, heard=self.now - silent))  # fmt: skip

    def op(self, value=None, **fields):
        """The one operation with these fields."""
        wanted = {**fields, **({"value": value} if value else {})}
        found = [op for op in self.history.operations
                 if all(getattr(op, key) == expected for key, expected in wanted.items())]  # fmt: skip
        assert len(found) == 1, found
        return found[0]

    def nodes(self, path):
        return [tree[path] for tree in self.history.trees.values()]


def node(value, zxid, version=0, owner=0, changed=None):
    return Node(value=value, czxid=zxid, mzxid=changed or zxid, pzxid=zxid, version=version,
                cversion=0, owner=owner, children=0)  # fmt: skip


def correct():
    """Two sessions that write, read, watch, and a third that goes."""
    story = Story()
    story.add(ONE, "get", "/r/0", value="0", version=0, changed=1, zxid=9, watch=True)
    story.add(TWO, "set", "/r/0", value="2-1", version=1, changed=10, zxid=10)
    story.event(ONE, DATA, "/r/0")
    story.add(ONE, "set", "/r/0", value="1-1", expected=1, version=2, changed=11, zxid=11)
    story.add(TWO, "set", "/r/0", REFUSED, value="2-2", expected=1, error=BAD_VERSION, zxid=12)
    story.add(TWO, "set", "/r/0", UNKNOWN, value="2-3")
    story.add(ONE, "get", "/r/0", value="2-3", version=3, changed=13, zxid=13)
    story.add(ONE, "create", "/n/1-2", value="1-2", name="/n/1-2", zxid=14)
    story.add(ONE, "create", "/n/1-3", value="1-3", name="/n/1-3", zxid=15)
    story.add(ONE, "delete", "/n/1-3", zxid=16)
    story.add(ONE, "create", "/q/s-", value="1-4", name="/q/s-0000000000", is_sequential=True, zxid=17)
    story.add(TWO, "create", "/q/s-", value="2-4", name="/q/s-0000000001", is_sequential=True, zxid=18)
    story.add(TWO, "children", "/e", names=[], changed=3, zxid=18, watch=True)
    story.add(ONE, "create", "/e/1-5", value="1-5", name="/e/1-5", is_ephemeral=True, zxid=19)
    story.event(TWO, CHILD, "/e")
    story.add(GONE, "create", "/e/3-1", value="3-1", name="/e/3-1", is_ephemeral=True, zxid=20)
    story.end(GONE, CLOSED)
    story.add(TWO, "children", "/e", names=["1-5"], changed=21, zxid=21)
    story.add(TWO, "set", "/r/1", value="2-7", version=1, changed=22, zxid=22, multi="2-7")
    story.add(TWO, "set", "/r/2", value="2-8", version=1, changed=22, zxid=22, multi="2-7")
    story.op("2-8").invoked = story.op("2-7").invoked
    story.add(ONE, "sync", "/", zxid=22)
    tree = {
        "/r/0": node("2-3", 1, version=3, changed=13),
        "/r/1": node("2-7", 1, version=1, changed=22),
        "/r/2": node("2-8", 1, version=1, changed=22),
        "/n/1-2": node("1-2", 14),
        "/q/s-0000000000": node("1-4", 17),
        "/q/s-0000000001": node("2-4", 18),
        "/e/1-5": node("1-5", 19, owner=ONE),
    }
    story.history.trees = {1: tree, 2: copy.deepcopy(tree)}
    story.history.digests = {1: {16: "a"}, 2: {16: "a", 17: "b"}}
    return story


def remove(story, path):
    for tree in story.history.trees.values():
        del tree[path]


def put(story, path, made):
    for tree in story.history.trees.values():
        tree[path] = made


def one_member_differs(story):
    story.history.trees[2]["/n/1-2"].version = 1


def digests_differ(story):
    story.history.digests[2][16] = "c"


def a_later_write_has_a_smaller_zxid(story):
    story.op("1-2").zxid, story.op("1-3").zxid = 15, 14


def one_zxid_for_two(story):
    story.op("1-3").zxid = 14


def two_writes_of_one_version(story):
    story.op("1-1").version = 1


def a_condition_that_did_not_hold(story):
    story.op("1-1").expected = 0


def a_version_with_two_values(story):
    story.add(TWO, "get", "/r/0", value="1-1", version=3, changed=13, zxid=31)


def an_unknown_write_is_there_twice(story):
    story.add(TWO, "get", "/r/0", value="2-3", version=4, changed=32, zxid=32)


def more_versions_than_writes(story):
    for shown in story.nodes("/r/0"):
        shown.version = 9


def a_created_node_is_there_twice(story):
    put(story, "/q/s-0000000002", node("2-4", 32))


def a_multi_happens_in_part(story):
    for shown in story.nodes("/r/2"):
        shown.value, shown.version, shown.mzxid = "0", 0, 2
    story.op("2-7").outcome = story.op("2-8").outcome = UNKNOWN


def a_multi_is_two_transactions(story):
    story.op("2-8").zxid = 23


def a_refused_write_is_read(story):
    story.add(ONE, "get", "/r/0", value="2-2", version=3, changed=13, zxid=32)


def a_refused_write_is_there(story):
    for shown in story.nodes("/r/0"):
        shown.value = "2-2"


def an_answered_set_is_lost(story):
    for shown in story.nodes("/r/0"):
        shown.value, shown.version, shown.mzxid = "2-1", 1, 10


def an_answered_create_is_lost(story):
    remove(story, "/n/1-2")


def a_deleted_node_is_back(story):
    put(story, "/n/1-3", node("1-3", 15))


def a_new_name_exists(story):
    story.add(TWO, "create", "/n/2-9", REFUSED, value="2-9", error=NODE_EXISTS, zxid=32)


def a_node_is_missing(story):
    story.add(ONE, "delete", "/n/1-2", REFUSED, error=NO_NODE, zxid=32)


def a_version_was_current(story):
    story.op("2-2").expected = 2
    story.history.entries.remove(story.op(outcome=UNKNOWN))
    story.add(TWO, "set", "/r/0", value="2-3", version=3, changed=32, zxid=32)
    for shown in story.nodes("/r/0"):
        shown.mzxid = 32
    story.history.entries.remove(story.op(kind="get", version=3))


def a_session_goes_back_in_time(story):
    story.add(ONE, "get", "/n/1-2", value="1-2", version=0, changed=14, zxid=17)


def a_session_goes_back_over_an_error(story):
    story.add(ONE, "get", "/n/9", REFUSED, error=NO_NODE, zxid=17)


def a_write_of_an_earlier_connection_comes_late(story):
    story.add(TWO, "set", "/r/0", UNKNOWN, value="2-5")
    story.add(TWO, "create", "/n/2-6", value="2-6", name="/n/2-6", zxid=32)
    put(story, "/n/2-6", node("2-6", 32))
    for shown in story.nodes("/r/0"):
        shown.value, shown.version, shown.mzxid = "2-5", 4, 33


def a_read_misses_an_earlier_write(story):
    story.add(TWO, "get", "/r/0", value="1-1", version=2, changed=11, zxid=31)


def a_read_shows_the_future(story):
    story.add(TWO, "get", "/r/0", value="2-3", version=3, changed=40, zxid=31)


def a_read_shows_what_was_deleted(story):
    story.add(TWO, "get", "/n/1-3", value="1-3", version=0, changed=15, zxid=31)


def a_list_lacks_a_node(story):
    story.add(TWO, "children", "/n", names=[], changed=16, zxid=31)


def a_list_shows_what_was_deleted(story):
    story.add(TWO, "children", "/n", names=["1-2", "1-3"], changed=16, zxid=31)


def a_list_shows_the_future(story):
    story.history.entries.insert(1, Operation(
        client=2, session=TWO, connection=1, kind="children", path="/n", invoked=0.1, completed=0.2,
        outcome=OK, names=["1-2"], changed=3, zxid=9))  # fmt: skip


def a_read_is_stale(story):
    story.now += 2.0
    story.add(0x44, "get", "/r/0", value="0", version=0, changed=1, zxid=9)


def a_sync_is_stale(story):
    story.now += 2.0
    story.add(0x44, "sync", "/", zxid=9)


def two_with_the_same_number(story):
    story.op("2-4").name = "/q/s-0000000000"


def a_number_goes_back(story):
    story.op("1-4").name = "/q/s-0000000005"


def an_ephemeral_outlives_its_session(story):
    put(story, "/e/3-1", node("3-1", 20, owner=GONE))


def an_ephemeral_is_gone_before_its_session(story):
    remove(story, "/e/1-5")


def an_ephemeral_has_another_owner(story):
    for shown in story.nodes("/e/1-5"):
        shown.owner = TWO


def an_ephemeral_stays_for_good(story):
    for shown in story.nodes("/e/1-5"):
        shown.owner = 0


def a_data_watch_is_lost(story):
    story.history.entries = [e for e in story.history.entries if getattr(e, "kind", "") != DATA]


def a_child_watch_is_lost(story):
    story.history.entries = [e for e in story.history.entries if getattr(e, "kind", "") != CHILD]


def a_watch_fires_twice(story):
    story.event(ONE, DATA, "/r/0")


def a_watch_fires_behind_the_change(story):
    entries = story.history.entries
    event = next(e for e in entries if isinstance(e, Event) and e.kind == DATA)
    entries.remove(event)
    entries.insert(entries.index(story.op("1-1")) + 1, event)


def a_session_expires_early(story):
    story.end(TWO, EXPIRED, silent=1.0)


PLANTED = {
    "replicas_agree": [one_member_differs],
    "digests": [digests_differ],
    "real_time": [a_later_write_has_a_smaller_zxid, one_zxid_for_two],
    "versions": [two_writes_of_one_version, a_condition_that_did_not_hold, a_version_with_two_values],
    "once": [an_unknown_write_is_there_twice, more_versions_than_writes, a_created_node_is_there_twice],
    "multi_all_or_nothing": [a_multi_happens_in_part, a_multi_is_two_transactions],
    "refused_never_appear": [a_refused_write_is_read, a_refused_write_is_there],
    "acknowledged_survive": [an_answered_set_is_lost, an_answered_create_is_lost, a_deleted_node_is_back,
                             an_ephemeral_is_gone_before_its_session],
    "refusals_are_possible": [a_new_name_exists, a_node_is_missing, a_version_was_current],
    "session_order": [a_session_goes_back_in_time, a_session_goes_back_over_an_error,
                      a_write_of_an_earlier_connection_comes_late],
    "reads_show_their_state": [a_read_misses_an_earlier_write, a_read_shows_the_future,
                               a_read_shows_what_was_deleted, a_list_lacks_a_node,
                               a_list_shows_what_was_deleted, a_list_shows_the_future],
    "reads_are_fresh": [a_read_is_stale, a_sync_is_stale],
    "sequential": [two_with_the_same_number, a_number_goes_back],
    "ephemerals": [an_ephemeral_outlives_its_session, an_ephemeral_has_another_owner,
                   an_ephemeral_stays_for_good],
    "watches": [a_data_watch_is_lost, a_child_watch_is_lost, a_watch_fires_twice,
                a_watch_fires_behind_the_change],
    "sessions": [a_session_expires_early],
}  # fmt: skip
CASES = [(rule, plant) for rule, plants in PLANTED.items() for plant in plants]


def test_a_correct_history_passes():
    assert checker.check(correct().history) == []


@pytest.mark.parametrize("rule,plant", CASES, ids=[plant.__name__ for _, plant in CASES])
def test_finds(rule, plant):
    story = correct()
    plant(story)
    found = checker.check(story.history)
    assert rule in {violation.rule for violation in found}, found


def test_every_rule_has_a_planted_violation():
    assert {rule.__name__.removeprefix("rule_") for rule in checker.RULES} == set(PLANTED)


def test_a_history_survives_its_file(tmp_path):
    history = correct().history
    history.save(tmp_path / "history.jsonl")
    loaded = History.load(tmp_path / "history.jsonl")
    assert (loaded.entries, loaded.trees, loaded.digests) == (history.entries, history.trees, history.digests)
