"""What was seen during a case, in a form that can be written to a file and judged later.

Times are seconds of the test's monotonic clock. A history is a list of records, ordered by time
within what one observer saw (a client, the watch of Pods, the watch of clusters).
"""

import dataclasses
import json
from dataclasses import dataclass, field

OK, REFUSED, UNKNOWN = "ok", "refused", "unknown"
WRITES = ("set", "create", "delete")
SESSION_TIMEOUT_S = 30.0  # Of every client.


@dataclass
class Operation:
    """One call of a client library. Its caller never retries: an error is a failed operation.

    `kind` is set, create, delete or get. No two writes write the same `value`; a get has the value
    that it read. `member` is empty for a client that may be connected to any.
    """

    client: str
    member: str
    session: int
    kind: str
    path: str
    invoked: float
    completed: float
    outcome: str
    value: str = ""
    error: str = ""
    version: int = -1  # After a set, or read by a get.
    zxid: int = 0  # Of a write its own transaction, of a get that of the last change.


@dataclass
class SessionLost:
    """A client was told that its session has expired. `member`: the only one that it connects to, if any."""

    client: str
    session: int
    at: float
    member: str = ""


@dataclass
class PodSeen:
    """One event of the watch of Pods. `is_gone`: it was the last about this uid."""

    name: str
    uid: str
    at: float
    zone: str = ""
    is_ready: bool = False
    is_terminating: bool = False
    is_gone: bool = False


@dataclass
class ClusterSeen:
    """One event of the watch of QuorumClusters."""

    name: str
    uid: str
    generation: int
    at: float
    spec: dict
    status: dict
    spec_managers: list = field(default_factory=list)  # Of the fields below spec.


@dataclass
class SpecWritten:
    """The test itself changed the spec; `generation` is what the API answered."""

    name: str
    uid: str
    generation: int


@dataclass
class Fault:
    """The test did something to members; `until` is when it found them well again."""

    what: str
    members: list
    at: float
    until: float | None = None


@dataclass
class Tree:
    """At the end, as one member shows it: {path: [value, version, zxid of the last change]}."""

    member: str
    nodes: dict


KINDS = {kind.__name__: kind
         for kind in (Operation, SessionLost, PodSeen, ClusterSeen, SpecWritten, Fault, Tree)}


class History:
    """Records of all observers. Appending is safe from any thread."""

    def __init__(self, records=()):
        self.records = list(records)

    def add(self, record):
        self.records.append(record)
        return record

    def of(self, kind):
        return [record for record in self.records if isinstance(record, kind)]

    def save(self, path):
        """One JSON object a line."""
        with open(path, "w", encoding="utf-8") as file:
            for record in list(self.records):
                values = {"record": type(record).__name__, **dataclasses.asdict(record)}
                file.write(json.dumps(values) + "\n")

    @classmethod
    def load(cls, path):
        history = cls()
        with open(path, encoding="utf-8") as file:
            for line in file:
                values = json.loads(line)
                history.add(KINDS[values.pop("record")](**values))
        return history
