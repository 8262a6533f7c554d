"""Rules about what the API server showed: placement, quorum, one change at a time, spec and ids."""

import collections

from .records import ClusterSeen, Fault, PodSeen, SpecWritten

FIELD_MANAGER = "quorate-operator"


def _by_cluster(history):
    """{uid: [ClusterSeen]}, in the order in which they were seen."""
    found = collections.defaultdict(list)
    for seen in history.of(ClusterSeen):
        found[seen.uid].append(seen)
    return found


def _voters(seen):
    return [m for m in seen.status.get("members", ()) if m.get("role") == "Voter"]


def rule_operator_never_writes_spec(history):
    """Each generation is one that the test wrote, and no field of spec is the operator's."""
    written = {(w.uid, w.generation) for w in history.of(SpecWritten)}
    for uid, states in _by_cluster(history).items():
        specs = {}
        for seen in states:
            if (uid, seen.generation) not in written and not seen.status.get("_deleting"):
                yield f"{seen.name}: nobody but the operator can have made generation {seen.generation}"
            if specs.setdefault(seen.generation, seen.spec) != seen.spec:
                yield f"{seen.name}: the spec changed within generation {seen.generation}"
            if FIELD_MANAGER in seen.spec_managers:
                yield f"{seen.name}: {FIELD_MANAGER} owns fields of spec"


def rule_no_zone_has_a_majority(history):
    """With three zones or more and three voters or more, unless the person accepts it."""
    for seen in history.of(ClusterSeen):
        voters = _voters(seen)
        if len(seen.status.get("zones", ())) < 3 or len(voters) < 3 or seen.spec.get("allowZoneRisk"):
            continue
        for zone, count in collections.Counter(m.get("zone") for m in voters).items():
            if count * 2 > len(voters):
                yield f"{seen.name} at {seen.at:.3f}: zone {zone} has {count} of {len(voters)} voters"


def rule_voters_stay_odd(history):
    """Promotions and demotions come in pairs; only one that lost its volume stops voting alone."""
    for seen in history.of(ClusterSeen):
        count = len(_voters(seen))
        is_replacing = (seen.status.get("inFlight") or {}).get("kind") == "ReplacingMember"
        if count and count % 2 == 0 and not is_replacing:
            yield f"{seen.name} at {seen.at:.3f}: {count} voters"


def rule_ids_are_stable(history):
    """A member's id and zone and the ensemble's id never change; no two members share an id."""
    for states in _by_cluster(history).values():
        known = {}
        for seen in states:
            members = seen.status.get("members", ())
            ids = [m.get("myid") for m in members]
            if len(set(ids)) != len(ids):
                yield f"{seen.name} at {seen.at:.3f}: ids {ids}"
            facts = {m["name"]: (m.get("myid"), m.get("zone")) for m in members}
            if seen.status.get("ensembleId"):
                facts[""] = seen.status["ensembleId"]
            for name, fact in facts.items():
                if known.setdefault(name, fact) != fact:
                    yield f"{seen.name} at {seen.at:.3f}: {name or 'ensemble'} was {known[name]}, is {fact}"


def rule_transition_times_change_on_flips_only(history):
    for states in _by_cluster(history).values():
        last = {}
        for seen in states:
            for condition in seen.status.get("conditions", ()):
                now = (condition["status"], condition.get("lastTransitionTime"))
                before = last.setdefault(condition["type"], now)
                if before[0] == now[0] and before[1] != now[1]:
                    yield f"{seen.name} at {seen.at:.3f}: {condition['type']} {before} -> {now}"
                last[condition["type"]] = now


def rule_configuration_rests_during_a_roll(history):
    """One change at a time: while a batch is away the configuration stays as it is."""
    for states in _by_cluster(history).values():
        for seen, following in zip(states, states[1:]):
            one, other = (state.status.get("inFlight") or {} for state in (seen, following))
            is_rolling = one.get("kind") == "Rolling" and one == other
            versions = seen.status.get("configVersion"), following.status.get("configVersion")
            if is_rolling and versions[0] != versions[1]:
                yield f"{seen.name} at {following.at:.3f}: configuration {versions} while {one}"


def _is_struck(history, name, at):
    return any(name in fault.members and fault.at <= at <= (fault.until or float("inf"))
               for fault in history.of(Fault))


def rule_a_quorum_of_voters_stays(history):
    """When a ready voter is told to end, those that stay and are ready are a quorum without it.

    One voter alone cannot be restarted otherwise; All was the person's wish; what the test itself
    struck is no doing of the operator, though it counts as away."""
    pods, cluster = {}, None
    for record in history.records:
        if isinstance(record, ClusterSeen):
            cluster = record
        if not isinstance(record, PodSeen):
            continue
        before = pods.get(record.name)
        pods[record.name] = record
        is_leaving = record.is_terminating and not record.is_gone
        was_serving = before is not None and before.uid == record.uid and before.is_ready
        if not is_leaving or not was_serving or before.is_terminating or cluster is None:
            continue
        voters = {m["name"] for m in _voters(cluster)}
        is_meant = cluster.status.get("_deleting") or cluster.spec.get("update", {}).get("allowDowntime")
        if record.name not in voters or len(voters) < 2 or is_meant:
            continue
        if _is_struck(history, record.name, record.at):
            continue
        staying = [name for name, pod in pods.items()
                   if name in voters and pod.is_ready and not pod.is_terminating and not pod.is_gone]
        if len(staying) * 2 <= len(voters):
            yield (f"at {record.at:.3f} {record.name} was told to end, which left "
                   f"{sorted(staying)} of the voters {sorted(voters)}")
