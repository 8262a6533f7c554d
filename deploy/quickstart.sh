#!/usr/bin/env bash
# From a fresh Debian 12 to an ensemble of three members in three zones that an operator looks
# after: installs, builds, starts, writes and reads, and says how to go on.
#
#   deploy/quickstart.sh                      on this machine, with quorate-local in place of a
#                                             Kubernetes; what runs is left running
#   deploy/quickstart.sh --kubeconfig FILE    there; its nodes have to find the images that
#                                             deploy/kustomization.yaml names
#   deploy/quickstart.sh down [--kubeconfig FILE]   removes what it made
#
# QUORATE_HOME: where the state is kept (~/.quorate/quickstart). QUORATE_BIN: a folder with programs
# that are built already, in place of installing and building.
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
home="${QUORATE_HOME:-$HOME/.quorate/quickstart}"
bin="${QUORATE_BIN:-$root/build/release/bin}"
crd="$root/deploy/crd/quorumclusters.quorate.dev.yaml"
cluster=zoo
verb=up
kubeconfig=""
while (($#)); do
  case "$1" in
    up | down) verb="$1" ;;
    --kubeconfig)
      kubeconfig="${2:?--kubeconfig needs a file}"
      shift
      ;;
    *)
      sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
      exit 2
      ;;
  esac
  shift
done

say() { printf '%s %s\n' "$(date +%T)" "$*"; }
fail() {
  printf 'quickstart: %s\n' "$*" >&2
  exit 1
}

build() {
  if [[ -n "${QUORATE_BIN:-}" ]]; then
    return
  fi
  "$root/deploy/install.sh"
  cd "$root"
  [[ -e build/release/build.ninja ]] || cmake --preset release >/dev/null
  cmake --build --preset release \
    --target quorate-server quorate quorate-local quorate-operator
}

# ---- on this machine ---------------------------------------------------------------------------
url="" token=""
read_access() {
  url="$(sed -n 's/^ *server: //p' "$home/local/kubeconfig")"
  token="$(sed -n 's/^ *token: //p' "$home/local/kubeconfig")"
  sed -n 's/^ *certificate-authority-data: //p' "$home/local/kubeconfig" |
    base64 -d >"$home/authority.pem"
}

# $1 method, $2 path, further arguments: curl's. kubectl can do all of it; this needs no kubectl.
api() {
  curl -sS --fail-with-body --max-time 10 --cacert "$home/authority.pem" \
    -H @<(printf 'Authorization: Bearer %s\n' "$token") -X "$1" "$url$2" "${@:3}"
}

apply() {
  api PATCH "$1?fieldManager=quickstart&force=true" \
    -H 'Content-Type: application/apply-patch+yaml' --data-binary @"$2" -o /dev/null
}

# $1 name of the process's file, further arguments: the program
start() {
  local name="$1"
  shift
  setsid nohup "$@" >>"$home/$name.log" 2>&1 </dev/null &
  echo $! >"$home/$name.pid"
}

is_alive() {
  local pid
  pid="$(cat "$home/$1.pid" 2>/dev/null)" && kill -0 "$pid" 2>/dev/null &&
    [[ "$(tr '\0' ' ' <"/proc/$pid/cmdline")" == *"/$2 "* ]]  # A rebuild renames a running file.
}

# $1 seconds, $2 what is waited for, further arguments: a command that says whether it is so
await() {
  local until=$((SECONDS + $1)) what="$2"
  shift 2
  until "$@"; do
    ((SECONDS < until)) || fail "no $what in time; see the logs in $home"
    sleep 0.2
  done
}

status=""
# Prints each change of what there is to say; true once the cluster is Ready and settled.
is_ready() {
  local object ready reason message now
  object="$(api GET "/apis/quorate.dev/v1alpha1/namespaces/default/quorumclusters/$cluster")"
  ready="$(grep -o '{[^{}]*"type":"Ready"}' <<<"$object" || true)"
  reason="$(grep -o '{[^{}]*"type":"Progressing"}' <<<"$object" || true)"
  message="$(sed -n 's/.*"message":"\([^"]*\)".*/\1/p' <<<"$reason")"
  reason="$(sed -n 's/.*"reason":"\([^"]*\)".*/\1/p' <<<"$reason")"
  now="${reason:-Waiting}${message:+: $message}"
  if [[ "$now" != "$status" ]]; then
    status="$now"
    say "  $now"
  fi
  [[ "$ready" == *'"status":"True"'* && "$reason" == Settled ]]
}

server=""
# Members that are ready, where clients find them.
find_members() {
  server="$(awk -v name="$cluster-client.default.svc" '
    { for (i = 2; i <= NF; ++i) if ($i == name) { printf "%s%s:2181", comma, $1; comma = "," } }
  ' "$home/local/hosts/all")"
  [[ -n "$server" ]]
}

up_here() {
  mkdir -p "$home"
  build
  if ! is_alive local quorate-local; then
    say "starting the control plane: three zones, a node in each"
    rm -f "$home/local/kubeconfig"
    start local "$bin/quorate-local" up --dir "$home/local" --zones a,b,c \
      --image "quorate-server=$bin/quorate-server"
  fi
  await 10 "control plane" test -s "$home/local/kubeconfig"
  read_access
  await 10 "answer of the API" api GET /readyz -o /dev/null
  apply /apis/apiextensions.k8s.io/v1/customresourcedefinitions/quorumclusters.quorate.dev "$crd"
  if ! is_alive operator quorate-operator; then
    say "starting the operator"
    start operator "$bin/quorate-operator" --kubeconfig "$home/local/kubeconfig" \
      --member-image quorate-server --health-probe-bind-address 127.0.0.1:0 \
      --metrics-bind-address "" --no-leader-elect
  fi
  say "making QuorumCluster $cluster: three voters"
  apply "/apis/quorate.dev/v1alpha1/namespaces/default/quorumclusters/$cluster" \
    "$root/deploy/samples/minimal.yaml"
  await 120 "ready cluster" is_ready
  await 30 "member that takes clients" find_members
  local path=/quickstart
  "$bin/quorate" shell -server "$server" create "$path" >/dev/null 2>&1 || true
  "$bin/quorate" shell -server "$server" set "$path" "written $(date +%T)" >/dev/null
  say "wrote and read $path: $("$bin/quorate" shell -server "$server" get "$path" 2>/dev/null | tail -n 1)"
  cat <<TEXT

The ensemble serves. To go on:

  export KUBECONFIG=$home/local/kubeconfig
  $bin/quorate shell -server $server

  kubectl get qc -w                                                    # watch
  kubectl scale qc $cluster --replicas=2                                    # two observers
  kubectl patch qc $cluster --type=merge -p '{"spec":{"voters":5}}'         # five voters
  kubectl annotate qc $cluster quorate.dev/restartedAt="\$(date +%s)"        # rolling restart
  kubectl get events; kubectl describe qc $cluster
  kubectl delete qc $cluster

Logs: $home/operator.log, $home/local/pods.  Stop and remove all of it:  deploy/quickstart.sh down
TEXT
}

down_here() {
  if is_alive operator quorate-operator; then
    kill "$(cat "$home/operator.pid")"
    await 30 "end of the operator" eval '! is_alive operator quorate-operator'
  fi
  if [[ -d "$home/local" ]]; then
    "$bin/quorate-local" down --dir "$home/local"
  fi
  rm -rf "$home"
}

# ---- on a Kubernetes ---------------------------------------------------------------------------
up_there() {
  export KUBECONFIG="$kubeconfig"
  kubectl apply --server-side -k "$root/deploy"
  kubectl -n quorate-system rollout status deployment/quorate-operator --timeout=5m
  kubectl apply --server-side -f "$root/deploy/samples/minimal.yaml"
  kubectl wait --for=condition=Ready "qc/$cluster" --timeout=10m
  kubectl get qc "$cluster"
  kubectl exec "$(kubectl get qc "$cluster" -o jsonpath='{.status.leader}')" -- \
    quorate shell -server localhost:2181 ls /
  echo "Go on with kubectl get qc -w; remove all of it with: $0 down --kubeconfig $kubeconfig"
}

down_there() {
  export KUBECONFIG="$kubeconfig"
  kubectl delete --ignore-not-found --timeout=5m -f "$root/deploy/samples/minimal.yaml"
  kubectl delete --ignore-not-found -k "$root/deploy"
}

if [[ -n "$kubeconfig" ]]; then
  command -v kubectl >/dev/null || fail "kubectl is needed for --kubeconfig"
  "${verb}_there"
else
  "${verb}_here"
fi
