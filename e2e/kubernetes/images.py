"""Archives of the images that a cluster of our own runs, from programs, without a registry."""

import shutil
import subprocess
import sys
from pathlib import Path

from .layout import DNS_IMAGE, PAUSE_IMAGE

ROOT = Path(__file__).resolve().parents[2]
# The first process of every Pod: holds its namespaces, does nothing.
PAUSE = "#include <unistd.h>\nint main() { for (;;) pause(); }\n"


def _archive(root, target, name, program):
    subprocess.run([sys.executable, ROOT / "docker/archive.py", root, target, name, program], check=True)


def make(folder, binaries, tools):
    """Writes FOLDER/NAME.tar of the shipped images, of CoreDNS and of the pause container."""
    folder.mkdir(parents=True)
    subprocess.run([ROOT / "docker/build.sh", "--binaries", binaries, "--output", folder], check=True,
                   stdout=subprocess.DEVNULL)
    pause, dns = folder / "pause-root", folder / "dns-root"
    for root in (pause, dns):
        (root / "usr/bin").mkdir(parents=True)
    subprocess.run(["gcc", "-static", "-Os", "-s", "-x", "c", "-", "-o", pause / "usr/bin/pause"],
                   input=PAUSE, text=True, check=True)
    shutil.copy2(Path(tools) / "coredns", dns / "usr/bin/coredns")
    _archive(pause, folder / "pause.tar", PAUSE_IMAGE, "/usr/bin/pause")
    _archive(dns, folder / "coredns.tar", DNS_IMAGE, "/usr/bin/coredns")
