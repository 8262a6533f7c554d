"""Control groups of nodes, in every hierarchy that this machine has (version 1, version 2, both)."""

from pathlib import Path

INHERITED = ("cpuset.cpus", "cpuset.mems")  # Version 1 begins with none, and runs nothing in it.


def hierarchies():
    """Where they are mounted: {path: version}."""
    found = {}
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, path, kind = line.split()[:3]
        if kind in ("cgroup", "cgroup2"):
            found[Path(path)] = 2 if kind == "cgroup2" else 1
    assert found, "this machine has no control groups"
    return found


def make(name):
    for root, version in hierarchies().items():
        folder = root
        for part in Path(name).relative_to("/").parts:
            if version == 2:
                _delegate(folder)
            parent, folder = folder, folder / part
            folder.mkdir(exist_ok=True)
            for each in INHERITED:
                if version == 1 and (parent / each).exists():
                    (folder / each).write_text((parent / each).read_text(encoding="ascii"), encoding="ascii")
        if version == 2:
            _delegate(folder)


def _delegate(folder):
    """Groups below may use all controllers that this one has."""
    for controller in (folder / "cgroup.controllers").read_text(encoding="ascii").split():
        (folder / "cgroup.subtree_control").write_text(f"+{controller}", encoding="ascii")


def remove(name):
    """Removes a group and those below; False while something runs in one."""
    for root in hierarchies():
        top = root / Path(name).relative_to("/")
        folders = sorted((each for each in top.rglob("*") if each.is_dir()), reverse=True) + [top]
        for folder in folders:
            try:
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                return False
    return True
