#!/usr/bin/env bash
# Tests of what is shipped: manifests, charts, dashboards, alerts, images, rights of the operator.
#
#   tests/charts/run.sh               what passes today; QUORATE_BIN: the programs (build/release/bin)
#   tests/charts/run.sh alerts api    only these: charts samples alerts images metrics rbac api
#                                     conformance
#
# Not among them: `rbac`, for a handover does not go to the member it is meant for (yet), and `api`
# and `conformance`, which take a real API server: a step of their own in CI.
#
# Installs what is missing: helm and kube-apiserver are built once (deploy/tools.sh, some minutes),
# Prometheus and etcd are taken from Debian's packages without installing them as services.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
export QUORATE_BIN="${QUORATE_BIN:-$root/build/release/bin}"
export QUORATE_TOOLS="${QUORATE_TOOLS:-$HOME/.cache/quorate/tools}"
export PATH="$PATH:$QUORATE_TOOLS:$QUORATE_TOOLS/debian/usr/bin"
parts=("$@")
((${#parts[@]})) || parts=(charts samples alerts images metrics)

as_root=()
((EUID == 0)) || as_root=(sudo)

python=python3
if ! "$python" -c 'import yaml' 2>/dev/null; then
  python=/usr/bin/python3
  "$python" -c 'import yaml' 2>/dev/null ||
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-yaml >/dev/null
fi
tools=()
command -v kubectl >/dev/null || tools+=(kubectl)
for part in "${parts[@]}"; do
  case "$part" in
    charts | samples) tools+=(helm) ;;
    alerts) tools+=(promtool) ;;
    metrics) tools+=(prometheus) ;;
    api | conformance) tools+=(helm kube-apiserver etcd) ;;
  esac
done
((${#tools[@]} == 0)) || "$root/deploy/tools.sh" "${tools[@]}" >/dev/null
failed=()
for part in "${parts[@]}"; do
  printf '\n-- %s (%ss)\n' "$part" "$SECONDS"
  (cd "$here" && "$python" -B "${part}_test.py") || failed+=("$part")
done
if ((${#failed[@]})); then
  echo "failed: ${failed[*]}" >&2
  exit 1
fi
