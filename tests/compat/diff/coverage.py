"""What a differential run has exercised, and what it must have."""

from zk.records import NAMES

# Operation x error code that any reasonably long run reaches on the reference.
WANTED = {
    ("create", e) for e in (0, -101, -102, -110, -108, -114, -8)
} | {("create2", e) for e in (0, -101, -102, -110, -108, -114, -8)} | {
    ("createContainer", 0), ("createContainer", -8), ("createTTL", 0), ("createTTL", -6),
    ("createTTL", -8), ("delete", 0), ("delete", -101), ("delete", -102), ("delete", -103),
    ("delete", -111), ("delete", -8), ("setData", 0), ("setData", -101), ("setData", -102),
    ("setData", -103), ("setData", -8), ("setACL", 0), ("setACL", -101), ("setACL", -102),
    ("setACL", -103), ("setACL", -114), ("setACL", -8), ("exists", 0), ("exists", -101),
    ("exists", -102), ("getData", 0), ("getData", -101), ("getData", -102), ("getACL", 0),
    ("getACL", -101), ("getACL", -102), ("getChildren", 0), ("getChildren", -101),
    ("getChildren", -102), ("getChildren2", 0), ("getChildren2", -101), ("getChildren2", -102),
    ("multi", 0), ("multi", -5), ("multiRead", 0), ("sync", 0), ("ping", 0), ("whoAmI", 0),
    ("getEphemerals", 0), ("getAllChildrenNumber", 0), ("getAllChildrenNumber", -101),
    ("addWatch", 0), ("addWatch", -5), ("removeWatches", 0), ("removeWatches", -121),
    ("removeWatches", -5), ("checkWatches", 0), ("checkWatches", -121), ("setWatches", 0),
    ("setWatches2", 0), ("auth", 0), ("auth", -115), ("closeSession", 0), ("reconfig", -123),
    ("setData", -125), ("create", -125), ("raw", -6), ("raw", -5),
}  # fmt: skip
WANTED_EVENTS = {1, 2, 3, 4}
WANTED_STEPS = {"open", "call", "burst", "drop", "reattach", "expire", "handshake"}


class Coverage:
    """Counts (operation, error) pairs, event types, steps and multi results."""

    def __init__(self):
        self.pairs, self.events, self.steps = {}, {}, {}

    def note(self, step, frames):
        self._count(self.steps, step["do"])
        for received in frames.values():
            for frame in received:
                if frame["kind"] == "event":
                    self._count(self.events, frame["type"])
        if step["do"] == "call":
            name = step["op"]["op"]
            for frame in frames.get(step["conn"], ()):
                if frame["kind"] == "reply":
                    self._count(self.pairs, (name, frame["err"]))
        elif step["do"] == "burst":
            for frame in frames.get(step["conn"], ()):
                if frame["kind"] == "reply":
                    self._count(self.pairs, (NAMES.get(frame["op"], "?"), frame["err"]))

    @staticmethod
    def _count(table, key):
        table[key] = table.get(key, 0) + 1

    def merge(self, other):
        for mine, theirs in ((self.pairs, other.pairs), (self.events, other.events),
                             (self.steps, other.steps)):
            for key, count in theirs.items():
                mine[key] = mine.get(key, 0) + count

    def missing(self):
        """What a full run must reach and this one did not."""
        return sorted(
            [f"{op} {err}" for op, err in WANTED - set(self.pairs)]
            + [f"event {kind}" for kind in WANTED_EVENTS - set(self.events)]
            + [f"step {name}" for name in WANTED_STEPS - set(self.steps)]
        )

    def summary(self):
        lacking = self.missing()
        return (
            f"{len(self.pairs)} operation x error pairs, {sum(self.events.values())} events, "
            f"not reached: {', '.join(lacking) if lacking else 'nothing'}"
        )
