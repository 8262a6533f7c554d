#!/usr/bin/env bash
# What takes longer than tests/run.sh may: 200 kill rounds, long differential runs and fuzzing, more
# rounds of faults, and the comparison with Apache ZooKeeper.
#
#   tests/long.sh                            about two hours on two cores
#   tests/long.sh --hours N                  simulates for so long, in place of 2,000 seeds, and breaks
#                                            real processes for as long again, in place of 30 rounds
#   FUZZ_SECONDS=10 BENCH_RUNS=1 tests/long.sh   the same, shorter: of each fuzz target, and how
#                                            many runs of each server
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"
step() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }
minutes=0
if [[ "${1:-}" == --hours ]]; then
  minutes=$((${2:?how many} * 60))
fi

.ci/run
step "simulation, long"
# Not those that .ci/run has simulated.
build/release/bin/sim --seed 1000001 --seeds 2000 --minutes "$minutes" --jobs "$(nproc)"
step "real processes in network namespaces, long"
QUORATE_SERVER="$root/build/release/bin/quorate-server" \
  tests/faults/run.sh --long --seed 1001 --rounds 30 --hours "$((minutes / 60))"
step "compatibility with Apache ZooKeeper, long"
QUORATE_SERVER="$root/build/release/bin/quorate-server" tests/compat/run.sh --long
step "fuzzing: build"
cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" \
  -DQUORATE_FUZZ_COVERAGE=ON -DQUORATE_SANITIZE=address,undefined >/dev/null
cmake --build build/fuzz --target fuzz_all
for source in tests/fuzz/*_fuzz.cc; do
  name="$(basename "$source" _fuzz.cc)"
  if [[ "$name" == planted ]]; then
    continue  # Proves that the driver finds a bug; it is meant to fail and has a test of its own.
  fi
  step "fuzzing: $name"
  "build/fuzz/bin/fuzz_$name" --seconds "${FUZZ_SECONDS:-300}" --corpus "tests/fuzz/corpus/$name"
done
step "comparison with Apache ZooKeeper"
python3 tests/bench/compare.py --runs "${BENCH_RUNS:-5}"
step "done"
