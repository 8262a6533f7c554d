"""Each header compiles alone.

A header that its own source includes first is proven by the build, and skipped here unless all are
asked for. Answers are kept by content, so that only what changed is compiled."""

import concurrent.futures
import hashlib
import os
import subprocess
import tempfile
import time
from pathlib import Path

from rules import Violation, proving_sources

# As in deploy/cmake/flags.cmake, as far as a header can tell.
FLAGS = (
    "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror",
    "-Wno-missing-field-initializers", "-DSPDLOG_COMPILED_LIB", "-DSPDLOG_SHARED_LIB",
    "-DSPDLOG_FMT_EXTERNAL", "-D_GLIBCXX_ASSERTIONS", '-DQUORATE_VERSION="0"',
    '-DQUORATE_BUILT_ON="0"',
)


def _closure_texts(path, by_path, seen):
    """The header and every file of the tree that it includes, in a fixed order."""
    if path in seen or path not in by_path:
        return
    seen[path] = by_path[path].text
    for include in by_path[path].includes:
        if not include.angle:
            _closure_texts(include.path, by_path, seen)


def _key(path, by_path, compiler):
    seen = {}
    _closure_texts(path, by_path, seen)
    digest = hashlib.sha256(repr((path, compiler, FLAGS)).encode())
    for name in sorted(seen):
        digest.update(repr((name, seen[name])).encode())
    return digest.hexdigest()


def _compile(root, path, compiler):
    """The first error of a file that includes nothing but the header; empty when it compiles."""
    with tempfile.NamedTemporaryFile("w", suffix=".cc") as unit:
        # Twice, so that a missing guard shows.
        unit.write(f'#include "{path}"\n#include "{path}"\n')
        unit.flush()
        answer = subprocess.run(
            [compiler, *FLAGS, f"-I{root}", unit.name], capture_output=True, text=True
        )
    if answer.returncode == 0:
        return ""
    errors = [line for line in answer.stderr.splitlines() if "error:" in line]
    return (errors or answer.stderr.splitlines() or ["the compiler failed"])[0]


def _version(compiler):
    return subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout


def check_headers(root, sources, cache_dir, budget_s, check_all=False, compiler="g++"):
    """Violations, and how many headers were compiled now. What the budget does not reach is a
    violation of its own, never a silent success."""
    by_path = {s.path: s for s in sources if s.is_cpp}
    proven = {} if check_all else proving_sources(sources)
    headers = [s.path for s in sources if s.is_header and s.path not in proven]
    version = _version(compiler)
    cache_dir = Path(cache_dir)
    cache_dir.mkdir(parents=True, exist_ok=True)
    keys = {path: _key(path, by_path, version) for path in headers}
    stale = [path for path in headers if not (cache_dir / keys[path]).exists()]
    deadline = time.monotonic() + budget_s
    violations = []

    def work(path):
        if time.monotonic() > deadline:
            return path, None
        return path, _compile(root, path, compiler)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, error in pool.map(work, stale):
            if error is None:
                violations.append(
                    Violation(path, 1, "header-alone", f"not reached within {budget_s} s")
                )
            elif error:
                violations.append(Violation(path, 1, "header-alone", error))
            else:
                (cache_dir / keys[path]).touch()
    return violations, len(stale)
