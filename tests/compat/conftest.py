"""Options and fixtures of all compatibility tests."""

import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from zk.server import KINDS  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--server", choices=KINDS, default="ours", help="who is under test")
    parser.addoption("--left", choices=KINDS, default="apache", help="differential: reference")
    parser.addoption("--right", choices=KINDS, default=None, help="differential: under test")
    parser.addoption("--long", action="store_true", help="more seeds, more rounds")


@pytest.fixture(scope="session")
def kinds(request):
    """The two kinds of server of the differential test."""
    right = request.config.getoption("--right") or request.config.getoption("--server")
    return request.config.getoption("--left"), right


@pytest.fixture(scope="session")
def long_run(request):
    return request.config.getoption("--long")


@pytest.fixture(scope="session")
def server_class(request):
    """The class of the server under test."""
    return KINDS[request.config.getoption("--server")]


@pytest.fixture(scope="module")
def server(server_class):
    """A started server for the tests of one module."""
    with server_class({"tickTime": 500, "maxSessionTimeout": 60000}) as started:
        yield started
