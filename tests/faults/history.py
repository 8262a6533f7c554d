"""What clients saw, in a form that can be written to a file and checked later.

A history is a list of entries; each client's are in the order in which it saw them: replies as they
came, events among them, operations without an answer when their connection was lost.
"""

import dataclasses
import json
from dataclasses import dataclass, field

OK, REFUSED, UNKNOWN = "ok", "refused", "unknown"
WRITES = ("set", "create", "delete")
NO_NODE, BAD_VERSION, NODE_EXISTS = -101, -103, -110
DATA, CHILD = "data", "child"  # Kinds of watches.
CLOSED, EXPIRED, ABANDONED = "closed", "expired", "abandoned"  # How a session ended.


@dataclass
class Operation:
    """One request. Times are seconds of the test's monotonic clock.

    `kind` is set, create, delete, get, children or sync. `value` is what a set or a create writes, no
    two write the same; for a get, what it read. `zxid` is that of the reply's header: a write's own
    transaction, or how far the member was when it read.
    """

    client: int
    session: int
    connection: int  # Counts the client's connections; a session lives through several.
    kind: str
    path: str  # For a sequential create what was asked for; `name` is what it became.
    invoked: float
    outcome: str = UNKNOWN
    completed: float | None = None
    error: int = 0
    zxid: int | None = None
    value: str | None = None
    expected: int = -1  # The version that a set or delete asks for.
    version: int | None = None
    changed: int | None = None  # mzxid of a get, pzxid of a children.
    watch: bool = False
    is_sequential: bool = False
    is_ephemeral: bool = False
    multi: str | None = None  # The parts of a multi have the same one, and share all else.
    name: str | None = None
    names: list | None = None  # Of a children.


@dataclass
class Event:
    """A watch fired."""

    client: int
    session: int
    kind: str  # DATA or CHILD
    path: str
    at: float


@dataclass
class Session:
    """A session ended: how, and when its client last heard of a member while it lived."""

    client: int
    session: int
    end: str
    at: float
    timeout: float
    heard: float


@dataclass
class Node:
    """A znode at the end, as one member shows it."""

    value: str
    czxid: int
    mzxid: int
    pzxid: int
    version: int
    cversion: int
    owner: int
    children: int


KINDS = {kind.__name__: kind for kind in (Operation, Event, Session)}


@dataclass
class History:
    """`trees` are {member: {path: Node}}, read when everything had come to rest; `digests`, {member:
    {zxid: digest}}, are what members noted on their way."""

    entries: list = field(default_factory=list)
    trees: dict = field(default_factory=dict)
    digests: dict = field(default_factory=dict)
    stale_max: float = 1.5  # Seconds: reads show all that was acknowledged so long ago.

    @property
    def operations(self):
        return [entry for entry in self.entries if isinstance(entry, Operation)]

    def save(self, path):
        """One JSON object a line; fields that have their default value are left out."""
        with open(path, "w", encoding="utf-8") as file:
            for entry in self.entries:
                values = {f.name: getattr(entry, f.name) for f in dataclasses.fields(entry)
                          if getattr(entry, f.name) != f.default}  # fmt: skip
                file.write(json.dumps({"entry": type(entry).__name__, **values}) + "\n")
            for member, tree in self.trees.items():
                nodes = {path: dataclasses.asdict(node) for path, node in tree.items()}
                file.write(json.dumps({"entry": "tree", "member": member, "nodes": nodes}) + "\n")
            for member, digests in self.digests.items():
                pairs = sorted(digests.items())
                file.write(json.dumps({"entry": "digests", "member": member, "pairs": pairs}) + "\n")

    @classmethod
    def load(cls, path):
        history = cls()
        with open(path, encoding="utf-8") as file:
            for line in file:
                values = json.loads(line)
                kind = values.pop("entry")
                if kind == "digests":
                    history.digests[values["member"]] = dict(values["pairs"])
                elif kind == "tree":
                    tree = {path: Node(**node) for path, node in values["nodes"].items()}
                    history.trees[values["member"]] = tree
                else:
                    history.entries.append(KINDS[kind](**values))
        return history
