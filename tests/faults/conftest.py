"""Options and fixtures of the fault tests. They run in namespaces that run.sh makes."""

import os
import signal
import socket
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "compat")]
KEPT = os.environ.get("QUORATE_FAULTS_KEEP", "/tmp/quorate-faults")
PLACE = "/run/quorate-faults"  # In a tmpfs of our own, see below.


def pytest_addoption(parser):
    parser.addoption("--rounds", type=int, default=10, help="how many seeds")
    parser.addoption("--seed", type=int, default=1, help="the first of them")
    parser.addoption("--hours", type=float, default=0, help="as many seeds as fit, --rounds at least")
    parser.addoption("--long", action="store_true", help="10 minutes of saturation, not one")


def pytest_configure():
    """Refuses to touch a network that is not ours, and makes the places that are."""
    interfaces = [name for _, name in socket.if_nameindex()]
    if os.environ.get("QUORATE_FAULTS_NAMESPACES") != "made" or os.getpid() > 2:
        pytest.exit("start these tests with tests/faults/run.sh: they need namespaces of their own "
                    f"(this network has {interfaces})", returncode=2)  # fmt: skip
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    # The first process of a namespace has no default for it.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))


@pytest.fixture(scope="session")
def clock_library():
    """clock.c, compiled: what moves a member's wall clock."""
    path = "/run/clock.so"
    source = os.path.join(HERE, "clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-Werror", source, "-o", path],
                   check=True)  # fmt: skip
    return path


@pytest.fixture
def say(capsys):
    """Prints a line past pytest, as it happens, and keeps nothing."""

    def line(text):
        with capsys.disabled():
            print(f"  {text}", flush=True)

    return line
