#!/usr/bin/env bash
# End-to-end tests: a real operator, real members, real kubectl.
#
#   e2e/run.sh [--long] [--kubeconfig FILE | --build-kubernetes] [pytest arguments...]
#
# Without a kubeconfig they run on quorate-local. With --build-kubernetes a Kubernetes of three zones
# is built for them on this machine and removed after them: takes root, and Go for the first time.
# QUORATE_BIN: the programs (build/release/bin).
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
tools=()
command -v kubectl >/dev/null || tools+=(kubectl)
enter=()
for argument in "$@"; do
  case "$argument" in
    --build-kubernetes)
      tools+=(helm coredns etcd containerd prometheus kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy)
      enter=("$here/kubernetes/enter.sh") ;;
    --kubeconfig | --kubeconfig=*) tools+=(helm prometheus) ;;
  esac
done
export QUORATE_TOOLS="${QUORATE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/quorate/tools}"
if ((${#tools[@]})); then
  "$here/../deploy/tools.sh" "${tools[@]}" >/dev/null
fi
PATH="$PATH:$QUORATE_TOOLS:$QUORATE_TOOLS/debian/usr/bin:$QUORATE_TOOLS/debian/usr/sbin:/usr/sbin"
flock -u 9
exec 9>&-

cd "$here"
export PYTHONDONTWRITEBYTECODE=1
exec "${enter[@]}" "$cache/venv/bin/python" -m pytest -q -p no:cacheprovider --durations=0 --durations-min=1 "$@"
