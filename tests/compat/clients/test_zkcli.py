"""ZooKeeper's own shell (org.apache.zookeeper.ZooKeeperMain) against the server under test."""

import re
import subprocess

import pytest

from zk.server import class_path

# Command line -> what must stand in the output, in this order. A tuple is a regular expression.
SCRIPT = [
    ("create /cli one", "Created /cli"),
    ("create /cli", "Node already exists: /cli"),
    ("get /cli", "one"),
    ("set -s /cli two", r"dataVersion = 1"),
    ("set -v 0 /cli three", "version No is not valid : /cli"),
    ("create -s /cli/s- x", "Created /cli/s-0000000000"),
    ("create -e /cli/e x", "Created /cli/e"),
    ("create -c /cli/box", "Created /cli/box"),
    ("create -t 100000 /cli/ttl x", "Created /cli/ttl"),
    ("ls /cli", "[box, e, s-0000000000, ttl]"),
    ("ls -R /cli", "/cli/box"),
    ("ls -s /cli", "numChildren = 4"),
    ("stat /cli/e", r"ephemeralOwner = 0x1[0-9a-f]+"),
    ("getEphemerals", "[/cli/e]"),
    ("getAllChildrenNumber /cli", "4"),
    ("delete /cli", "Node not empty: /cli"),
    ("delete -v 9 /cli/box", "version No is not valid : /cli/box"),
    ("delete /none", "Node does not exist: /none"),
    ("addauth digest u:p", ""),
    ("create /cli/safe x auth::cdrwa", "Created /cli/safe"),
    ("getAcl /cli/safe", "'digest,'u:Jq7wMyA/w2Vd5WIDAKdu4OIIFEQ="),
    ("setAcl /cli/safe world:anyone:r", ""),
    ("set /cli/safe y", "Insufficient permission : /cli/safe"),
    ("getAcl -s /cli/safe", "aclVersion = 1"),
    ("whoami", "digest: u"),
    ("setquota -n 3 /cli/box", ""),
    ("listquota /cli/box", "Output quota for /cli/box count=3,bytes=-1"),
    ("listquota /cli/box", "Output stat for /cli/box count=1,bytes=0"),
    ("delquota /cli/box", ""),
    ("addWatch -m PERSISTENT /cli/box", ""),
    ("create /cli/box/x", "WatchedEvent state:SyncConnected type:NodeChildrenChanged path:/cli/box"),
    ("removewatches /cli/box", "WatchedEvent state:SyncConnected type:PersistentWatchRemoved"),
    ("get -w /cli", "two"),
    ("set /cli again", "WatchedEvent state:SyncConnected type:NodeDataChanged path:/cli"),
    ("sync /cli", "Sync is OK"),
    ("config", ""),
    ("reconfig -remove 1", "KeeperErrorCode = Reconfig is disabled"),
    ("deleteall /cli", ""),
    ("ls /", "[zookeeper]"),
    ("close", ""),
    ("quit", ""),
]


@pytest.fixture(scope="module")
def shell_server(server_class):
    with server_class({}, ["-Dzookeeper.extendedTypesEnabled=true"]) as started:
        yield started


def shell(server, *arguments, text=None):
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", class_path("zookeeper"),
               "org.apache.zookeeper.ZooKeeperMain", "-waitforconnection", "-server", server.hosts]  # fmt: skip
    return subprocess.run([*command, *arguments], input=text, capture_output=True, text=True,
                          timeout=120)  # fmt: skip


@pytest.fixture(scope="module")
def transcript(shell_server):
    """Everything that the shell prints for SCRIPT, on both streams."""
    done = shell(shell_server, text="\n".join(line for line, _ in SCRIPT) + "\n")
    return done.stdout + done.stderr


@pytest.mark.parametrize("line, expected", SCRIPT, ids=[line for line, _ in SCRIPT])
def test_script(transcript, line, expected):
    found = expected in transcript or re.search(expected.replace("[/", r"\[/"), transcript)
    assert found, transcript


def test_one_shot_commands(shell_server):
    made = shell(shell_server, "create", "/single", "data")
    assert (made.returncode, "Created /single" in made.stderr + made.stdout) == (0, True)
    missing = shell(shell_server, "get", "/missing")
    assert missing.returncode == 1
    assert "Node does not exist: /missing" in missing.stderr + missing.stdout


def test_chroot(shell_server):
    shell(shell_server, "create", "/chroot")
    command = ["java", "-cp", class_path("zookeeper"), "org.apache.zookeeper.ZooKeeperMain",
               "-waitforconnection", "-server", shell_server.hosts + "/chroot", "create", "/x"]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    assert "[x]" in shell(shell_server, "ls", "/chroot").stdout
