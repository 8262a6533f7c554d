"""Rules about what clients saw. Each yields a text for what no correct ensemble could have done.

What makes this cheap: each value is written once, each write's stat names its transaction, and a
register's version counts its writes. So the order of all writes is in the answers.
"""

import collections

from .records import (OK, REFUSED, SESSION_TIMEOUT_S, UNKNOWN, WRITES, Fault, Operation, PodSeen, SessionLost,
                      Tree)

SLACK_S = 1.0  # How much later than the fact a watch of the API server may tell it.


def _tell(op):
    return (f"{op.client} {op.kind} {op.path} {op.outcome} {op.error} value={op.value} "
            f"version={op.version} zxid={op.zxid:#x} [{op.invoked:.3f}..{op.completed:.3f}]")


def _acknowledged(history, *kinds):
    return [op for op in history.of(Operation) if op.outcome == OK and op.kind in kinds]


def rule_acknowledged_writes_survive(history):
    """What was created is there with its value; a register shows its last write or a later one."""
    touched = {op.path for op in history.of(Operation)
               if op.kind == "delete" and op.outcome != REFUSED}
    last = {}
    for op in _acknowledged(history, "set"):
        if op.path not in last or op.version > last[op.path].version:
            last[op.path] = op
    for tree in history.of(Tree):
        for op in _acknowledged(history, "create"):
            if op.path in touched:
                continue
            if tree.nodes.get(op.path, [None])[0] != op.value:
                yield f"{tree.member} shows {tree.nodes.get(op.path)}: {_tell(op)}"
        for op in last.values():
            value, version = (tree.nodes.get(op.path) or [None, -1, 0])[:2]
            if version < op.version or (version == op.version and value != op.value):
                yield f"{tree.member} shows version {version}, {value}: {_tell(op)}"


def rule_deleted_nodes_stay_deleted(history):
    """Paths are never created twice."""
    for op in _acknowledged(history, "delete"):
        for tree in history.of(Tree):
            if op.path in tree.nodes:
                yield f"{tree.member} shows it: {_tell(op)}"


def rule_refused_writes_never_appear(history):
    """Neither in a read nor at the end."""
    refused = {op.value: op for op in history.of(Operation)
               if op.kind in ("set", "create") and op.outcome == REFUSED}
    for op in _acknowledged(history, "get"):
        if op.value in refused:
            yield f"read by {op.client}: {_tell(refused[op.value])}"
    for tree in history.of(Tree):
        for node in tree.nodes.values():
            if node[0] in refused:
                yield f"{tree.member} shows it: {_tell(refused[node[0]])}"


def rule_reads_show_what_was_written(history):
    """A value that is read was written to that path."""
    writes = {op.value: op for op in history.of(Operation) if op.kind in ("set", "create")}
    for op in _acknowledged(history, "get"):
        if op.value and (op.value not in writes or writes[op.value].path != op.path):
            yield _tell(op)


def rule_versions_grow(history):
    """Of a register with each transaction; for one session never backwards, reads included."""
    registers = collections.defaultdict(list)
    for op in _acknowledged(history, "set"):
        registers[op.path].append(op)
    for writes in registers.values():
        writes.sort(key=lambda op: op.zxid)
        for op, later in zip(writes, writes[1:]):
            if later.version <= op.version or later.zxid == op.zxid:
                yield f"{_tell(op)}, and then {_tell(later)}"
    seen = {}
    for op in _acknowledged(history, "set", "get"):
        key = (op.client, op.session, op.path)
        if op.version < seen.get(key, -1):
            yield f"version {seen[key]} was seen before: {_tell(op)}"
        seen[key] = op.version


def rule_order_agrees_with_time(history):
    """A write that was asked for after another was answered has the greater zxid."""
    writes = _acknowledged(history, "set", "create")
    answered = sorted(writes, key=lambda op: op.completed)
    greatest, position = None, 0
    for op in sorted(writes, key=lambda op: op.invoked):
        while position < len(answered) and answered[position].completed < op.invoked:
            if greatest is None or answered[position].zxid > greatest.zxid:
                greatest = answered[position]
            position += 1
        if greatest is not None and greatest.zxid > op.zxid:
            yield f"{_tell(op)} comes before {_tell(greatest)}"


def rule_sessions_do_not_expire(history):
    """But those of clients that wait for one member, which was away for too long: a client that hears
    nothing notices after two thirds of its session's time, and has the rest to come back."""
    away = absences(history)
    for lost in history.of(SessionLost):
        if any(since <= lost.at and until - since >= SESSION_TIMEOUT_S * 2 / 3 for since, until in away[lost.member]):
            continue
        yield f"session {lost.session:#x} of {lost.client} at {lost.at:.3f}"


def absences(history):
    """{member: [(since, until)]}: from when a Pod was told to end, or struck by a fault, until its
    successor was ready."""
    found = collections.defaultdict(list)
    since = {}
    for seen in history.of(PodSeen):
        if seen.is_terminating or seen.is_gone:
            since.setdefault(seen.name, seen.at)
        elif seen.is_ready and seen.name in since:
            found[seen.name].append((since.pop(seen.name), seen.at))
    for name, at in since.items():
        found[name].append((at, float("inf")))
    for fault in history.of(Fault):
        for name in fault.members:
            found[name].append((fault.at, fault.until or float("inf")))
    return found


def is_excused(op, away):
    """Whether the client's member was going or away meanwhile; for a client of any, one of them."""
    names = [op.member] if op.member else list(away)
    return any(since - SLACK_S <= op.completed and op.invoked <= until + SLACK_S
               for name in names for since, until in away.get(name, ()))


def rule_nothing_fails_at_members_that_stay(history):
    """An operation fails only where the member of its client was leaving."""
    away = absences(history)
    for op in history.of(Operation):
        if op.outcome == UNKNOWN and not is_excused(op, away):
            yield _tell(op)


def rule_members_agree(history):
    trees = history.of(Tree)
    for tree in trees[1:]:
        for path in sorted(set(tree.nodes) | set(trees[0].nodes)):
            one, other = trees[0].nodes.get(path), tree.nodes.get(path)
            if list(one or ()) != list(other or ()):
                yield f"{path}: {trees[0].member} shows {one}, {tree.member} {other}"


def lost_at_leavers(history):
    """(failed operations, operations): what clients of leaving members lost, for people."""
    operations = history.of(Operation)
    return sum(op.outcome == UNKNOWN for op in operations), len(operations)


def acknowledged_writes(history):
    return len(_acknowledged(history, *WRITES))
