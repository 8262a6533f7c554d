#!/usr/bin/env bash
# Runs every compatibility test; with --long more seeds and more kill rounds.
#
#   tests/compat/run.sh [--long] [--server ours|apache] [pytest arguments...]
#
# The server under test is QUORATE_SERVER, else the newest build/*/bin/quorate-server.
# --server apache checks the tests themselves: Apache ZooKeeper against itself.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
"$here/setup.sh"
cd "$here"
exec "${XDG_CACHE_HOME:-$HOME/.cache}/quorate/compat/venv/bin/python" -m pytest -q \
  -p no:cacheprovider --durations=3 "$@" diff clients data quorum
