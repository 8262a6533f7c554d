// Cells of built-in kinds, as the API server of Kubernetes prints them.
#include "operator/local/table_rows.h"

#include <algorithm>
#include <map>

#include "operator/local/pods.h"
#include "operator/local/selector.h"
#include "operator/local/table.h"
#include "server/base/text.h"

namespace quorate::local {

namespace {

constexpr const char* kNone = "<none>";

std::string age(const Json& object, WallMillis now,
                const char* path = "metadata/creationTimestamp") {
  const auto time = parse_time(text(object, path));
  return time ? human_duration(now.value - time->value) : "<unknown>";
}

std::string or_none(std::string shown) { return shown.empty() ? kNone : shown; }

std::string strings(const Json& list) {
  std::vector<std::string> parts;
  for (const Json& item : list) {
    parts.push_back(item.is_string() ? item.get<std::string>() : dump(item));
  }
  return join(parts, ",");
}

std::string containers(const Json& list, const char* field) {
  std::vector<std::string> parts;
  for (const Json& item : list) {
    parts.push_back(text(item, field));
  }
  return join(parts, ",");
}

// What a Pod's STATUS column says.
std::string pod_reason(const Json& pod) {
  std::string reason = text(pod, "status/reason", text(pod, "status/phase"));
  bool has_running = false;
  const Json& statuses = list_at(pod, "status/containerStatuses");
  for (auto it = statuses.rbegin(); it != statuses.rend(); ++it) {
    if (const std::string waiting = text(*it, "state/waiting/reason"); !waiting.empty()) {
      reason = waiting;
    } else if (has(*it, "state/terminated")) {
      reason = text(*it, "state/terminated/reason", "Error");
    } else if (boolean(*it, "ready") && has(*it, "state/running")) {
      has_running = true;
    }
  }
  if (reason == "Completed" && has_running) {
    reason = pod_is_ready(pod) ? "Running" : "NotReady";
  }
  return is_deleting(pod) ? "Terminating" : reason;
}

Json pod_cells(const Json& pod, WallMillis now) {
  int64_t ready = 0;
  int64_t restarts = 0;
  std::optional<WallMillis> last;
  for (const Json& status : list_at(pod, "status/containerStatuses")) {
    ready += boolean(status, "ready") && has(status, "state/running") ? 1 : 0;
    restarts += integer(status, "restartCount");
    const auto ended = parse_time(text(status, "lastState/terminated/finishedAt"));
    last = ended && (!last || last->value < ended->value) ? ended : last;
  }
  std::string shown_restarts = std::to_string(restarts);
  if (restarts > 0 && last) {
    shown_restarts += " (" + human_duration(now.value - last->value) + " ago)";
  }
  return {name_of(pod),
          std::to_string(ready) + "/" + std::to_string(list_at(pod, "spec/containers").size()),
          pod_reason(pod),
          shown_restarts,
          age(pod, now),
          or_none(text(pod, "status/podIP")),
          or_none(text(pod, "spec/nodeName")),
          kNone,
          kNone};
}

Json set_cells(const Json& set, WallMillis now) {
  const Json& spec = at(set, "spec/template/spec");
  return {name_of(set),
          std::to_string(integer(set, "status/readyReplicas")) + "/" +
              std::to_string(integer(set, "spec/replicas")),
          age(set, now), containers(list_at(spec, "containers"), "name"),
          containers(list_at(spec, "containers"), "image")};
}

Json service_cells(const Json& service, WallMillis now) {
  std::vector<std::string> ports;
  for (const Json& port : list_at(service, "spec/ports")) {
    ports.push_back(std::to_string(integer(port, "port")) + "/" + text(port, "protocol", "TCP"));
  }
  return {name_of(service),
          text(service, "spec/type"),
          or_none(text(service, "spec/clusterIP")),
          or_none(text(service, "spec/externalName")),
          or_none(join(ports, ",")),
          age(service, now),
          or_none(to_text(selector_of_labels(map_at(service, "spec/selector"))))};
}

Json node_cells(const Json& node, WallMillis now) {
  std::string status = condition_is_true(node, "Ready") ? "Ready" : "NotReady";
  if (boolean(node, "spec/unschedulable")) {
    status += ",SchedulingDisabled";
  }
  return {name_of(node),
          status,
          kNone,
          age(node, now),
          text(node, "status/nodeInfo/kubeletVersion"),
          or_none(label(node, "topology.kubernetes.io/zone"))};
}

Json claim_cells(const Json& claim, WallMillis now) {
  static const std::map<std::string, std::string> kModes = {{"ReadWriteOnce", "RWO"},
                                                            {"ReadOnlyMany", "ROX"},
                                                            {"ReadWriteMany", "RWX"},
                                                            {"ReadWriteOncePod", "RWOP"}};
  std::vector<std::string> modes;
  const bool is_volume = text(claim, "kind") == "PersistentVolume";
  for (const Json& mode : list_at(claim, is_volume ? "spec/accessModes" : "status/accessModes")) {
    const auto found = kModes.find(mode.is_string() ? mode.get<std::string>() : "");
    modes.push_back(found == kModes.end() ? "" : found->second);
  }
  const Json& size = at(claim, is_volume ? "spec/capacity/storage" : "status/capacity/storage");
  const std::string shown_size = size.is_string() ? size.get<std::string>()
                                 : size.is_null() ? ""
                                                  : dump(size);
  const std::string status = is_deleting(claim) ? "Terminating" : text(claim, "status/phase");
  const std::string storage = text(claim, "spec/storageClassName");
  if (is_volume) {
    const Json& reference = at(claim, "spec/claimRef");
    const std::string bound =
        reference.is_null() ? "" : text(reference, "namespace") + "/" + text(reference, "name");
    return {name_of(claim),
            shown_size,
            join(modes, ","),
            text(claim, "spec/persistentVolumeReclaimPolicy"),
            status,
            bound,
            storage,
            "<unset>",
            text(claim, "status/reason"),
            age(claim, now)};
  }
  return {name_of(claim), status,           text(claim, "spec/volumeName"),
          shown_size,     join(modes, ","), storage,
          "<unset>",      age(claim, now),  text(claim, "spec/volumeMode")};
}

Json budget_cells(const Json& budget, WallMillis now) {
  const auto shown = [&](const char* field) {
    const Json& value = at(at(budget, "spec"), field);
    return value.is_null() ? "N/A" : value.is_string() ? value.get<std::string>() : dump(value);
  };
  return {name_of(budget), shown("minAvailable"), shown("maxUnavailable"),
          integer(budget, "status/disruptionsAllowed"), age(budget, now)};
}

Json event_cells(const Json& event, WallMillis now) {
  const char* about = event.contains("regarding") ? "regarding" : "involvedObject";
  std::string kind = text(event, std::string(about) + "/kind");
  std::transform(kind.begin(), kind.end(), kind.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string last = age(event, now, "lastTimestamp");
  if (last == "<unknown>") {
    last = age(event, now, "eventTime");
  }
  return {last,
          text(event, "type"),
          text(event, "reason"),
          kind + "/" + text(event, std::string(about) + "/name"),
          text(event, "message", text(event, "note")),
          text(event, "source/component"),
          age(event, now, "firstTimestamp"),
          integer(event, "count", 1),
          name_of(event)};
}

Json definition_cells(const Json& definition, WallMillis) {
  return {name_of(definition), text(definition, "metadata/creationTimestamp")};
}

Json map_cells(const Json& object, WallMillis now) {
  const auto count = map_at(object, "data").size() + map_at(object, "binaryData").size();
  if (text(object, "kind") == "Secret") {
    return {name_of(object), text(object, "type"), count, age(object, now)};
  }
  return {name_of(object), count, age(object, now)};
}

Json namespace_cells(const Json& space, WallMillis now) {
  return {name_of(space), text(space, "status/phase"), age(space, now)};
}

Json lease_cells(const Json& lease, WallMillis now) {
  return {name_of(lease), text(lease, "spec/holderIdentity"), age(lease, now)};
}

Json revision_cells(const Json& revision, WallMillis now) {
  const Json& owner = controller_of(revision);
  std::string shown = kNone;
  if (!owner.is_null()) {
    shown = text(owner, "kind") + "/" + text(owner, "name");
    const size_t slash = text(owner, "apiVersion").find('/');
    if (slash != std::string::npos) {
      std::string kind = text(owner, "kind");
      std::transform(kind.begin(), kind.end(), kind.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      shown = kind + "." + text(owner, "apiVersion").substr(0, slash) + "/" + text(owner, "name");
    }
  }
  return {name_of(revision), shown, integer(revision, "revision"), age(revision, now)};
}

std::string slice_addresses(const Json& slice) {
  std::vector<std::string> all;
  for (const Json& endpoint : list_at(slice, "endpoints")) {
    all.push_back(strings(list_at(endpoint, "addresses")));
  }
  if (all.size() > 3) {
    const std::string more = " + " + std::to_string(all.size() - 3) + " more...";
    all.resize(3);
    return join(all, ",") + more;
  }
  return join(all, ",");
}

Json slice_cells(const Json& slice, WallMillis now) {
  std::vector<std::string> ports;
  for (const Json& port : list_at(slice, "ports")) {
    ports.push_back(std::to_string(integer(port, "port")));
  }
  const std::string addresses = slice_addresses(slice);
  return {name_of(slice), text(slice, "addressType"), ports.empty() ? "<unset>" : join(ports, ","),
          addresses.empty() ? "<unset>" : addresses, age(slice, now)};
}

Json endpoints_cells(const Json& endpoints, WallMillis now) {
  std::vector<std::string> all;
  for (const Json& subset : list_at(endpoints, "subsets")) {
    for (const Json& address : list_at(subset, "addresses")) {
      for (const Json& port : list_at(subset, "ports")) {
        all.push_back(text(address, "ip") + ":" + std::to_string(integer(port, "port")));
      }
    }
  }
  std::string shown = join(all, ",");
  if (all.size() > 3) {
    const size_t hidden = all.size() - 3;
    all.resize(3);
    shown = join(all, ",") + " + " + std::to_string(hidden) + " more...";
  }
  return {name_of(endpoints), or_none(shown), age(endpoints, now)};
}

Json storage_cells(const Json& storage, WallMillis now) {
  const bool is_default =
      annotation(storage, "storageclass.kubernetes.io/is-default-class") == "true";
  return {name_of(storage) + (is_default ? " (default)" : ""),
          text(storage, "provisioner"),
          text(storage, "reclaimPolicy"),
          text(storage, "volumeBindingMode"),
          boolean(storage, "allowVolumeExpansion"),
          age(storage, now)};
}

Json account_cells(const Json& account, WallMillis now) {
  return {name_of(account), list_at(account, "secrets").size(), age(account, now)};
}

// Names separated by `|`; `+` before a name: shown with -o wide only, `#`: an integer.
std::vector<Column> columns(const std::string& names) {
  std::vector<Column> made;
  for (std::string name : split(names, '|')) {
    Column column{.name = {}, .type = "string", .json_path = {}, .description = {}};
    if (name.starts_with('+')) {
      column.priority = 1;
      name = name.substr(1);
    }
    if (name.starts_with('#')) {
      column.type = "integer";
      name = name.substr(1);
    }
    column.name = name;
    made.push_back(std::move(column));
  }
  return made;
}

std::map<std::string, BuiltinTable> make_tables() {
  std::map<std::string, BuiltinTable> tables;
  const auto add = [&](const char* kind, const char* names,
                       Json (*cells)(const Json&, WallMillis)) {
    tables[kind] = {.columns = columns(names), .cells = cells};
  };
  add("Pod", "Name|Ready|Status|Restarts|Age|+IP|+Node|+Nominated Node|+Readiness Gates",
      pod_cells);
  add("StatefulSet", "Name|Ready|Age|+Containers|+Images", set_cells);
  add("Service", "Name|Type|Cluster-IP|External-IP|Port(s)|Age|+Selector", service_cells);
  add("Node", "Name|Status|Roles|Age|Version|Zone", node_cells);
  add("PersistentVolumeClaim",
      "Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|+VolumeMode",
      claim_cells);
  add("PersistentVolume",
      "Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|"
      "Reason|Age",
      claim_cells);
  add("PodDisruptionBudget", "Name|Min Available|Max Unavailable|#Allowed Disruptions|Age",
      budget_cells);
  add("Event", "Last Seen|Type|Reason|Object|Message|+Source|+First Seen|+#Count|+Name",
      event_cells);
  add("CustomResourceDefinition", "Name|Created At", definition_cells);
  add("ConfigMap", "Name|#Data|Age", map_cells);
  add("Secret", "Name|Type|#Data|Age", map_cells);
  add("Namespace", "Name|Status|Age", namespace_cells);
  add("Lease", "Name|Holder|Age", lease_cells);
  add("ControllerRevision", "Name|Controller|#Revision|Age", revision_cells);
  add("EndpointSlice", "Name|AddressType|Ports|Endpoints|Age", slice_cells);
  add("Endpoints", "Name|Endpoints|Age", endpoints_cells);
  add("StorageClass", "Name|Provisioner|ReclaimPolicy|VolumeBindingMode|AllowVolumeExpansion|Age",
      storage_cells);
  add("ServiceAccount", "Name|#Secrets|Age", account_cells);
  return tables;
}

}  // namespace

const BuiltinTable* builtin_table(std::string_view kind) {
  static const std::map<std::string, BuiltinTable> kTables = make_tables();
  const auto found = kTables.find(std::string(kind));
  return found == kTables.end() ? nullptr : &found->second;
}

}  // namespace quorate::local
