#!/usr/bin/env bash
# Builds the tools of Kubernetes that tests and end-to-end runs use, each once, from its Go module.
#
#   deploy/tools.sh helm kube-apiserver     prints the folder with the programs
#
# Needs Go 1.24 or later. QUORATE_TOOLS: where they are kept (~/.cache/quorate/tools).
set -euo pipefail

readonly helm_version=v3.19.0 kubernetes_version=1.34.4
tools="${QUORATE_TOOLS:-$HOME/.cache/quorate/tools}"
export CGO_ENABLED=0 GOFLAGS=-trimpath
# Kubernetes' own parts, which its module names without a version that could be fetched.
readonly staging=(
  api apiextensions-apiserver apimachinery apiserver cli-runtime client-go cloud-provider
  cluster-bootstrap code-generator component-base component-helpers controller-manager cri-api
  cri-client csi-translation-lib dynamic-resource-allocation endpointslice externaljwt kms
  kube-aggregator kube-controller-manager kube-proxy kube-scheduler kubectl kubelet metrics
  mount-utils pod-security-admission sample-apiserver
)

# Builds PACKAGE as NAME in module folder $1; atomic, so that a build that is cut off leaves nothing.
build() {
  local folder="$1" name="$2" package="$3" flags="$4"
  (cd "$folder" && nice -n 10 go build -p "${QUORATE_TOOLS_JOBS:-$(nproc)}" -ldflags "-s -w $flags" \
    -o "$tools/.$name.$$" "$package") || return 1
  mv "$tools/.$name.$$" "$tools/$name"
}

# $1 name, $2 package@version, $3 linker flags
build_module() {
  local folder
  folder="$(mktemp -d)"
  GOBIN="$folder" nice -n 10 go install -p "${QUORATE_TOOLS_JOBS:-$(nproc)}" -ldflags "-s -w $3" \
    "$2" >"$tools/$1.log" 2>&1 || { tail -n 20 "$tools/$1.log" >&2 && return 1; }
  mv "$folder/$1" "$tools/$1"
  rm -rf "$folder"
}

# The version of Kubernetes that helm takes for granted where it is connected to none.
helm_assumes() {
  local each
  for each in chartutil lint/rules; do
    printf -- '-X helm.sh/helm/v3/pkg/%s.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/%s.k8sVersionMinor=%s ' \
      "$each" "$each" "$(cut -d. -f2 <<<"$kubernetes_version")"
  done
}

# $1: kube-apiserver, kube-controller-manager, kube-scheduler, kubelet, kube-proxy or kubectl
build_kubernetes() {
  local name="$1" folder part version="k8s.io/component-base/version"
  folder="$(mktemp -d)"
  {
    printf 'module quorate.dev/tools\n\ngo 1.24.0\n\nrequire k8s.io/kubernetes v%s\n\n' "$kubernetes_version"
    for part in "${staging[@]}"; do
      printf 'replace k8s.io/%s => k8s.io/%s v0.%s\n' "$part" "$part" "${kubernetes_version#1.}"
    done
  } >"$folder/go.mod"
  printf '//go:build tools\n\npackage tools\n\nimport _ "k8s.io/kubernetes/cmd/%s"\n' "$name" \
    >"$folder/tools.go"
  (cd "$folder" && go mod tidy -e) >"$tools/$name.log" 2>&1
  build "$folder" "$name" "k8s.io/kubernetes/cmd/$name" \
    "-X $version.gitVersion=v$kubernetes_version -X $version.gitMajor=1 -X $version.gitMinor=34" \
    2>>"$tools/$name.log" || { tail -n 20 "$tools/$name.log" >&2 && return 1; }
  rm -rf "$folder"
}

make_tool() {
  case "$1" in
    helm)
      build_module helm "helm.sh/helm/v3/cmd/helm@$helm_version" \
        "-X helm.sh/helm/v3/internal/version.version=$helm_version $(helm_assumes)" ;;
    kube-apiserver | kube-controller-manager | kube-scheduler | kubelet | kube-proxy | kubectl)
      build_kubernetes "$1" ;;
    *) echo "no such tool: $1" >&2 && exit 2 ;;
  esac
}

mkdir -p "$tools"
for name in "$@"; do
  [[ -x "$tools/$name" ]] && continue
  command -v go >/dev/null || { echo "deploy/tools.sh: needs Go 1.24 or later" >&2 && exit 1; }
  echo "building $name (once; some minutes)" >&2
  make_tool "$name"
done
echo "$tools"
