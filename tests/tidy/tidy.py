#!/usr/bin/env python3
"""Checks the tree against the rules of its layers, purity, sizes, form and words.

    tidy.py [--root DIR] [--headers | --all-headers] [--format] [--cache DIR] [--budget SECONDS] [--list]
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from headers import check_headers  # noqa: E402
from rules import RULES, Violation, check  # noqa: E402
from source import read_tree  # noqa: E402

CLANG_FORMAT = "clang-format-14"


def check_format(root, sources):
    """C++ that clang-format would lay out differently; nothing where there is no clang-format."""
    paths = [s.path for s in sources if s.is_cpp]
    if shutil.which(CLANG_FORMAT) is None or not (Path(root) / ".clang-format").exists():
        return []
    answer = subprocess.run(
        [CLANG_FORMAT, "--dry-run", *paths], cwd=root, capture_output=True, text=True
    )
    found = {}
    for line in answer.stderr.splitlines():
        parts = line.split(":", 3)
        if len(parts) == 4 and "[-Wclang-format-violations]" in line:
            found.setdefault(parts[0], int(parts[1]))
    return [Violation(p, n, "format", f"{CLANG_FORMAT} -i {p}") for p, n in sorted(found.items())]


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=str(Path(__file__).resolve().parents[2]))
    parser.add_argument("--headers", action="store_true", help="compile each header alone")
    parser.add_argument("--all-headers", action="store_true", help="also those the build proves")
    parser.add_argument("--format", action="store_true", help="check the layout of C++")
    parser.add_argument("--cache", default=None, help="folder of known answers; build/tidy")
    parser.add_argument("--budget", type=float, default=600, help="seconds for the headers")
    parser.add_argument("--list", action="store_true", help="print the rules and stop")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse_arguments(arguments)
    if options.list:
        for rule in RULES:
            print(f"{rule.__name__.removeprefix('rule_'):16} {rule.__doc__}")
        return 0
    begin = time.monotonic()
    sources = read_tree(options.root)
    violations = check(sources)
    compiled = 0
    if options.headers or options.all_headers:
        cache = options.cache or Path(options.root) / "build" / "tidy"
        of_headers, compiled = check_headers(
            options.root, sources, cache, options.budget, options.all_headers
        )
        violations += of_headers
    if options.format:
        violations += check_format(options.root, sources)
    for violation in sorted(violations):
        print(violation)
    took_s = time.monotonic() - begin
    print(
        f"tidy: {len(sources)} files, {compiled} headers compiled, "
        f"{len(violations)} violations, {took_s:.1f} s"
    )
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
