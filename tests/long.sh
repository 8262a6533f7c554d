#!/usr/bin/env bash
# What takes longer than tests/run.sh may: 200 kill rounds, long differential runs and fuzzing, and
# the comparison with Apache ZooKeeper.
#
#   tests/long.sh                  about two hours on two cores
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"

tests/run.sh
for preset in asan tsan; do
  printf '\n== %s (%ss)\n' "$preset" "$SECONDS"
  cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset"
  ctest --test-dir "build/$preset" --output-on-failure -j"$(nproc)"
done
export QUORATE_SERVER="$root/build/release/bin/quorate-server"
tests/compat/run.sh --long
cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" \
  -DQUORATE_FUZZ_COVERAGE=ON -DQUORATE_SANITIZE=address,undefined >/dev/null
cmake --build build/fuzz --target fuzz_all
for target in build/fuzz/bin/fuzz_*; do
  name="${target##*/fuzz_}"
  if [[ "$name" == planted ]]; then
    continue  # Proves that the driver finds a bug; it is meant to fail and has a test of its own.
  fi
  "$target" --seconds 300 --corpus "tests/fuzz/corpus/$name"
done
tests/bench/compare.py --runs 5
