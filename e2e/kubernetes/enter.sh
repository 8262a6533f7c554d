#!/usr/bin/env bash
# Runs a command in namespaces of its own, where a Kubernetes can be built, and leaves no trace.
#
#   enter.sh COMMAND...
#
# The command is the first process of its namespace: when it ends, however it ends, so does everything
# that it started. Networks and mounts go with the last process. What is left are control groups and a
# folder, both of the name QUORATE_E2E_NAME (etcd's data, nodes' disks): removed here, and where this
# script was itself killed, by the next one.
set -euo pipefail

fail() { echo "e2e: cannot build a Kubernetes on this machine: $*" >&2 && exit 1; }

((EUID == 0)) || fail "it takes root"
for each in unshare setpriv ip iptables containerd runc etcd gcc openssl; do
  command -v "$each" >/dev/null || fail "no $each"
done
grep -qE 'cgroup2? ' /proc/self/mounts || fail "no control groups"
unshare --net --pid --mount --fork true 2>/dev/null || fail "no right to make namespaces"

# $1: pattern of groups' names. A group whose processes still end is tried again.
remove_groups() {
  local tries
  for ((tries = 0; tries < 100; tries++)); do
    find /sys/fs/cgroup -depth -type d -path "*/$1*" -exec rmdir {} + 2>/dev/null || true
    [[ -n "$(find /sys/fs/cgroup -type d -name "$1" -print -quit 2>/dev/null)" ]] || return 0
    sleep 0.1
  done
  echo "e2e: control groups are left: $1" >&2
}

# Of runs whose script is no more.
for each in /sys/fs/cgroup/*/quorate-e2e-* /sys/fs/cgroup/quorate-e2e-* /tmp/quorate-e2e-*; do
  if [[ -d "$each" && "${each##*-}" =~ ^[0-9]+$ ]] && ! kill -0 "${each##*-}" 2>/dev/null; then
    remove_groups "${each##*/}"
    rm -rf "/tmp/${each##*/}"
  fi
done

export QUORATE_E2E_NAME="quorate-e2e-$$"
child=""
clean_up() {
  local code=$?
  trap - EXIT INT TERM
  if [[ -n "$child" ]]; then
    kill -KILL "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  remove_groups "$QUORATE_E2E_NAME"
  rm -rf "/tmp/$QUORATE_E2E_NAME"
  exit "$code"
}
trap clean_up EXIT
# The command hears of it, cleans up and ends; its end is awaited below.
trap 'pkill -TERM -P "$child"' INT TERM

setpriv --pdeathsig KILL unshare --net --pid --mount --mount-proc --fork --kill-child -- "$@" <&0 &
child=$!
while kill -0 "$child" 2>/dev/null; do
  wait "$child" && code=0 || code=$?
done
child=""
exit "${code:-1}"
