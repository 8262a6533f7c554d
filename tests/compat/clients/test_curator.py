"""Curator 2.12.0 (with the 3.4 client) and 5.x against the server under test."""

import glob
import os
import re
import subprocess

import pytest

from zk.server import CACHE, class_path

JAVA = os.path.join(os.path.dirname(__file__), "java")
PROGRAMS = [("curator2", "Recipes"), ("curator5", "Recipes"), ("curator5", "Modern")]


def check_names(program):
    """The names that a program registers, so that each is a test of its own."""
    with open(os.path.join(JAVA, program + ".java")) as source:
        return re.findall(r'checks\.put\("(\w+)"', source.read())


CASES = [(part, program, name) for part, program in PROGRAMS for name in check_names(program)]


@pytest.fixture(scope="module")
def ttl_server(server_class):
    with server_class({}, ["-Dzookeeper.extendedTypesEnabled=true"]) as started:
        yield started


@pytest.fixture(scope="module")
def outcomes(ttl_server):
    """{(part, program): {check: line}}: every program is compiled and run once."""
    running = {}
    for part, program in PROGRAMS:
        classes = compiled(part, program)
        command = ["java", "-Xmx128m", "-XX:TieredStopAtLevel=1", "-cp",
                   f"{classes}:{class_path(part)}", program, ttl_server.hosts, part + program]  # fmt: skip
        running[part, program] = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    results = {}
    for key, process in running.items():
        output = process.communicate(timeout=240)[0]
        found = re.findall(r"^(ok|FAIL) (\w+)(.*(?:\n(?!ok |FAIL ).*)*)", output, re.MULTILINE)
        results[key] = {name: (verdict + rest).strip() for verdict, name, rest in found}
        results[key]["output"] = output
    return results


def compiled(part, program):
    """The directory of the program's classes, built anew when a source is newer."""
    classes = os.path.join(CACHE, "classes", part)
    os.makedirs(classes, exist_ok=True)
    sources = [os.path.join(JAVA, name + ".java") for name in ("Checks", program)]
    built = os.path.join(classes, program + ".class")
    if not os.path.exists(built) or any(
        os.path.getmtime(source) > os.path.getmtime(built) for source in sources
    ):
        jars = ":".join(glob.glob(class_path(part) + ".jar"))
        command = ["javac", "-nowarn", "-Xlint:none", "-d", classes, "-cp", jars, *sources]
        done = subprocess.run(command, timeout=120, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    return classes


@pytest.mark.parametrize("part, program, name", CASES)
def test_curator(outcomes, part, program, name):
    outcome = outcomes[part, program]
    assert outcome.get(name) == "ok", outcome.get(name, outcome["output"][-2000:])
