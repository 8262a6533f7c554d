"""Steps from a seed. What the reference server answered steers the choice of paths and versions."""

import random

from diff import shapes
from zk import records
from zk.records import OPEN

NAMES = ("a", "b", "c", "d")
ORDINARY = 6  # Connections beside the one that never restricts itself.
VERBS = {
    "create": 22,
    "delete": 12,
    "set_data": 12,
    "read": 22,
    "acl": 8,
    "multi": 9,
    "multi_read": 3,
    "watch": 12,
    "set_watches": 2,
    "small": 6,
    "auth": 3,
    "bad": 5,
    "burst": 7,
    "quota": 3,
    "connection": 4,
    "expire": 0.15,
}


class Generator:
    """Yields steps below one root; `observe` feeds the reference's frames back."""

    def __init__(self, seed, features=()):
        self.random = random.Random(f"{seed}/{','.join(sorted(features))}")
        self.root = f"/s{seed}"
        self.features = set(features)
        self.known = {}
        self.open = {}
        self.counter = 0
        self.multi_ids = set()

    # The walk.

    def opening(self):
        """The first steps of every seed: two connections and the root."""
        yield self._open_step()
        yield self._open_step()
        first = sorted(self.open)[0]
        yield {"do": "call", "conn": first, "op": {"op": "create", "path": self.root}}

    def next(self):
        """One step; may be a list, whose steps belong together."""
        if not self.open:
            return self._open_step()
        verbs, weights = zip(*VERBS.items())
        verb = self.random.choices(verbs, weights)[0]
        return getattr(self, "_" + verb)()

    def observe(self, step, frames):
        """Learns which nodes exist, and which connections do."""
        if step["do"] == "call":
            replies = [f for f in frames.get(step["conn"], ()) if f["kind"] == "reply"]
            if replies:
                self._learn(step["op"], replies[-1])
        for name, received in frames.items():
            if any(frame["kind"] == "closed" for frame in received):
                self.open.pop(name, None)

    def _learn(self, op, reply):
        if op["op"] in ("multi", "multiRead"):
            for part, result in zip(op["ops"], reply["body"].get("results", ())):
                self._learn(part, {"err": result.get("err", 0), "body": result})
            return
        path, body = op.get("path"), reply["body"]
        if reply["err"] == -101 or (op["op"] == "delete" and reply["err"] == 0):
            self.known.pop(path, None)
        elif reply["err"] == 0 and op["op"].startswith("create") and "path" in body:
            self.known[body["path"]] = {"version": 0, "aversion": 0}
        elif reply["err"] == 0 and "stat" in body:
            self.known[path] = body["stat"]

    # Choices.

    def path(self):
        """Mostly a node that exists, else a neighbour of one."""
        chance = self.random.random()
        existing = sorted(p for p in self.known if p and p != self.root)
        if existing and chance < 0.72:
            return self.random.choice(existing)
        if chance < 0.93:
            return self.fresh_path()
        return self.random.choice([self.root, "/", "/zookeeper", "/zookeeper/quota", "/nowhere"])

    def fresh_path(self):
        parents = [self.root] + sorted(p for p in self.known if p and p.count("/") < 5)
        parent = self.random.choice(parents)
        if not parent.startswith(self.root):
            parent = self.root
        return f"{parent}/{self.random.choice(NAMES)}"

    def writable_path(self):
        """As path(), but nothing whose change would reach beyond this seed."""
        path = self.path()
        return path if path.startswith(self.root + "/") else self.fresh_path()

    def version(self, path, field="version"):
        known = self.known.get(path, {}).get(field, 0)
        return self.random.choice([-1, -1, known, known, known, known + 1, 0, -2, 1 << 30])

    def data(self):
        size = self.random.choice([0, 0, 1, 3, 20, 300, 2000])
        kind = self.random.random()
        if kind < 0.08:
            return None
        return bytes(self.random.getrandbits(8) for _ in range(min(size, 20))) * max(size // 20, 1)

    def acl(self):
        return OPEN if self.random.random() < 0.7 else self.random.choice(shapes.ACLS)

    def conn(self):
        return self.random.choice(sorted(self.open))

    def _call(self, op, conn=None, **more):
        return {"do": "call", "conn": conn or self.conn(), "op": op, **more}

    # Operations.

    def create_op(self):
        kind = self.random.random()
        op = {"path": self.fresh_path(), "data": self.data(), "acl": self.acl()}
        if kind < 0.12:
            return {**op, "op": "createContainer", "flags": self.random.choice([4, 4, 4, 0, 2, 5, 9])}
        if kind < 0.24:
            ttl = self.random.choice([1 << 39, 3600000, 3600000, 0, -1, 1 << 40])
            flags = self.random.choice([5, 6] if ttl < 0 else [5, 5, 6, 6, 0, 4, 7])
            return {**op, "op": "createTTL", "flags": flags, "ttl": ttl}
        flags = self.random.choice([0, 0, 0, 0, 0, 1, 1, 2, 2, 3, 5, 6, 7, -1])
        if flags in (2, 3) and self.random.random() < 0.2:
            op["path"] = op["path"].rsplit("/", 1)[0] + "/"
        return {**op, "op": self.random.choice(["create", "create2"]), "flags": flags}

    def delete_op(self):
        path = self.writable_path()
        return {"op": "delete", "path": path, "version": self.version(path)}

    def set_data_op(self):
        path = self.writable_path()
        return {"op": "setData", "path": path, "data": self.data(), "version": self.version(path)}

    def check_op(self):
        path = self.path()
        return {"op": "check", "path": path, "version": self.version(path)}

    def set_acl_op(self):
        path = self.writable_path()
        version = self.version(path, "aversion")
        return {"op": "setACL", "path": path, "acl": self.acl(), "version": version}

    def read_op(self):
        op = self.random.choice(["exists", "getData", "getChildren", "getChildren2", "getACL"])
        return {"op": op, "path": self.path(), "watch": self.random.random() < 0.4}

    def multi_op(self):
        makers = [self.create_op, self.create_op, self.set_data_op, self.delete_op, self.check_op]
        ops = [self.random.choice(makers)() for _ in range(self.random.choice([0, 1, 2, 2, 3, 3, 5]))]
        for op in ops:
            # Which check a bad mode or a null ACL fails inside a multi is a corner of its own.
            if op["op"] in ("create", "create2", "createContainer") and op["flags"] not in range(4):
                op["flags"] = 0 if op["op"] != "createContainer" else 4
            if op["op"] == "createTTL" and op["flags"] not in (5, 6):
                op["flags"] = 5
            if op.get("acl", OPEN) is None:
                op["acl"] = []
        return {"op": "multi", "ops": ops}

    def _create(self):
        return self._call(self.create_op())

    def _delete(self):
        return self._call(self.delete_op())

    def _set_data(self):
        return self._call(self.set_data_op())

    def _read(self):
        return self._call(self.read_op())

    def _acl(self):
        return self._call(self.set_acl_op())

    def _multi(self):
        return self._call(self.multi_op())

    def _multi_read(self):
        ops = [{"op": self.random.choice(["getData", "getChildren"]), "path": self.path()}
               for _ in range(self.random.randrange(5))]
        return self._call({"op": "multiRead", "ops": ops})

    def _watch(self):
        op = self.random.choice(["addWatch", "addWatch", "removeWatches", "checkWatches"])
        kinds = [0, 1] if op == "addWatch" else [1, 2, 3, 4, 5]
        kind = self.random.choice(kinds * 4 + [-1, 9])
        return self._call({"op": op, "path": self.path(), "type": kind})

    def _set_watches(self):
        def some():
            return [self.path() for _ in range(self.random.choice([0, 1, 1, 2, 3]))]

        op = {"op": "setWatches", "zxid": ("last", -self.random.randrange(30)), "data": some(),
              "exist": some(), "child": some()}
        if self.random.random() < 0.5:
            op |= {"op": "setWatches2", "persistent": some(), "recursive": some()}
        # As super: what it may not read is an intended difference.
        conn = self.conn()
        auth = {"op": "auth", "scheme": "digest", "auth": b"super:test"}
        return [self._call(auth, conn), self._call(op, conn)]

    def _small(self):
        path = self.path()
        return self._call(self.random.choice([
            {"op": "sync", "path": path},
            {"op": "ping"},
            {"op": "whoAmI"},
            {"op": "getEphemerals", "path": self.random.choice([path, "/", self.root, ""])},
            {"op": "getAllChildrenNumber", "path": path},
            {"op": "reconfig", "joining": "server.5=a:1:2;3", "leaving": None, "members": None},
        ]))

    def _auth(self):
        scheme, payload = self.random.choice(shapes.CREDENTIALS)
        return self._call({"op": "auth", "scheme": scheme, "auth": payload})

    def _bad(self):
        if self.random.random() < 0.5:
            op = self.random.choice([self.create_op, self.delete_op, self.set_data_op,
                                     self.set_acl_op, self.read_op, self.check_multi])()
            target = op["ops"][0] if op["op"] == "multi" else op
            target["path"] = self.random.choice(shapes.BAD_PATHS)
            if target["path"] is None and target["op"] not in shapes.NULL_PATH_ALIKE:
                target["path"] = ""
            return self._call(op)
        step = shapes.bad_request(self.random, self.read_op(), self.create_op())
        return self._call(step["op"], closes=step["closes"])

    def check_multi(self):
        return {"op": "multi", "ops": [self.check_op(), self.create_op_plain()]}

    def create_op_plain(self):
        return {"op": "create", "path": self.fresh_path()}

    def _burst(self):
        # No setACL: Apache's checks of later requests overlook one that is not applied yet.
        makers = [self.create_op, self.set_data_op, self.delete_op, self.read_op, self.read_op,
                  self.multi_op, lambda: {"op": "ping"}]
        ops = [self.random.choice(makers)() for _ in range(self.random.randrange(2, 12))]
        return {"do": "burst", "conn": self.conn(), "ops": ops}

    def _quota(self):
        target = f"{self.root}/{self.random.choice(NAMES)}"
        base = "/zookeeper/quota"
        parts = [f"{base}{self.root}", f"{base}{target}"]
        limits = self.random.choice(shapes.LIMITS)
        conn = self.conn()
        choice = self.random.random()
        if choice < 0.5:
            made = [{"op": "create", "path": part} for part in parts]
            made.append({"op": "create", "path": parts[1] + "/zookeeper_limits", "data": limits})
            made.append({"op": "create", "path": parts[1] + "/zookeeper_stats", "data": shapes.STATS})
            return [self._call(op, conn) for op in made]
        if choice < 0.7:
            return self._call({"op": "setData", "path": parts[1] + "/zookeeper_limits",
                               "data": limits}, conn)
        if choice < 0.8:
            leaf = self.random.choice(["/zookeeper_limits", "/zookeeper_stats"])
            return self._call({"op": "delete", "path": parts[1] + leaf}, conn)
        return self._call({"op": "getData", "path": parts[1] + "/zookeeper_stats"}, conn)

    # Connections.

    def _open_step(self, **more):
        self.counter += 1
        name = f"c{self.counter:03}"
        self.open[name] = True
        return {"do": "open", "conn": name, **more}

    def _connection(self):
        if len(self.open) < ORDINARY and self.random.random() < 0.5:
            return self._open_step(
                read_only=self.random.choice([False, False, True, None]),
                timeout=self.random.choice([600000, 600000, 60000, 10**9]),
                zxid=self.random.choice([0, ("last", 0), ("last", -3)]),
            )
        conn = self.conn()
        choice = self.random.random()
        if choice < 0.35:
            return self._call({"op": "closeSession"}, conn, unordered_events=True)
        if choice < 0.45:
            return {"do": "handshake", "data": self.random.choice(shapes.HANDSHAKES)}
        if choice < 0.6:
            self.counter += 1
            other = f"c{self.counter:03}"
            self.open[other] = True
            return {"do": "reattach", "conn": other, "of": conn, "zxid": ("last", 0)}
        if choice < 0.7:
            self.counter += 1
            return {"do": "reattach", "conn": f"c{self.counter:03}", "of": conn, "zxid": ("last", 9)}
        return [{"do": "drop", "conn": conn}, {"do": "reattach", "conn": conn, "of": conn}]

    def _expire(self):
        """A session with an ephemeral that another watches is left to die."""
        if not self.open:
            return self._open_step()
        watcher = self.conn()
        dying = self._open_step(timeout=1)
        name = dying["conn"]
        path = f"{self.root}/dying{self.counter}"
        self.open.pop(name)
        return [
            dying,
            self._call({"op": "create", "path": path, "flags": 1}, name),
            self._call({"op": "exists", "path": path, "watch": True}, watcher),
            {"do": "expire", "conn": name, "watcher": watcher, "unordered_events": True},
            {"do": "reattach", "conn": name, "of": name},
        ]


def describe(step):
    """One line that says what a step does, long data cut."""
    return f"{step['do']} {_short({k: v for k, v in step.items() if k != 'do'})}"


def _short(value):
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_short(item) for item in value]
    if isinstance(value, bytes) and len(value) > 16:
        return f"{len(value)} bytes"
    return value


__all__ = ["Generator", "describe", "records"]
