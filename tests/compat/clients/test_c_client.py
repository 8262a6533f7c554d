"""The C client (libzookeeper_mt) against the server under test."""

import os
import subprocess

from zk.server import CACHE

SOURCE = os.path.join(os.path.dirname(__file__), "c", "client.c")


def test_c_client(server):
    os.makedirs(CACHE, exist_ok=True)
    program = os.path.join(CACHE, "c-client")
    command = ["cc", "-Wall", "-DTHREADED", "-o", program, SOURCE, "-lzookeeper_mt", "-lpthread"]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    done = subprocess.run([program, server.hosts], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "ok\n"), done.stderr
