#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test that fits into a quarter of an hour.
#
#   tests/run.sh                   unit, integration, tidy, fuzz (short), simulation, compatibility
#
# What takes longer is in tests/long.sh; the sanitizer builds are in .ci/run.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }

step "install"
deploy/install.sh
step "tidy"
tests/tidy/run.sh
step "build"
cmake --preset release >/dev/null
cmake --build --preset release
step "unit and integration tests, short fuzzing"
ctest --test-dir build/release --output-on-failure -j"$(nproc)"
step "simulation: as many seeds as fit in four minutes, 500 at least"
build/release/bin/sim --seeds 500 --minutes 4 --jobs "$(nproc)"
step "compatibility with Apache ZooKeeper"
QUORATE_SERVER="$root/build/release/bin/quorate-server" tests/compat/run.sh
step "done"
