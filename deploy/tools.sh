#!/usr/bin/env bash
# Gets the tools of Kubernetes that tests and end-to-end runs use, each once and by version.
#
#   deploy/tools.sh helm kube-apiserver     prints the folder with the programs
#
# Programs of Kubernetes, helm and coredns are built from their Go modules (Go 1.24 or later); etcd,
# containerd (with runc and the plugins of its network), prometheus and promtool are Debian's packages,
# unpacked below debian/ and not installed: no service is started. QUORATE_TOOLS: where all is kept
# (~/.cache/quorate/tools).
set -euo pipefail

readonly helm_version=v3.19.0 coredns_version=v1.12.4 kubernetes_version=1.34.4
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

# $1 name, $2 package@version, $3 linker flags
build_module() {
  local folder
  folder="$(mktemp -d)"
  GOBIN="$folder" nice -n 5 go install -p "${QUORATE_TOOLS_JOBS:-$(nproc)}" -ldflags "-s -w $3" \
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

# $@: programs of Kubernetes, built at once because they share most of their packages.
build_kubernetes() {
  local folder part name version="k8s.io/component-base/version" packages=()
  folder="$(mktemp -d)"
  mkdir "$folder/bin"
  {
    printf 'module quorate.dev/tools\n\ngo 1.24.0\n\nrequire k8s.io/kubernetes v%s\n\n' "$kubernetes_version"
    for part in "${staging[@]}"; do
      printf 'replace k8s.io/%s => k8s.io/%s v0.%s\n' "$part" "$part" "${kubernetes_version#1.}"
    done
  } >"$folder/go.mod"
  printf '//go:build tools\n\npackage tools\n\n' >"$folder/tools.go"
  for name in "$@"; do
    packages+=("k8s.io/kubernetes/cmd/$name")
    printf 'import _ "k8s.io/kubernetes/cmd/%s"\n' "$name" >>"$folder/tools.go"
  done
  (cd "$folder" && go mod tidy -e && nice -n 5 go build -p "${QUORATE_TOOLS_JOBS:-$(nproc)}" \
    -ldflags "-s -w -X $version.gitVersion=v$kubernetes_version -X $version.gitMajor=1 -X $version.gitMinor=34" \
    -o "$folder/bin/" "${packages[@]}") >"$tools/kubernetes.log" 2>&1 ||
    { tail -n 20 "$tools/kubernetes.log" >&2 && return 1; }
  for name in "$@"; do
    mv "$folder/bin/$name" "$tools/$name"
    echo "$kubernetes_version" >"$tools/.$name.version"
  done
  rm -rf "$folder"
}

# $1 name, $2 its version: whether exactly this was built before.
have() { [[ -x "$tools/$1" && "$(cat "$tools/.$1.version" 2>/dev/null)" == "$2" ]]; }

# $1 name, $2 its version, $3 package, $4 linker flags
need_module() {
  have "$1" "$2" && return
  need_go
  echo "building $1 $2 (once; a minute)" >&2
  build_module "$1" "$3@$2" "$4"
  echo "$2" >"$tools/.$1.version"
}

# $1: a program; the others: Debian's packages that make it work. Nothing where it is installed.
need_packages() {
  command -v "$1" >/dev/null && return
  shift
  local folder as_root=()
  ((EUID == 0)) || as_root=(sudo)
  folder="$(mktemp -d)"
  chmod 755 "$folder"
  (cd "$folder" && { apt-get download -qq "$@" >/dev/null 2>&1 ||
    { "${as_root[@]}" apt-get update -qq && apt-get download -qq "$@" >/dev/null; }; })
  mkdir -p "$tools/debian"
  for package in "$folder"/*.deb; do
    dpkg -x "$package" "$tools/debian"
  done
  rm -rf "$folder"
}

need_go() {
  command -v go >/dev/null || { echo "deploy/tools.sh: needs Go 1.24 or later" >&2 && exit 1; }
}

PATH="$PATH:$tools/debian/usr/bin:$tools/debian/usr/sbin:/usr/sbin:/usr/local/go/bin"
mkdir -p "$tools"
exec 9>"$tools/.lock"
flock 9
kubernetes=()
for name in "$@"; do
  case "$name" in
    helm)
      need_module helm "$helm_version" helm.sh/helm/v3/cmd/helm \
        "-X helm.sh/helm/v3/internal/version.version=$helm_version $(helm_assumes)" ;;
    coredns) need_module coredns "$coredns_version" github.com/coredns/coredns "" ;;
    kube-apiserver | kube-controller-manager | kube-scheduler | kubelet | kube-proxy | kubectl)
      have "$name" "$kubernetes_version" || kubernetes+=("$name") ;;
    etcd) need_packages etcd etcd-server ;;
    containerd)
      need_packages containerd containerd
      need_packages runc runc
      [[ -x /usr/lib/cni/ptp ]] || need_packages "$tools/debian/usr/lib/cni/ptp" containernetworking-plugins ;;
    prometheus | promtool) need_packages "$name" prometheus ;;
    *) echo "deploy/tools.sh: no such tool: $name" >&2 && exit 2 ;;
  esac
done
if ((${#kubernetes[@]})); then
  need_go
  echo "building ${kubernetes[*]} $kubernetes_version (once; some minutes)" >&2
  build_kubernetes "${kubernetes[@]}"
fi
echo "$tools"
