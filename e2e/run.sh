#!/usr/bin/env bash
# End-to-end tests: a real operator, real members, real kubectl.
#
#   e2e/run.sh [--long] [--kubeconfig FILE] [pytest arguments...]
#
# Without a kubeconfig they run on quorate-local. QUORATE_BIN: the programs (build/release/bin).
# QUORATE_E2E_DIR: where everything is kept, also of a run that passed.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/quorate/e2e"
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
stamp="$(sha256sum "$here/requirements.txt" | cut -c1-64)"
if [[ "$(cat "$cache/venv/stamp" 2>/dev/null)" != "$stamp" ]]; then
  python3 -c "import ensurepip, venv" 2>/dev/null || {
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
  }
  rm -rf "$cache/venv"
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install -q --disable-pip-version-check -r "$here/requirements.txt"
  echo "$stamp" >"$cache/venv/stamp"
fi
if ! command -v kubectl >/dev/null; then
  PATH="$("$here/../deploy/tools.sh" kubectl):$PATH"
fi
flock -u 9
exec 9>&-

cd "$here"
export PYTHONDONTWRITEBYTECODE=1
exec "$cache/venv/bin/python" -m pytest -q -p no:cacheprovider --durations=0 --durations-min=1 "$@"
