#!/usr/bin/env bash
# Gets what the compatibility tests need: Apache ZooKeeper, Curator, kazoo, the C client, a JDK.
#
#   tests/compat/setup.sh          idempotent; a second run only compares stamps
#
# Everything lands in ${XDG_CACHE_HOME:-$HOME/.cache}/quorate/compat: zookeeper/lib, curator2/lib,
# curator5/lib, venv. A stamp beside each part holds the digest of the file that pins its versions.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/quorate/compat"
dependency_plugin=org.apache.maven.plugins:maven-dependency-plugin:3.6.1
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

packages=()
need() {  # need TEST PACKAGE: notes PACKAGE when the shell test fails
  eval "$1" >/dev/null 2>&1 || packages+=("$2")
}
need 'command -v java && command -v javac' default-jdk-headless
need 'command -v mvn' maven
need 'command -v cc' gcc
need 'command -v python3 && python3 -c "import ensurepip, venv"' python3-venv
need 'test -e /usr/include/zookeeper/zookeeper.h' libzookeeper-mt-dev
if ((${#packages[@]})); then
  echo "compat setup: apt-get install ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

stamp_of() { sha256sum "$1" | cut -c1-64; }

for part in zookeeper curator2 curator5; do
  pom="$here/deps/$part/pom.xml"
  if [[ "$(cat "$cache/$part/stamp" 2>/dev/null)" == "$(stamp_of "$pom")" ]]; then continue; fi
  echo "compat setup: $part"
  rm -rf "${cache:?}/$part"
  mkdir -p "$cache/$part/project"
  cp "$pom" "$cache/$part/project/pom.xml"
  (cd "$cache/$part/project" && mvn -q -B -ntp "$dependency_plugin:copy-dependencies" \
    -DincludeScope=runtime -DoutputDirectory="$cache/$part/lib")
  stamp_of "$pom" >"$cache/$part/stamp"
done

requirements="$here/deps/requirements.txt"
if [[ "$(cat "$cache/venv/stamp" 2>/dev/null)" != "$(stamp_of "$requirements")" ]]; then
  echo "compat setup: venv"
  rm -rf "$cache/venv"
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" install -q --disable-pip-version-check -r "$requirements"
  stamp_of "$requirements" >"$cache/venv/stamp"
fi
