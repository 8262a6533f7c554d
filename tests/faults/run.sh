#!/usr/bin/env bash
# Runs ensembles of real processes in network namespaces and breaks them, from seeds.
#
#   tests/faults/run.sh                             10 rounds and the measured checks
#   tests/faults/run.sh --rounds 30 --long          what tests/long.sh runs; --hours N for longer
#   tests/faults/run.sh --seed 17 --rounds 1 -k rounds    one round again, told line by line
#
# Needs root (or sudo) and a kernel with namespaces, veth, nftables and tun. The server under test is
# QUORATE_SERVER, else the newest build/*/bin/quorate-server. Everything happens in network, mount
# and process namespaces that end with this command: the machine's own network is never touched.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || { echo "faults: needs root to make namespaces" >&2; exit 2; }
  as_root=(sudo --preserve-env=QUORATE_SERVER,QUORATE_FAULTS_KEEP,HOME,XDG_CACHE_HOME)
fi

packages=()
command -v ip >/dev/null || packages+=(iproute2)
{ command -v nft || test -x /usr/sbin/nft; } >/dev/null || packages+=(nftables)
command -v unshare >/dev/null || packages+=(util-linux)
command -v cc >/dev/null || packages+=(gcc libc6-dev)
if ((${#packages[@]})); then
  echo "faults: apt-get install ${packages[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi
"$here/../compat/setup.sh"

isolate=("${as_root[@]}" unshare --net --mount --pid --fork --kill-child --mount-proc)
probe='
  set -e
  mount -t tmpfs none /run && ip link set lo up && ip netns add probe
  ip link add v0 type veth peer name v1 netns probe
  nft add table inet probe
  test -c /dev/net/tun'
if ! refusal="$("${isolate[@]}" bash -c "$probe" 2>&1)"; then
  cat >&2 <<END
faults: this machine cannot make the network that the tests need:
    $refusal
What to do: run as root on a Linux host or in a privileged container (docker run --privileged), with
veth, nf_tables and tun in the kernel (modprobe veth nf_tables tun). Nothing was tested.
END
  exit 2
fi

cd "$here"
exec "${isolate[@]}" env QUORATE_FAULTS_NAMESPACES=made PATH="$PATH:/usr/sbin:/sbin" \
  "${XDG_CACHE_HOME:-$HOME/.cache}/quorate/compat/venv/bin/python" -m pytest -q \
  -p no:cacheprovider --durations=3 "$@" .
