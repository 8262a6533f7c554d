// The text of hosts files.
#include "operator/local/hosts.h"

namespace quorate::local {

namespace {

// The forms of a name below a namespace: short ones only for processes of the namespace itself.
std::string forms(const std::string& name, const std::string& ns, const std::string& own_ns) {
  const std::string full = name + "." + ns;
  std::string all = full + ".svc.cluster.local " + full + ".svc " + full;
  if (ns == own_ns) {
    all += " " + name;
  }
  return all;
}

void add_slice(const Json& slice, const std::string& own_ns, std::string& lines) {
  const std::string ns = namespace_of(slice);
  const std::string service = label(slice, "kubernetes.io/service-name");
  for (const Json& endpoint : list_at(slice, "endpoints")) {
    if (service.empty() || !boolean(endpoint, "conditions/ready")) {
      continue;
    }
    const std::string hostname = text(endpoint, "hostname");
    const std::string own_name =
        hostname.empty() ? "" : forms(hostname + "." + service, ns, own_ns) + " ";
    for (const Json& address : list_at(endpoint, "addresses")) {
      lines += (address.is_string() ? address.get<std::string>() : "") + " " + own_name +
               forms(service, ns, own_ns) + "\n";
    }
  }
}

}  // namespace

std::string hosts_text(const Store& store, const std::string& ns) {
  std::string lines = "127.0.0.1 localhost\n";
  for (const ObjectPtr& slice : store.list("endpointslices.discovery.k8s.io")) {
    add_slice(*slice, ns, lines);
  }
  return lines;
}

}  // namespace quorate::local
