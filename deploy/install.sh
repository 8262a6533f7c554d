#!/usr/bin/env bash
# Installs what building and running Quorate needs on Debian 12; does nothing where all is there.
#
#   deploy/install.sh              as root, or as a user who may sudo
set -euo pipefail

packages=(
  build-essential cmake ninja-build ccache mold git ca-certificates curl
  libboost-dev libssl-dev zlib1g-dev libdeflate-dev libabsl-dev libspdlog-dev nlohmann-json3-dev
  prometheus-cpp-dev libcli11-dev libedit-dev libgtest-dev libgmock-dev
  libcpprest-dev libprotobuf-dev protobuf-compiler libyaml-cpp-dev
)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
    missing+=("$package")
done
if ((${#missing[@]} == 0)); then
  exit 0
fi
echo "installing: ${missing[*]}"
as_root=()
if ((EUID != 0)); then
  as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
