"""Options and fixtures: one API server and one operator a run, one namespace a case."""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from harness.case import Case  # noqa: E402
from harness.plane import Plane  # noqa: E402

NOTES = []


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also the cases that take long")
    parser.addoption("--kubeconfig", default=None, help="a cluster; without one, quorate-local")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: only with --long")
    config.addinivalue_line("markers", "local: needs Pods that are processes of this machine")
    # The end of the tests ends what they started, whoever asks for it.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def pytest_collection_modifyitems(config, items):
    for item in items:
        if "long" in item.keywords and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="only with --long"))
        if "local" in item.keywords and config.getoption("--kubeconfig"):
            item.add_marker(pytest.mark.skip(reason="needs quorate-local"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.failed:
        item.has_failed = True
        if "case" in item.funcargs:
            item.funcargs["case"].keep_evidence()
            report.sections.append(("evidence", str(item.funcargs["case"].folder)))


def pytest_terminal_summary(terminalreporter):
    for note in NOTES:
        terminalreporter.write_line(note)


@pytest.fixture(scope="session")
def plane(request):
    folder = Path(os.environ.get("QUORATE_E2E_DIR") or tempfile.mkdtemp(prefix="quorate-e2e-"))
    folder.mkdir(parents=True, exist_ok=True)
    binaries = Path(os.environ.get("QUORATE_BIN") or HERE.parent / "build/release/bin")
    made = Plane(folder, binaries, request.config.getoption("--kubeconfig"))
    try:
        yield made.start()
    finally:
        made.stop()
        if request.session.testsfailed:
            NOTES.append(f"evidence of failures: {folder}")
        elif "QUORATE_E2E_DIR" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def case(request, plane):
    name = request.node.name.removeprefix("test_").replace("_", "-").replace("[", "-").rstrip("]")[:40]
    made = Case(plane, name, plane.folder / "cases" / name)
    try:
        made.start()
        yield made
    finally:
        made.close()
        NOTES.extend(f"{name}: {note}" for note in made.notes)
