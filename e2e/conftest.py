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
from harness.kubernetes_plane import BuiltPlane, KubernetesPlane  # noqa: E402
from harness.plane import LocalPlane  # noqa: E402

NOTES = []


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="also the cases that take long")
    parser.addoption("--kubeconfig", default=None, help="a cluster; without one, quorate-local")
    parser.addoption("--build-kubernetes", action="store_true", help="a cluster of our own, built for the run")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: only with --long")
    config.addinivalue_line("markers", "local: needs quorate-local")
    config.addinivalue_line("markers", "machine: needs Pods that are processes of this machine")
    config.addinivalue_line("markers", "kubernetes: needs a Kubernetes")
    # The end of the tests ends what they started, whoever asks for it; Python listens to no Ctrl-C
    # where it was started in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def missing(item, config):
    """What a case needs and this run does not have; empty when there is nothing."""
    is_built, is_given = config.getoption("--build-kubernetes"), bool(config.getoption("--kubeconfig"))
    if "long" in item.keywords and not config.getoption("--long"):
        return "only with --long"
    if "local" in item.keywords and (is_built or is_given):
        return "needs quorate-local"
    if "machine" in item.keywords and is_given:
        return "needs Pods that are processes of this machine"
    if "kubernetes" in item.keywords and not (is_built or is_given):
        return "needs a Kubernetes"
    return ""


def pytest_collection_modifyitems(config, items):
    for item in items:
        if reason := missing(item, config):
            item.add_marker(pytest.mark.skip(reason=reason))


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
    kubeconfig = request.config.getoption("--kubeconfig")
    if request.config.getoption("--build-kubernetes"):
        made = BuiltPlane(folder, binaries)
    elif kubeconfig:
        made = KubernetesPlane(folder, binaries, kubeconfig, *(os.environ[f"QUORATE_E2E_{each}"].split(",") for each in ("IMAGES", "OPERATORS")))
    else:
        made = LocalPlane(folder, binaries)
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
