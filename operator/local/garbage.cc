// Garbage collection by owner references, namespaces, definitions, nodes.
#include <algorithm>

#include "operator/local/controllers.h"
#include "operator/local/kubelet.h"
#include "operator/local/stateful_set_parts.h"

namespace quorate::local {

namespace {

// Whether an owner reference points at a living object in the right place.
bool owner_lives(const Objects& objects, const Json& dependent, const Json& owner) {
  const auto key = objects.store().find_uid(text(owner, "uid"));
  return key && (key->ns.empty() || key->ns == namespace_of(dependent));
}

// Deletes an object none of whose owners lives; forgets dead owners of others.
void check_owners(Objects& objects, const Key& key) {
  const ObjectPtr object = objects.store().find(key);
  if (!object || list_at(*object, "metadata/ownerReferences").empty()) {
    return;
  }
  std::vector<std::string> dead;
  size_t living = 0;
  for (const Json& owner : list_at(*object, "metadata/ownerReferences")) {
    if (owner_lives(objects, *object, owner)) {
      ++living;
    } else {
      dead.push_back(text(owner, "uid"));
    }
  }
  if (dead.empty()) {
    return;
  }
  if (living > 0) {
    objects.modify(key, [&](Json& kept) {
      for (const std::string& uid : dead) {
        remove_owner(kept, uid);
      }
    });
    return;
  }
  if (!is_deleting(*object)) {
    DeleteOptions options;
    options.uid = uid_of(*object);
    options.propagation = has_finalizer(*object, "orphan")               ? "Orphan"
                          : has_finalizer(*object, "foregroundDeletion") ? "Foreground"
                                                                         : "Background";
    objects.drop(key, options);
  }
}

void orphan_dependents(Objects& objects, const Key& key, const Json& owner) {
  const std::string uid = uid_of(owner);
  for (const Key& dependent : objects.store().dependents(uid)) {
    objects.modify(dependent, [&](Json& orphan) { remove_owner(orphan, uid); });
  }
  objects.modify(key, [](Json& freed) { remove_finalizer(freed, "orphan"); });
}

// Deletes dependents first; the owner goes when none that blocks it is left.
void delete_foreground(Objects& objects, const Key& key, const Json& owner) {
  const std::string uid = uid_of(owner);
  bool is_blocked = false;
  for (const Key& dependent : objects.store().dependents(uid)) {
    const ObjectPtr object = objects.store().find(dependent);
    const Json& owners = list_at(*object, "metadata/ownerReferences");
    is_blocked = is_blocked || std::any_of(owners.begin(), owners.end(), [&](const Json& entry) {
                   return text(entry, "uid") == uid && boolean(entry, "blockOwnerDeletion");
                 });
    if (!is_deleting(*object)) {
      DeleteOptions options;
      options.propagation = "Foreground";
      options.uid = uid_of(*object);
      objects.drop(dependent, options);
    }
  }
  // Some may be gone by now.
  if (!is_blocked || objects.store().dependents(uid).empty()) {
    objects.modify(key, [](Json& freed) { remove_finalizer(freed, "foregroundDeletion"); });
  }
}

void run_finalizers(Objects& objects, const Key& key) {
  const ObjectPtr object = objects.store().find(key);
  if (!object || !is_deleting(*object)) {
    return;
  }
  if (has_finalizer(*object, "orphan")) {
    orphan_dependents(objects, key, *object);
  } else if (has_finalizer(*object, "foregroundDeletion")) {
    delete_foreground(objects, key, *object);
  }
}

}  // namespace

void collect_garbage(Objects& objects, const Change& change) {
  if (change.type == ChangeType::kDeleted) {
    for (const Key& dependent : objects.store().dependents(uid_of(*change.object))) {
      check_owners(objects, dependent);
    }
    // Its owners may have waited for it.
    for (const Json& owner : list_at(*change.object, "metadata/ownerReferences")) {
      if (const auto key = objects.store().find_uid(text(owner, "uid"))) {
        run_finalizers(objects, *key);
      }
    }
    return;
  }
  check_owners(objects, change.key);
  run_finalizers(objects, change.key);
}

void sync_namespaces(Objects& objects) {
  for (const ObjectPtr& space : objects.store().list("namespaces")) {
    const std::string ns = name_of(*space);
    if (!is_deleting(*space)) {
      if (!objects.find("serviceaccounts", ns, "default")) {
        (void)objects.make("serviceaccounts", ns, {{"metadata", {{"name", "default"}}}});
      }
      continue;
    }
    bool is_empty = true;
    for (const Key& key : objects.store().keys()) {
      if (key.ns != ns) {
        continue;
      }
      const ObjectPtr object = objects.store().find(key);
      if (object && !is_deleting(*object)) {
        DeleteOptions options;
        options.propagation = "Background";
        objects.drop(key, options);
      }
      is_empty = is_empty && !objects.store().find(key);
    }
    objects.modify({"namespaces", "", ns}, [&](Json& ending) {
      set_condition(ending,
                    {.type = "NamespaceContentRemaining",
                     .is_true = !is_empty,
                     .reason = is_empty ? "ContentRemoved" : "SomeResourcesRemain",
                     .message = {}},
                    objects.now());
      if (is_empty) {
        ending["spec"].erase("finalizers");
      }
    });
  }
}

namespace {

constexpr const char* kDefinitions = "customresourcedefinitions.apiextensions.k8s.io";

// Returns whether instances are left.
bool delete_instances(Objects& objects, const Json& definition) {
  const std::string resource =
      text(definition, "spec/names/plural") + "." + text(definition, "spec/group");
  for (const ObjectPtr& instance : objects.store().list(resource)) {
    if (!is_deleting(*instance)) {
      objects.drop({resource, namespace_of(*instance), name_of(*instance)});
    }
  }
  return !objects.store().list(resource).empty();
}

}  // namespace

void sync_definitions(Objects& objects) {
  for (const ObjectPtr& definition : objects.store().list(kDefinitions)) {
    const Key key{kDefinitions, "", name_of(*definition)};
    if (is_deleting(*definition)) {
      if (!delete_instances(objects, *definition)) {
        objects.modify(key, [](Json& ending) {
          remove_finalizer(ending, "customresourcecleanup.apiextensions.k8s.io");
        });
      }
      continue;
    }
    objects.modify(key, [&](Json& served) {
      Json& status = served["status"];
      status["acceptedNames"] = at(served, "spec/names");
      Json stored = list_at(served, "status/storedVersions");
      for (const Json& version : list_at(served, "spec/versions")) {
        const Json name = text(version, "name");
        if (boolean(version, "storage") &&
            std::find(stored.begin(), stored.end(), name) == stored.end()) {
          stored.push_back(name);
        }
      }
      status["storedVersions"] = std::move(stored);
      set_condition(served,
                    {.type = "NamesAccepted",
                     .is_true = true,
                     .reason = "NoConflicts",
                     .message = "no conflicts found"},
                    objects.now());
      set_condition(served,
                    {.type = "Established",
                     .is_true = true,
                     .reason = "InitialNamesAccepted",
                     .message = "the initial names have been accepted"},
                    objects.now());
    });
  }
}

void sync_nodes(Objects& objects) {
  for (const ObjectPtr& node : objects.store().list("nodes")) {
    const bool is_on = annotation(*node, kPowerAnnotation) != "off";
    objects.modify({"nodes", "", name_of(*node)}, [&](Json& updated) {
      set_condition(updated,
                    {.type = "Ready",
                     .is_true = is_on,
                     .reason = is_on ? "KubeletReady" : "NodeStatusUnknown",
                     .message = is_on ? "kubelet is posting ready status"
                                      : "Kubelet stopped posting node status."},
                    objects.now());
    });
    if (is_on) {
      continue;
    }
    for (const ObjectPtr& pod : objects.store().list("pods")) {
      if (text(*pod, "spec/nodeName") == name_of(*node)) {
        objects.modify({"pods", namespace_of(*pod), name_of(*pod)}, [&](Json& lost) {
          for (const char* type : {"Ready", "ContainersReady"}) {
            if (!condition_of(lost, type).is_null()) {
              set_condition(
                  lost, {.type = type, .is_true = false, .reason = "NodeNotReady", .message = {}},
                  objects.now());
            }
          }
        });
      }
    }
  }
}

namespace {

void create_node(Objects& objects, const std::string& name, const std::string& zone) {
  Json labels = {{"kubernetes.io/hostname", name},
                 {"kubernetes.io/os", "linux"},
                 {"node.kubernetes.io/instance-type", "quorate-local"}};
  if (!zone.empty()) {
    labels["topology.kubernetes.io/zone"] = zone;
    labels["topology.kubernetes.io/region"] = "local";
  }
  if (!objects.make("nodes", "", {{"metadata", {{"name", name}, {"labels", labels}}}})) {
    return;
  }
  objects.modify({"nodes", "", name}, [&](Json& node) {
    const Json capacity = {{"cpu", "64"}, {"memory", "256Gi"}, {"pods", "1000"}};
    node["status"] = {
        {"capacity", capacity},
        {"allocatable", capacity},
        {"addresses", Json::array({{{"type", "InternalIP"},
                                    {"address", objects.surroundings().address_prefix + ".0.1"}},
                                   {{"type", "Hostname"}, {"address", name}}})},
        {"nodeInfo",
         {{"kubeletVersion", "v1.33.0-quorate-local"},
          {"osImage", "this machine"},
          {"operatingSystem", "linux"},
          {"architecture", "amd64"},
          {"kernelVersion", ""},
          {"bootID", ""},
          {"machineID", ""},
          {"systemUUID", ""},
          {"kubeProxyVersion", ""},
          {"containerRuntimeVersion", "processes://"}}}};
  });
}

}  // namespace

void create_cluster(Objects& objects, const NodeLayout& layout) {
  for (const char* ns : {"default", "kube-system", "kube-public", "kube-node-lease"}) {
    (void)objects.make("namespaces", "", {{"metadata", {{"name", ns}}}});
  }
  (void)objects.make(
      "storageclasses.storage.k8s.io", "",
      {{"metadata",
        {{"name", "standard"},
         {"annotations", {{"storageclass.kubernetes.io/is-default-class", "true"}}}}},
       {"provisioner", "quorate.dev/folder"},
       {"reclaimPolicy", "Delete"},
       {"volumeBindingMode", "WaitForFirstConsumer"},
       {"allowVolumeExpansion", true}});
  if (layout.zones.empty()) {
    for (int64_t i = 0; i < layout.nodes_per_zone; ++i) {
      create_node(objects, "node-" + std::to_string(i), "");
    }
  }
  for (const std::string& zone : layout.zones) {
    for (int64_t i = 0; i < layout.nodes_per_zone; ++i) {
      create_node(objects, "node-" + zone + "-" + std::to_string(i), zone);
    }
  }
  sync_nodes(objects);
}

}  // namespace quorate::local
