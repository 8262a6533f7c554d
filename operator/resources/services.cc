// Services and their ports, named so that a service mesh knows the protocol.
#include "operator/resources/services.h"

#include <string>

#include "operator/api/names.h"

namespace quorate::resources {

namespace {

using nlohmann::json;

json service_port(const std::string& name, int number) {
  return {{"name", name}, {"port", number}, {"targetPort", name}, {"protocol", "TCP"}};
}

json service(const Blueprint& blueprint, const std::string& name, json spec) {
  spec["selector"] = selector_of(blueprint.cluster);
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", metadata_of(blueprint.cluster, name)},
          {"spec", std::move(spec)}};
}

json client_ports(const Blueprint& blueprint) {
  json ports = json::array();
  ports.push_back(service_port("tcp-client", port::kClient));
  if (!blueprint.cluster.tls_client_secret.empty()) {
    ports.push_back(service_port("tcp-client-tls", port::kClientTls));
  }
  return ports;
}

}  // namespace

json members_service(const Blueprint& blueprint) {
  json ports = client_ports(blueprint);
  ports.push_back(service_port("tcp-quorum", port::kQuorum));
  ports.push_back(service_port("tcp-election", port::kElection));
  ports.push_back(service_port("http-admin", port::kAdmin));
  ports.push_back(service_port("http-metrics", port::kMetrics));
  return service(
      blueprint, api::members_service_name(blueprint.cluster.name),
      {{"clusterIP", "None"}, {"publishNotReadyAddresses", true}, {"ports", std::move(ports)}});
}

json client_service(const Blueprint& blueprint) {
  return service(blueprint, api::client_service_name(blueprint.cluster.name),
                 {{"type", "ClusterIP"}, {"ports", client_ports(blueprint)}});
}

}  // namespace quorate::resources
