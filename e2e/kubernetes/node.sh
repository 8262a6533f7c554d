#!/usr/bin/env bash
# The first process of one node: containerd, kubelet and kube-proxy, until one of them ends.
#
#   node.sh FOLDER SUBNET TOOLS     in namespaces of its own (processes, mounts, network)
#
# FOLDER is the node's disk: config/ was written before, the rest outlives a loss of power. To kill
# this process is to switch the node off: everything in its namespaces ends with it.
set -euo pipefail

folder="$1" subnet="$2" tools="$3"

# What the node changes on its file system nobody else sees, and /run is empty after a start.
mount --make-rslave /
mount -t proc proc /proc
for each in /run /var/log; do
  mount -t tmpfs tmpfs "$each"
done
for each in kubelet containerd; do
  mkdir -p "$folder/$each" "/var/lib/$each"
  mount --bind "$folder/$each" "/var/lib/$each"
done
mount --make-rshared /
mkdir -p /run/lock /run/log /run/netns
# The kubelet writes these for the whole machine; here it finds that they are so already.
mkdir /run/sysctl
while read -r name value; do
  echo "$value" >"/run/sysctl/${name//\//.}"
  mount --bind "/run/sysctl/${name//\//.}" "/proc/sys/$name"
done <<'SYSCTLS'
vm/overcommit_memory 1
vm/panic_on_oom 0
kernel/panic 10
kernel/panic_on_oops 1
kernel/keys/root_maxkeys 1000000
kernel/keys/root_maxbytes 25000000
SYSCTLS

# The network card is put in from outside.
for ((tries = 0; tries < 100; tries++)); do
  ip link show eth0 >/dev/null 2>&1 && break
  sleep 0.05
done
ip link set lo up
ip addr add "$(cat "$folder/config/address")/24" dev eth0
ip link set eth0 up
while read -r other via; do
  [[ "$other" == "$subnet" ]] || ip route add "$other" via "$via"
done <"$folder/config/routes"
# Whoever asks for a Pod that is no more is told so, instead of waiting for an answer.
ip route add unreachable "$subnet"
echo 1 >/proc/sys/net/ipv4/ip_forward

containerd --config "$folder/config/containerd.toml" >>"$folder/containerd.log" 2>&1 &
for ((tries = 0; tries < 600; tries++)); do
  [[ -S /run/containerd/containerd.sock ]] &&
    ctr version >/dev/null 2>&1 && break
  sleep 0.05
done
for image in "$folder"/../../images/*.tar; do
  mark="$folder/containerd/imported.$(basename "$image")"
  [[ -e "$mark" ]] && continue
  ctr -n k8s.io images import --snapshotter "$(cat "$folder/config/snapshotter")" "$image" \
    >>"$folder/images.log" 2>&1
  touch "$mark"
done
while read -r image tag; do
  # containerd writes names out, with a registry in front.
  full="$(ctr -n k8s.io images ls -q | grep -E "(^|/)$image\$")"
  ctr -n k8s.io images tag --force "$full" "${full%"$image"}$tag" >>"$folder/images.log" 2>&1
done <"$folder/config/tags"
"$tools/kubelet" --config "$folder/config/kubelet.json" --kubeconfig "$folder/config/kubelet.kubeconfig" \
  --hostname-override "$(cat "$folder/config/name")" --node-ip "$(cat "$folder/config/address")" \
  --node-labels "topology.kubernetes.io/zone=$(cat "$folder/config/zone")" \
  --cert-dir "$folder/kubelet/pki" >>"$folder/kubelet.log" 2>&1 &
"$tools/kube-proxy" --config "$folder/config/proxy.json" >>"$folder/proxy.log" 2>&1 &
# Orphans are reaped on the way. Whoever of the three ends first ends the node.
wait -n
echo "a process of the node has ended; see $folder/*.log" >&2
exit 1
