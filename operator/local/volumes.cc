// Binding of claims to volumes: made when needed, grown on demand, removed with their claims.
#include <algorithm>
#include <set>

#include "operator/local/events.h"
#include "operator/local/pods.h"
#include "operator/local/scheduler.h"

namespace quorate::local {

namespace {

constexpr const char* kClaims = "persistentvolumeclaims";
constexpr const char* kVolumes = "persistentvolumes";
constexpr const char* kClasses = "storageclasses.storage.k8s.io";
constexpr const char* kProvisioner = "quorate.dev/folder";
constexpr const char* kProtection = "kubernetes.io/pvc-protection";

// The zone of a node that a Pod with this claim has; empty while none has one.
struct Consumer {
  bool is_there = false;
  std::string zone;
};

Consumer consumer_of(const Objects& objects, const Json& claim) {
  for (const ObjectPtr& pod : objects.store().list("pods", namespace_of(claim))) {
    const std::string node_name = text(*pod, "spec/nodeName");
    const Json& volumes = list_at(*pod, "spec/volumes");
    const bool uses = std::any_of(volumes.begin(), volumes.end(), [&](const Json& volume) {
      return text(volume, "persistentVolumeClaim/claimName") == name_of(claim);
    });
    if (!uses || node_name.empty()) {
      continue;
    }
    const ObjectPtr node = objects.find("nodes", "", node_name);
    return {.is_there = true,
            .zone = node ? label(*node, "topology.kubernetes.io/zone") : std::string()};
  }
  return {};
}

bool is_used(const Objects& objects, const Json& claim) {
  for (const ObjectPtr& pod : objects.store().list("pods", namespace_of(claim))) {
    for (const Json& volume : list_at(*pod, "spec/volumes")) {
      if (text(volume, "persistentVolumeClaim/claimName") == name_of(claim) &&
          !pod_has_ended(*pod)) {
        return true;
      }
    }
  }
  return false;
}

Json claim_reference(const Json& claim) {
  return {{"apiVersion", "v1"},
          {"kind", "PersistentVolumeClaim"},
          {"name", name_of(claim)},
          {"namespace", namespace_of(claim)},
          {"uid", uid_of(claim)}};
}

ObjectPtr provision(Objects& objects, const Json& claim, const Json& storage,
                    const std::string& zone) {
  const std::string name = "pvc-" + uid_of(claim);
  Json spec = {{"capacity", {{"storage", at(claim, "spec/resources/requests/storage")}}},
               {"accessModes", list_at(claim, "spec/accessModes")},
               {"claimRef", claim_reference(claim)},
               {"persistentVolumeReclaimPolicy", text(storage, "reclaimPolicy", "Delete")},
               {"storageClassName", name_of(storage)},
               {"hostPath", {{"path", "volumes/" + name}, {"type", "DirectoryOrCreate"}}}};
  if (!zone.empty()) {
    spec["nodeAffinity"]["required"]["nodeSelectorTerms"] =
        Json::array({{{"matchExpressions", Json::array({{{"key", "topology.kubernetes.io/zone"},
                                                         {"operator", "In"},
                                                         {"values", Json::array({zone})}}})}}});
  }
  return objects.make(
      kVolumes, "",
      {{"metadata",
        {{"name", name}, {"annotations", {{"pv.kubernetes.io/provisioned-by", kProvisioner}}}}},
       {"spec", std::move(spec)}});
}

// A volume that waits for this claim or for any: made by a person, or kept from an earlier one.
ObjectPtr find_volume(const Objects& objects, const Json& claim) {
  if (const std::string wanted = text(claim, "spec/volumeName"); !wanted.empty()) {
    return objects.find(kVolumes, "", wanted);
  }
  for (const ObjectPtr& volume : objects.store().list(kVolumes)) {
    const Json& reference = at(*volume, "spec/claimRef");
    const auto size = parse_quantity_milli(at(*volume, "spec/capacity/storage"));
    const auto wanted = parse_quantity_milli(at(claim, "spec/resources/requests/storage"));
    const bool is_for_claim = text(reference, "name") == name_of(claim) &&
                              text(reference, "namespace") == namespace_of(claim) &&
                              text(reference, "uid", uid_of(claim)) == uid_of(claim);
    if ((reference.is_null() || is_for_claim) && !is_deleting(*volume) && size && wanted &&
        *size >= *wanted &&
        text(*volume, "spec/storageClassName") == text(claim, "spec/storageClassName")) {
      return volume;
    }
  }
  return nullptr;
}

void bind(Objects& objects, const Key& key, const Json& claim, const Json& volume) {
  objects.modify({kVolumes, "", name_of(volume)}, [&](Json& bound) {
    bound["spec"]["claimRef"] = claim_reference(claim);
    bound["status"] = {{"phase", "Bound"}};
  });
  objects.modify(key, [&](Json& bound) {
    bound["spec"]["volumeName"] = name_of(volume);
    bound["metadata"]["annotations"]["pv.kubernetes.io/bind-completed"] = "yes";
    bound["status"] = {{"phase", "Bound"},
                       {"accessModes", list_at(volume, "spec/accessModes")},
                       {"capacity", {{"storage", at(volume, "spec/capacity/storage")}}}};
  });
}

void bind_pending(Objects& objects, const Key& key, const Json& claim) {
  if (const ObjectPtr volume = find_volume(objects, claim)) {
    bind(objects, key, claim, *volume);
    return;
  }
  const auto warn = [&](const std::string& message) {
    record_event(objects, claim,
                 {.is_warning = true,
                  .reason = "ProvisioningFailed",
                  .message = message,
                  .component = "persistentvolume-controller"});
  };
  const std::string class_name = text(claim, "spec/storageClassName");
  const ObjectPtr storage = objects.find(kClasses, "", class_name);
  if (class_name.empty()) {
    return;
  }
  if (!storage) {
    if (annotation(claim, "quorate.dev/reported") != class_name) {
      objects.modify(key, [&](Json& marked) {
        marked["metadata"]["annotations"]["quorate.dev/reported"] = class_name;
      });
      warn("storageclass.storage.k8s.io \"" + class_name + "\" not found");
    }
    return;
  }
  if (text(*storage, "provisioner") != kProvisioner) {
    return;
  }
  const Consumer consumer = consumer_of(objects, claim);
  if (text(*storage, "volumeBindingMode") == "WaitForFirstConsumer" && !consumer.is_there) {
    return;
  }
  if (const ObjectPtr volume = provision(objects, claim, *storage, consumer.zone)) {
    bind(objects, key, claim, *volume);
    record_event(objects, claim,
                 {.reason = "ProvisioningSucceeded",
                  .message = "Successfully provisioned volume " + name_of(*volume),
                  .component = kProvisioner});
  }
}

// Grows a bound claim. A class with the parameter `resize: restart` has a file system that takes
// the new size only when a Pod starts upon it.
void grow(Objects& objects, const Key& key, const Json& claim) {
  const Json& wanted = at(claim, "spec/resources/requests/storage");
  const Json& present = at(claim, "status/capacity/storage");
  const auto wanted_size = parse_quantity_milli(wanted);
  const auto present_size = parse_quantity_milli(present);
  if (!wanted_size || !present_size || *wanted_size <= *present_size) {
    return;
  }
  const ObjectPtr storage = objects.find(kClasses, "", text(claim, "spec/storageClassName"));
  if (!storage || !boolean(*storage, "allowVolumeExpansion")) {
    return;
  }
  objects.modify({kVolumes, "", text(claim, "spec/volumeName")},
                 [&](Json& volume) { volume["spec"]["capacity"]["storage"] = wanted; });
  if (text(*storage, "parameters/resize") == "restart" && is_used(objects, claim)) {
    objects.modify(key, [&](Json& growing) {
      set_condition(growing,
                    {.type = "FileSystemResizePending",
                     .is_true = true,
                     .reason = {},
                     .message = "Waiting for user to (re-)start a pod to finish file system resize "
                                "of volume on node."},
                    objects.now());
    });
    return;
  }
  objects.modify(key, [&](Json& grown) {
    grown["status"]["capacity"]["storage"] = wanted;
    grown["status"].erase("conditions");
  });
}

void sync_claim(Objects& objects, const ObjectPtr& claim) {
  const Key key{kClaims, namespace_of(*claim), name_of(*claim)};
  if (is_deleting(*claim)) {
    if (has_finalizer(*claim, kProtection) && !is_used(objects, *claim)) {
      objects.modify(key, [](Json& freed) { remove_finalizer(freed, kProtection); });
    }
    return;
  }
  const std::string phase = text(*claim, "status/phase");
  if (phase == "Bound") {
    if (!objects.find(kVolumes, "", text(*claim, "spec/volumeName"))) {
      objects.modify(key, [](Json& lost) { lost["status"]["phase"] = "Lost"; });
      return;
    }
    grow(objects, key, *claim);
  } else if (phase != "Lost") {
    bind_pending(objects, key, *claim);
  }
}

void sync_volume(Objects& objects, const ObjectPtr& volume) {
  const Key key{kVolumes, "", name_of(*volume)};
  const Json& reference = at(*volume, "spec/claimRef");
  const ObjectPtr claim =
      objects.find(kClaims, text(reference, "namespace"), text(reference, "name"));
  const bool is_claimed = claim && uid_of(*claim) == text(reference, "uid");
  if (is_deleting(*volume) && !is_claimed) {
    objects.modify(key,
                   [](Json& freed) { remove_finalizer(freed, "kubernetes.io/pv-protection"); });
    return;
  }
  if (is_claimed || text(reference, "uid").empty()) {
    return;
  }
  if (text(*volume, "spec/persistentVolumeReclaimPolicy") == "Delete") {
    objects.drop(key);
    objects.modify(key,
                   [](Json& freed) { remove_finalizer(freed, "kubernetes.io/pv-protection"); });
  } else if (text(*volume, "status/phase") != "Released") {
    objects.modify(key, [](Json& released) { released["status"]["phase"] = "Released"; });
  }
}

}  // namespace

void bind_volumes(Objects& objects) {
  for (const ObjectPtr& claim : objects.store().list(kClaims)) {
    sync_claim(objects, claim);
  }
  for (const ObjectPtr& volume : objects.store().list(kVolumes)) {
    sync_volume(objects, volume);
  }
}

}  // namespace quorate::local
