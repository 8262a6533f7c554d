#!/usr/bin/env bash
# From a fresh Debian 12 to a standalone member that serves: installs, builds, starts, shows how to
# talk to it.
#
#   deploy/quickstart.sh           data in ~/.quorate (QUORATE_HOME), clients on 127.0.0.1:2181
#                                  (QUORATE_PORT), which is left running
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
home="${QUORATE_HOME:-$HOME/.quorate}"
port="${QUORATE_PORT:-2181}"
bin="$root/build/release/bin"

"$root/deploy/install.sh"
cd "$root"
cmake --preset release >/dev/null
cmake --build --preset release --target quorate-server quorate

mkdir -p "$home/conf" "$home/data"
if [[ ! -e "$home/conf/zoo.cfg" ]]; then
  cat >"$home/conf/zoo.cfg" <<CFG
dataDir=$home/data
clientPort=$port
clientPortAddress=127.0.0.1
tickTime=2000
admin.serverPort=0
4lw.commands.whitelist=srvr,ruok,mntr,stat
CFG
fi
ZOO_LOG_DIR="$home" "$bin/quorate" server --config "$home/conf" start
"$bin/quorate" shell -server "127.0.0.1:$port" ls /
echo "A member serves on 127.0.0.1:$port. Talk to it:  $bin/quorate shell -server 127.0.0.1:$port"
echo "Stop it:  $bin/quorate server --config $home/conf stop"
