// Endpoints of Services: which Pods answer for them.
#include <algorithm>

#include "operator/local/controllers.h"
#include "operator/local/pod_plan.h"
#include "operator/local/pods.h"
#include "operator/local/selector.h"

namespace quorate::local {

namespace {

constexpr const char* kSlices = "endpointslices.discovery.k8s.io";

struct Backend {
  ObjectPtr pod;
  bool is_ready = false;
  bool is_serving = false;
};

// The number of a Service's target port in a Pod.
int64_t target_port(const Json& port, const Json& pod) {
  const Json& target = at(port, "targetPort");
  for (const Json& container : list_at(pod, "spec/containers")) {
    if (const int64_t number = port_of(target, container); number != 0) {
      return number;
    }
  }
  return integer(port, "port");
}

std::vector<Backend> backends_of(const Objects& objects, const Json& service) {
  std::vector<Backend> found;
  const Selector selector = selector_of_labels(at(service, "spec/selector"));
  const bool publishes_all = boolean(service, "spec/publishNotReadyAddresses");
  for (const ObjectPtr& pod : objects.store().list("pods", namespace_of(service))) {
    if (!selector.matches_labels(at(*pod, "metadata/labels")) || pod_has_ended(*pod) ||
        text(*pod, "status/podIP").empty()) {
      continue;
    }
    const bool serves = pod_is_ready(*pod);
    found.push_back({.pod = pod,
                     .is_ready = publishes_all || (serves && !is_deleting(*pod)),
                     .is_serving = publishes_all || serves});
  }
  return found;
}

Json reference_to(const Json& pod) {
  return {{"kind", "Pod"},
          {"namespace", namespace_of(pod)},
          {"name", name_of(pod)},
          {"uid", uid_of(pod)}};
}

Json slice_ports(const Json& service, const std::vector<Backend>& backends) {
  Json ports = Json::array();
  for (const Json& port : list_at(service, "spec/ports")) {
    Json entry = {{"name", text(port, "name")},
                  {"protocol", text(port, "protocol", "TCP")},
                  {"port", backends.empty() ? integer(port, "port")
                                            : target_port(port, *backends.front().pod)}};
    if (has(port, "appProtocol")) {
      entry["appProtocol"] = at(port, "appProtocol");
    }
    ports.push_back(std::move(entry));
  }
  return ports;
}

Json slice_endpoints(const Objects& objects, const std::string& service,
                     const std::vector<Backend>& backends) {
  Json endpoints = Json::array();
  for (const Backend& backend : backends) {
    const Json& pod = *backend.pod;
    Json entry = {{"addresses", Json::array({text(pod, "status/podIP")})},
                  {"conditions",
                   {{"ready", backend.is_ready},
                    {"serving", backend.is_serving},
                    {"terminating", is_deleting(pod)}}},
                  {"nodeName", text(pod, "spec/nodeName")},
                  {"targetRef", reference_to(pod)}};
    const ObjectPtr node = objects.find("nodes", "", text(pod, "spec/nodeName"));
    if (node && !label(*node, "topology.kubernetes.io/zone").empty()) {
      entry["zone"] = label(*node, "topology.kubernetes.io/zone");
    }
    if (text(pod, "spec/subdomain") == service && !text(pod, "spec/hostname").empty()) {
      entry["hostname"] = text(pod, "spec/hostname");
    }
    endpoints.push_back(std::move(entry));
  }
  return endpoints;
}

Json subsets_of(const std::vector<Backend>& backends, const Json& ports) {
  Json ready = Json::array();
  Json not_ready = Json::array();
  for (const Backend& backend : backends) {
    (backend.is_ready ? ready : not_ready)
        .push_back({{"ip", text(*backend.pod, "status/podIP")},
                    {"nodeName", text(*backend.pod, "spec/nodeName")},
                    {"targetRef", reference_to(*backend.pod)}});
  }
  if (backends.empty()) {
    return Json();
  }
  Json subset = Json::object();
  if (!ready.empty()) {
    subset["addresses"] = std::move(ready);
  }
  if (!not_ready.empty()) {
    subset["notReadyAddresses"] = std::move(not_ready);
  }
  if (!ports.empty()) {
    subset["ports"] = ports;
  }
  return Json::array({std::move(subset)});
}

void sync_service(Objects& objects, const Json& service) {
  const std::string ns = namespace_of(service);
  const std::string name = name_of(service);
  const std::vector<Backend> backends = backends_of(objects, service);
  const Json ports = slice_ports(service, backends);
  const Json endpoints = slice_endpoints(objects, name, backends);
  const std::string slice_name = name + "-" + uid_of(service).substr(0, 5);
  if (!objects.find(kSlices, ns, slice_name)) {
    (void)objects.make(
        kSlices, ns,
        {{"metadata",
          {{"name", slice_name},
           {"labels",
            {{"kubernetes.io/service-name", name},
             {"endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io"}}},
           {"ownerReferences", Json::array({owner_reference(service, true)})}}},
         {"addressType", "IPv4"},
         {"endpoints", endpoints},
         {"ports", ports}});
  } else {
    objects.modify({kSlices, ns, slice_name}, [&](Json& slice) {
      slice["endpoints"] = endpoints;
      slice["ports"] = ports;
    });
  }
  if (!objects.find("endpoints", ns, name)) {
    (void)objects.make("endpoints", ns, {{"metadata", {{"name", name}}}});
  }
  objects.modify({"endpoints", ns, name}, [&](Json& object) {
    Json subsets = subsets_of(backends, ports);
    if (subsets.is_null()) {
      object.erase("subsets");
    } else {
      object["subsets"] = std::move(subsets);
    }
  });
}

}  // namespace

void sync_endpoints(Objects& objects, const Key& key) {
  const ObjectPtr space = objects.find("namespaces", "", key.ns);
  if (!space || is_deleting(*space)) {
    return;
  }
  const ObjectPtr service = objects.store().find(key);
  if (!service) {
    objects.drop({"endpoints", key.ns, key.name});
  } else if (!map_at(*service, "spec/selector").empty()) {
    sync_service(objects, *service);
  }
}

}  // namespace quorate::local
