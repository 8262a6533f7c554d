// The text of hosts files.
#include "operator/local/hosts.h"

#include <algorithm>

#include "operator/local/pods.h"
#include "operator/local/selector.h"

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

void add_service(const Store& store, const Json& service, const std::string& own_ns,
                 std::string& text_out) {
  const std::string ns = namespace_of(service);
  const Selector selector = selector_of_labels(at(service, "spec/selector"));
  const bool is_headless = text(service, "spec/clusterIP") == "None";
  const bool publishes_all = boolean(service, "spec/publishNotReadyAddresses");
  for (const ObjectPtr& pod : store.list("pods", ns)) {
    const std::string address = text(*pod, "status/podIP");
    if (address.empty() || pod_has_ended(*pod) ||
        !selector.matches_labels(at(*pod, "metadata/labels"))) {
      continue;
    }
    const bool answers = publishes_all || (pod_is_ready(*pod) && !is_deleting(*pod));
    if (!answers) {
      continue;
    }
    std::string line = address + " ";
    const std::string hostname = text(*pod, "spec/hostname");
    if (is_headless && !hostname.empty() && text(*pod, "spec/subdomain") == name_of(service)) {
      line += forms(hostname + "." + name_of(service), ns, own_ns) + " ";
    }
    text_out += line + forms(name_of(service), ns, own_ns) + "\n";
  }
}

}  // namespace

std::string hosts_text(const Store& store, const std::string& ns) {
  std::string lines = "127.0.0.1 localhost\n";
  for (const ObjectPtr& service : store.list("services")) {
    if (!map_at(*service, "spec/selector").empty()) {
      add_service(store, *service, ns, lines);
    }
  }
  return lines;
}

}  // namespace quorate::local
