#!/usr/bin/env bash
# Builds the images quorate-server, quorate-operator and quorate-cli.
#
#   docker/build.sh                   with docker, podman or buildah, whichever runs here
#   docker/build.sh --output DIR      also DIR/NAME.tar, which `docker load` reads, and
#                                     DIR/NAME.spdx.json, which says what is in it
#   docker/build.sh --binaries BIN --output DIR    from programs that are built already, by no
#                                     container tool at all: the same files, some seconds
#
# Further options: --tool docker|podman|buildah, --base IMAGE (of the build stage), --jobs N,
# --only NAME (server, operator or cli).
set -euo pipefail

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
output="" binaries="" tool="" base="debian:bookworm-slim" jobs="" only="server operator cli"
while (($#)); do
  case "$1" in
    --output) output="${2:?a folder}" ;;
    --binaries) binaries="${2:?a folder}" ;;
    --tool) tool="${2:?a tool}" ;;
    --base) base="${2:?an image}" ;;
    --jobs) jobs="${2:?a number}" ;;
    --only) only="${2:?a name}" ;;
    *) sed -n '2,13s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
  esac
  shift 2
done
declare -rA programs=([server]=quorate-server [operator]=quorate-operator [cli]=quorate)
declare -rA texts=(
  [server]="one member of a coordination ensemble that speaks ZooKeeper's protocol"
  [operator]="runs ensembles from QuorumCluster objects on Kubernetes"
  [cli]="the command line of ensembles: shell, bench, inspect"
)
version="$(sed -n 's/^project(quorate VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")"
revision="$(git -C "$root" rev-parse HEAD 2>/dev/null || true)"
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}"
created="$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
mkdir -p "${output:=$scratch/out}"

# $1: server, operator or cli
archive() {
  local name="quorate-$1" program="${programs[$1]}"
  python3 "$root/docker/rootfs.py" "$binaries/$program" "$scratch/$name" "$output/$name.spdx.json" \
    "$version"
  python3 "$root/docker/archive.py" "$scratch/$name" "$output/$name.tar" "$name:$version" \
    "/usr/bin/$program" \
    "org.opencontainers.image.title=$name" "org.opencontainers.image.description=${texts[$1]}" \
    "org.opencontainers.image.version=$version" "org.opencontainers.image.revision=$revision" \
    "org.opencontainers.image.created=$created" "org.opencontainers.image.licenses=Apache-2.0"
}

find_tool() {
  if command -v docker >/dev/null && docker info >/dev/null 2>&1; then
    echo docker
  elif command -v podman >/dev/null && podman info >/dev/null 2>&1; then
    echo podman
  elif command -v buildah >/dev/null; then
    echo buildah
  else
    echo "docker/build.sh: neither docker, podman nor buildah runs here; with programs that are" >&2
    echo "built already: docker/build.sh --binaries build/release/bin --output DIR" >&2
    exit 1
  fi
}

# vfs and chroot need no kernel module and no namespace, so buildah works within containers, too.
buildah_() { buildah --storage-driver "${STORAGE_DRIVER:-vfs}" "$@"; }

# Where no registry can be reached: Debian as its packages make it.
make_base() {
  buildah_ pull -q "$base" >/dev/null 2>&1 && return
  buildah_ inspect --type image "$base" >/dev/null 2>&1 && return
  command -v mmdebstrap >/dev/null || { echo "docker/build.sh: no image $base" >&2 && exit 1; }
  echo "no image $base: making one with mmdebstrap" >&2
  mmdebstrap --quiet --variant=minbase bookworm "$scratch/base.tar"
  local container
  container="$(buildah_ from scratch)"
  buildah_ add -q "$container" "$scratch/base.tar" / >/dev/null
  buildah_ commit -q --rm "$container" "$base" >/dev/null
}

# $1: server, operator or cli; $2: the context
build() {
  local name="quorate-$1" arguments=(
    --build-arg "BASE=$base" --build-arg "VERSION=$version" --build-arg "REVISION=$revision"
    --build-arg "CREATED=$created" --build-arg "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH"
    --build-arg "JOBS=$jobs" -f "$2/docker/$1.Dockerfile"
  )
  case "$tool" in
    buildah)
      buildah_ bud -q --isolation chroot --network host --layers --timestamp "$SOURCE_DATE_EPOCH" \
        "${arguments[@]}" --target sbom -t "$name-sbom:$version" "$2"
      buildah_ bud -q --isolation chroot --network host --layers --timestamp "$SOURCE_DATE_EPOCH" \
        "${arguments[@]}" -t "$name:$version" "$2"
      rm -f "$output/$name.tar"
      buildah_ push -q "$name:$version" "docker-archive:$output/$name.tar:$name:$version"
      local container
      container="$(buildah_ from "$name-sbom:$version")"
      cp "$(buildah_ mount "$container")/sbom.spdx.json" "$output/$name.spdx.json"
      buildah_ rm "$container" >/dev/null
      ;;
    docker | podman)
      "$tool" build -q "${arguments[@]}" --target sbom -t "$name-sbom:$version" "$2"
      "$tool" build -q "${arguments[@]}" -t "$name:$version" "$2"
      "$tool" save -o "$output/$name.tar" "$name:$version"
      local container
      container="$("$tool" create "$name-sbom:$version" /none)"
      "$tool" cp "$container:/sbom.spdx.json" "$output/$name.spdx.json"
      "$tool" rm "$container" >/dev/null
      ;;
    *) echo "docker/build.sh: no such tool: $tool" >&2 && exit 2 ;;
  esac
}

if [[ -z "$binaries" ]]; then
  tool="${tool:-$(find_tool)}"
  # What is committed, and nothing that lies about.
  mkdir "$scratch/context"
  git -C "$root" archive HEAD | tar -x -C "$scratch/context"
  [[ "$tool" != buildah ]] || make_base
fi
for each in $only; do
  if [[ -n "$binaries" ]]; then
    archive "$each"
  else
    build "$each" "$scratch/context"
  fi
  echo "quorate-$each:$version  $(stat -c %s "$output/quorate-$each.tar") bytes"
done
