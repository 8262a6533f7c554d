"""Says what a history shows that no correct ensemble could have done. No input but the history.

What makes this cheap: each write's value is unique, each write's reply names its transaction (zxid),
and a register's version counts its writes. So the order of all writes is in the replies, and nothing
has to be searched for: a history is linearizable if that order agrees with real time, with every
read, and with what is there at the end.

    python checker.py history.jsonl          prints what is wrong
"""

import bisect
import collections
import sys
from dataclasses import dataclass

from history import (BAD_VERSION, CHILD, DATA, EXPIRED, NO_NODE, NODE_EXISTS, OK, REFUSED, UNKNOWN,
                     WRITES, Event, History, Session)  # fmt: skip

VIOLATIONS_MAX = 20  # Of each rule; the first few tell it all.


@dataclass(frozen=True)
class Violation:
    rule: str
    text: str

    def __str__(self):
        return f"[{self.rule}] {self.text}"


def tell(op):
    """An operation in one line."""
    end = f"{op.completed:.3f}" if op.completed is not None else "?"
    shown = {"error": op.error or None, "value": op.value, "version": op.version, "zxid": hex(op.zxid or 0)}
    rest = " ".join(f"{key}={value}" for key, value in shown.items() if value is not None)
    return (f"client {op.client} {op.kind} {op.name or op.path} {op.outcome} "
            f"[{op.invoked:.3f}..{end}] {rest}")  # fmt: skip


class Facts:
    """The history by what the rules ask for. A write that anybody saw has a zxid, answered or not."""

    def __init__(self, history):
        self.history = history
        self.trees = history.trees
        self.tree = next(iter(history.trees.values()), {})
        self.operations = history.operations
        self.writes = [op for op in self.operations if op.kind in WRITES]
        self.reads = [op for op in self.operations if op.kind in ("get", "children") and op.outcome == OK]
        self.ends = {e.session: e for e in history.entries if isinstance(e, Session)}
        self.writer = {op.value: op for op in self.writes if op.value is not None}
        self.seen = self._seen()
        self.applied = self._applied()  # [(zxid, write)]: acknowledged, or seen by somebody.
        self.changes = self._changes()
        self.creates = {op.name or op.path: (zxid, op) for zxid, op in self.applied if op.kind == "create"}
        self.deletes = collections.defaultdict(list)
        for op in self.writes:
            if op.kind == "delete" and op.outcome != REFUSED:
                self.deletes[op.path].append(op)

    def _seen(self):
        """{value: {(path, version, mzxid)}}: where and when each value was read."""
        seen = collections.defaultdict(set)
        for op in self.reads:
            if op.kind == "get":
                seen[op.value].add((op.path, op.version, op.changed))
        for tree in self.trees.values():
            for path, node in tree.items():
                seen[node.value].add((path, node.version, node.mzxid))
        return seen

    def _applied(self):
        applied = []
        for op in self.writes:
            if op.outcome == OK:
                applied.append((op.zxid, op))
            elif op.value in self.seen:
                applied.append((min(self.seen[op.value])[2], op))
        return sorted(applied, key=lambda pair: pair[0])

    def _changes(self):
        """{(watch kind, path): [zxid]}, ascending: what is known to have changed and when."""
        changes = collections.defaultdict(set)
        for zxid, op in self.applied:
            path = op.name or op.path
            if op.kind == "set":
                changes[DATA, path].add(zxid)
            else:
                changes[CHILD, path.rpartition("/")[0]].add(zxid)
        for op in self.reads:
            changes[DATA if op.kind == "get" else CHILD, op.path].add(op.changed)
        return {key: sorted(zxids) for key, zxids in changes.items()}

    def may_be_gone(self, path, zxid=None):
        """Whether something may have removed the node by `zxid`, or at all."""
        _, creator = self.creates[path]
        if creator.is_ephemeral and creator.session in self.ends:
            return True
        return any(zxid is None or op.outcome != OK or op.zxid <= zxid for op in self.deletes[path])


def rule_replicas_agree(facts):
    """All members show the same tree, with the same stats."""
    trees = list(facts.trees.items())
    for member, tree in trees[1:]:
        for path in sorted(set(tree) | set(trees[0][1])):
            one, other = trees[0][1].get(path), tree.get(path)
            if one != other:
                yield f"{path}: member {trees[0][0]} has {one}, member {member} has {other}"


def rule_digests(facts):
    """Members that noted a digest of their tree at the same zxid noted the same one."""
    noted = {}
    for member, digests in facts.history.digests.items():
        for zxid, digest in digests.items():
            other, expected = noted.setdefault(zxid, (member, digest))
            if digest != expected:
                yield f"{zxid:#x}: member {other} has {expected}, member {member} has {digest}"


def rule_real_time(facts):
    """A write that was answered before another was asked for has the smaller zxid; none share one."""
    for (one, write), (other, next_write) in zip(facts.applied, facts.applied[1:]):
        if one == other and (write.multi is None or write.multi != next_write.multi):
            yield f"one transaction for two: {tell(write)}; {tell(next_write)}"
    answered = sorted((op for op in facts.writes if op.outcome == OK), key=lambda op: op.completed)
    greatest, position = None, 0
    for zxid, op in sorted(facts.applied, key=lambda pair: pair[1].invoked):
        while position < len(answered) and answered[position].completed < op.invoked:
            if greatest is None or answered[position].zxid > greatest.zxid:
                greatest = answered[position]
            position += 1
        if greatest is not None and greatest.zxid > zxid:
            yield f"{tell(op)} is {zxid:#x}, before {tell(greatest)}"


def rule_versions(facts):
    """A register's versions count its writes, in the order of their zxids, each conditional on its own."""
    sets = collections.defaultdict(list)
    for zxid, op in facts.applied:
        if op.kind == "set" and op.outcome == OK:
            sets[op.path].append((zxid, op))
    for path, writes in sets.items():
        for (_, op), (_, later) in zip(writes, writes[1:]):
            if later.version <= op.version:
                yield f"{path}: {tell(op)}, and then {tell(later)}"
        for _, op in writes:
            if op.expected not in (-1, op.version - 1):
                yield f"{path}: {tell(op)} asked for version {op.expected}"
            for where in facts.seen[op.value]:
                if where != (path, op.version, op.zxid):
                    yield f"{path}: {tell(op)} was seen as version {where[1]} at {where[2]:#x}"
    at = collections.defaultdict(set)
    for value, places in facts.seen.items():
        for path, version, _ in places:
            at[path, version].add(value)
    for (path, version), values in at.items():
        if len(values) > 1:
            yield f"{path}: version {version} was seen with {sorted(values)}"


def rule_once(facts):
    """No write is there twice: neither in two places nor as more versions than writes."""
    for value, places in facts.seen.items():
        if value in facts.writer and len(places) > 1:
            yield f"{tell(facts.writer[value])} was seen as {sorted(places)}"
    possible = collections.Counter(op.path for op in facts.writes
                                   if op.kind == "set" and op.outcome != REFUSED)  # fmt: skip
    for path, count in possible.items():
        if path in facts.tree and facts.tree[path].version > count:
            yield f"{path} has version {facts.tree[path].version} after at most {count} writes"


def rule_multi_all_or_nothing(facts):
    """The parts of a multi are one transaction: all of them happen, at once, or none does."""
    zxids = {id(op): zxid for zxid, op in facts.applied}
    parts = collections.defaultdict(list)
    for op in facts.writes:
        if op.multi is not None:
            parts[op.multi].append(op)
    for multi in parts.values():
        happened = {zxids[id(op)] for op in multi if id(op) in zxids}
        # A part without an answer may have been overwritten before anybody looked, but by something.
        untouched = [op for op in multi if id(op) not in zxids and op.path in facts.tree
                     and happened and facts.tree[op.path].mzxid < max(happened)]  # fmt: skip
        if len(happened) > 1 or untouched or (happened and any(op.outcome == REFUSED for op in multi)):
            yield "; ".join(f"{tell(op)} at {zxids.get(id(op), 0):#x}" for op in multi)


def rule_refused_never_appear(facts):
    """What was refused is nowhere."""
    for op in facts.writes:
        if op.outcome == REFUSED and op.value in facts.seen:
            yield f"{tell(op)} was seen as {sorted(facts.seen[op.value])}"


def rule_acknowledged_survive(facts):
    """What was answered is there at the end unless something newer took its place."""
    newest = {}
    for zxid, op in facts.applied:
        if op.outcome != OK or not facts.trees:
            continue
        path = op.name or op.path
        if op.kind == "set":
            newest[path] = (zxid, op)
        elif op.kind == "create" and path not in facts.tree and not facts.may_be_gone(path):
            yield f"{tell(op)} is gone"
        elif op.kind == "delete" and path in facts.tree:
            yield f"{tell(op)} is there again"
    for path, (zxid, op) in newest.items():
        node = facts.tree.get(path)
        if node is None or node.mzxid < zxid:
            yield f"{tell(op)} is lost: {node}"


def rule_refusals_are_possible(facts):
    """Errors that the state cannot have given: a new name exists, a node is missing, a version is old."""
    attempts = collections.Counter(op.path for op in facts.writes
                                   if op.kind == "create" and not op.is_sequential)  # fmt: skip
    sets = {(op.path, op.version): op for op in facts.writes if op.kind == "set" and op.outcome == OK}
    for op in facts.operations:
        if op.outcome != REFUSED:
            continue
        if op.kind == "create" and op.error == NODE_EXISTS and attempts[op.path] == 1:
            yield f"{tell(op)}: nobody else creates that"
        if op.error == NO_NODE and op.path in facts.creates:
            zxid, creator = facts.creates[op.path]
            others = [d for d in facts.deletes[op.path] if d is not op and d.invoked < op.completed]
            is_ended = creator.is_ephemeral and creator.session in facts.ends
            known = creator.outcome == OK and creator.completed < op.invoked
            if known and zxid <= op.zxid and not others and not is_ended:
                yield f"{tell(op)}: it was created by {tell(creator)}"
        if op.kind == "set" and op.error == BAD_VERSION:
            successor = sets.get((op.path, op.expected + 1))
            if successor is not None and successor.invoked > op.completed:
                yield f"{tell(op)} asked for {op.expected}, and {tell(successor)} came later"


def rule_session_order(facts):
    """A session never sees an older state than before, and its writes are in the order it asked."""
    last, written = {}, {}
    zxids = {id(op): zxid for zxid, op in facts.applied}
    for op in facts.operations:
        if op.outcome != UNKNOWN:
            before = last.get(op.session)
            if before is not None and op.zxid < before.zxid:
                yield f"back in time: {tell(before)}, then {tell(op)}"
            last[op.session] = op
        if id(op) in zxids:
            before = written.get(op.session)
            if before is not None and zxids[id(op)] < before[0]:
                yield f"out of order: {tell(before[1])}, then {tell(op)} as {zxids[id(op)]:#x}"
            written[op.session] = (zxids[id(op)], op)


def rule_reads_show_their_state(facts):
    """A read at a zxid shows exactly what was written up to it."""
    below = collections.defaultdict(list)
    for path, (zxid, op) in facts.creates.items():
        below[path.rpartition("/")[0]].append((zxid, path, op))
    for op in facts.reads:
        if op.changed > op.zxid:
            yield f"{tell(op)} shows {op.changed:#x}, from the future"
        if op.kind == "get":
            yield from _check_get(facts, op)
            continue
        names = {f"{op.path}/{name}" for name in op.names}
        for zxid, path, creator in below[op.path]:
            is_known = creator.outcome == OK
            if path not in names and is_known and zxid <= op.zxid and not facts.may_be_gone(path, op.zxid):
                yield f"{tell(op)} lacks {tell(creator)}"
            if path in names and zxid > op.zxid:
                yield f"{tell(op)} shows, too early, {tell(creator)}"
            if path in names and any(d.outcome == OK and d.zxid <= op.zxid for d in facts.deletes[path]):
                yield f"{tell(op)} still shows {path}"


def _check_get(facts, op):
    known = facts.changes.get((DATA, op.path), [])
    newest = bisect.bisect_right(known, op.zxid) - 1
    if newest >= 0 and known[newest] > op.changed:
        yield f"{tell(op)} shows {op.changed:#x} though {known[newest]:#x} was before"
    if op.value not in facts.writer and op.version:
        yield f"{tell(op)} shows what nobody wrote"
    if any(d.outcome == OK and d.zxid <= op.zxid for d in facts.deletes[op.path]):
        yield f"{tell(op)} was deleted"


def rule_reads_are_fresh(facts):
    """A read shows all that was acknowledged longer ago than the stated bound."""
    answered = sorted((op.completed, op.zxid) for op in facts.writes if op.outcome == OK)
    times, greatest, so_far = [], [], 0
    for at, zxid in answered:
        so_far = max(so_far, zxid)
        times.append(at)
        greatest.append(so_far)
    syncs = [op for op in facts.operations if op.kind == "sync" and op.outcome == OK]
    for op in [*facts.reads, *syncs]:
        position = bisect.bisect_left(times, op.invoked - facts.history.stale_max) - 1
        if position >= 0 and op.zxid < greatest[position]:
            yield f"{tell(op)} is older than {greatest[position]:#x}, answered at {times[position]:.3f}"


def rule_sequential(facts):
    """Numbers are unique and grow with the zxid."""
    last = {}
    for _, op in facts.applied:
        if not op.is_sequential or op.name is None:
            continue
        parent, number = op.path.rpartition("/")[0], int(op.name[-10:])
        before = last.get(parent)
        if before is not None and number <= before[0]:
            yield f"{tell(op)} after {tell(before[1])}"
        last[parent] = (number, op)


def rule_ephemerals(facts):
    """Ephemerals are there as long as their session, and no longer."""
    for path, node in facts.tree.items():
        creator = facts.writer.get(node.value)
        if node.owner and node.owner in facts.ends:
            yield f"{path} outlives session {node.owner:#x}, {facts.ends[node.owner].end}"
        if creator is not None and creator.is_ephemeral != bool(node.owner):
            yield f"{path} has owner {node.owner:#x}: {tell(creator)}"
        if creator is not None and node.owner not in (0, creator.session):
            yield f"{path} belongs to session {node.owner:#x}, not {creator.session:#x}"


def rule_watches(facts):
    """Each fires once, for a change, before its session sees anything as new as that change."""
    registered = collections.defaultdict(dict)  # session -> {(kind, path): zxid it knows of}
    for entry in facts.history.entries:
        if isinstance(entry, Session):
            registered.pop(entry.session, None)
        elif isinstance(entry, Event):
            if registered[entry.session].pop((entry.kind, entry.path), None) is None:
                yield f"client {entry.client}: {entry.kind} event of {entry.path} at {entry.at:.3f}, not asked for"
        elif entry.outcome != UNKNOWN:
            watches = registered[entry.session]
            for key, known in list(watches.items()):
                changes = facts.changes.get(key, [])
                position = bisect.bisect_right(changes, known)
                if position < len(changes) and changes[position] <= entry.zxid:
                    yield f"no {key[0]} event of {key[1]} for {changes[position]:#x} before {tell(entry)}"
                    del watches[key]
            if entry.watch and entry.outcome == OK:
                watches[DATA if entry.kind == "get" else CHILD, entry.path] = entry.zxid


def rule_sessions(facts):
    """No session is told expired that was heard of within its timeout, less the bound."""
    for end in facts.ends.values():
        silent = end.at - end.heard
        if end.end == EXPIRED and silent + facts.history.stale_max + end.timeout / 20 < end.timeout:
            yield (f"session {end.session:#x} of client {end.client} expired after {silent:.3f} s "
                   f"of silence; its timeout is {end.timeout} s")  # fmt: skip


RULES = [value for name, value in list(globals().items()) if name.startswith("rule_")]


def check(history):
    """The violations, in the order of the rules; none if all is well."""
    facts = Facts(history)
    found = []
    for rule in RULES:
        texts = []
        for text in rule(facts):
            texts.append(Violation(rule.__name__.removeprefix("rule_"), text))
            if len(texts) == VIOLATIONS_MAX:
                break
        found += texts
    return found


if __name__ == "__main__":
    violations = check(History.load(sys.argv[1]))
    for violation in violations:
        print(violation)
    sys.exit(1 if violations else 0)
