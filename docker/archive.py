#!/usr/bin/env python3
"""Makes a docker archive (what `docker load` reads) of a file system, without any container tool.

    docker/archive.py ROOT FILE NAME:TAG ENTRYPOINT [LABEL=VALUE]...

For machines where none runs, and for builds that already have their binaries. The same input gives
the same bytes.
"""

import hashlib
import io
import json
import os
import pathlib
import platform
import sys
import tarfile
import time

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def epoch():
    return int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def layer_of(root):
    """One layer: every file of the root, owned by root, in order, with one time."""

    def plain(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = epoch()
        return entry

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(root.rglob("*")):
            tar.add(path, arcname=str(path.relative_to(root)), recursive=False, filter=plain)
    return buffer.getvalue()


def config_of(layer, entrypoint, labels):
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch()))
    return {
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "created": created,
        "config": {
            "User": "65532:65532",
            "Env": ["PATH=/usr/bin"],
            "Entrypoint": [entrypoint],
            "WorkingDir": "/",
            "Labels": labels,
        },
        "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
        "history": [{"created": created, "created_by": "docker/archive.py"}],
    }


def write(file, members):
    with tarfile.open(file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(content), epoch(), 0o644
            tar.addfile(entry, io.BytesIO(content))


def main():
    if len(sys.argv) < 5:
        raise SystemExit(__doc__)
    root, file, name, entrypoint = pathlib.Path(sys.argv[1]), *sys.argv[2:5]
    labels = dict(each.split("=", 1) for each in sys.argv[5:])
    layer = layer_of(root)
    config = json.dumps(config_of(layer, entrypoint, labels), sort_keys=True).encode()
    layer_name = hashlib.sha256(layer).hexdigest() + ".tar"
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = [{"Config": config_name, "RepoTags": [name], "Layers": [layer_name]}]
    write(file, [(layer_name, layer), (config_name, config), ("manifest.json", json.dumps(manifest).encode())])


if __name__ == "__main__":
    main()
