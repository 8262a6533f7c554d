// Revisions, Pods and claims of a StatefulSet.
#include "operator/local/stateful_set_parts.h"

#include <algorithm>

namespace quorate::local {

namespace {

constexpr const char* kRevisions = "controllerrevisions.apps";

// What a revision records: the template, to be put in the place of the set's whole.
Json revision_data(const Json& set) {
  Json pod_template = at(set, "spec/template");
  pod_template["$patch"] = "replace";
  return {{"spec", {{"template", std::move(pod_template)}}}};
}

std::string safe_hash(const Json& data) {
  constexpr std::string_view kLetters = "bcdfghjklmnpqrstvwxz2456789";
  std::string encoded;
  for (const char c : std::to_string(hash_of(dump(data)) & 0xffffffff)) {
    encoded += kLetters[static_cast<unsigned char>(c) % kLetters.size()];
  }
  return encoded;
}

std::vector<ObjectPtr> revisions_of(const Objects& objects, const Json& set) {
  std::vector<ObjectPtr> found;
  for (const Key& key : objects.store().dependents(uid_of(set))) {
    if (key.resource == kRevisions) {
      found.push_back(objects.store().find(key));
    }
  }
  std::sort(found.begin(), found.end(), [](const ObjectPtr& left, const ObjectPtr& right) {
    return std::pair(integer(*left, "revision"), name_of(*left)) <
           std::pair(integer(*right, "revision"), name_of(*right));
  });
  return found;
}

// Revisions of a set that was deleted with its Pods left behind.
void adopt_revisions(Objects& objects, const Json& set) {
  const std::string prefix = name_of(set) + "-";
  for (const ObjectPtr& revision : objects.store().list(kRevisions, namespace_of(set))) {
    if (controller_of(*revision).is_null() && name_of(*revision).starts_with(prefix) &&
        map_at(*revision, "metadata/labels").contains("controller.kubernetes.io/hash") &&
        !is_deleting(set)) {
      objects.modify({kRevisions, namespace_of(set), name_of(*revision)}, [&](Json& adopted) {
        make_at(adopted, "metadata/ownerReferences") = Json::array({owner_reference(set, true)});
      });
    }
  }
}

}  // namespace

Revisions sync_revisions(Objects& objects, const Json& set) {
  adopt_revisions(objects, set);
  const Json data = revision_data(set);
  const std::vector<ObjectPtr> known = revisions_of(objects, set);
  Revisions result;
  for (const ObjectPtr& revision : known) {
    if (at(*revision, "data") == data) {
      result.update = revision;
    }
    if (name_of(*revision) == text(set, "status/currentRevision")) {
      result.current = revision;
    }
  }
  const int64_t newest = known.empty() ? 0 : integer(*known.back(), "revision");
  if (!result.update) {
    const std::string hash = safe_hash(data);
    Json labels = map_at(set, "spec/template/metadata/labels");
    labels["controller.kubernetes.io/hash"] = hash;
    result.update =
        objects.make(kRevisions, namespace_of(set),
                     {{"metadata",
                       {{"name", name_of(set) + "-" + hash},
                        {"labels", std::move(labels)},
                        {"ownerReferences", Json::array({owner_reference(set, true)})}}},
                      {"data", data},
                      {"revision", newest + 1}});
    if (!result.update) {
      // The namespace goes away, or the name is taken: the Pods can do with what is in memory.
      result.update = std::make_shared<const Json>(
          Json{{"metadata", {{"name", name_of(set) + "-" + hash}}}, {"data", data}});
    }
  } else if (integer(*result.update, "revision") < newest) {
    const Key key{kRevisions, namespace_of(set), name_of(*result.update)};
    objects.modify(key, [&](Json& revision) { revision["revision"] = newest + 1; });
    result.update = objects.store().find(key);
  }
  if (!result.current) {
    result.current = result.update;
  }
  return result;
}

void trim_revisions(Objects& objects, const Json& set, const Revisions& revisions,
                    const std::vector<std::string>& used) {
  std::vector<ObjectPtr> unused;
  for (const ObjectPtr& revision : revisions_of(objects, set)) {
    const std::string name = name_of(*revision);
    const bool is_live = name == name_of(*revisions.current) ||
                         name == name_of(*revisions.update) ||
                         std::find(used.begin(), used.end(), name) != used.end();
    if (!is_live) {
      unused.push_back(revision);
    }
  }
  const int64_t limit = integer(set, "spec/revisionHistoryLimit", 10);
  for (size_t i = 0; static_cast<int64_t>(unused.size() - i) > limit; ++i) {
    objects.drop({kRevisions, namespace_of(set), name_of(*unused[i])});
  }
}

std::optional<int64_t> ordinal_of(const std::string& set_name, const std::string& pod_name) {
  if (!pod_name.starts_with(set_name + "-")) {
    return std::nullopt;
  }
  const auto ordinal = parse_integer(std::string_view(pod_name).substr(set_name.size() + 1));
  return ordinal && *ordinal >= 0 ? ordinal : std::nullopt;
}

Json pod_of(const Json& set, const Json& revision, int64_t ordinal) {
  const std::string name = name_of(set) + "-" + std::to_string(ordinal);
  const Json& pod_template = at(revision, "data/spec/template");
  Json pod = {{"metadata", Json::object()}, {"spec", at(pod_template, "spec")}};
  Json& metadata = pod["metadata"];
  for (const char* field : {"labels", "annotations", "finalizers"}) {
    if (has(pod_template, std::string("metadata/") + field)) {
      metadata[field] = pod_template["metadata"][field];
    }
  }
  metadata["name"] = name;
  metadata["generateName"] = name_of(set) + "-";
  metadata["ownerReferences"] = Json::array({owner_reference(set, true)});
  metadata["labels"]["statefulset.kubernetes.io/pod-name"] = name;
  metadata["labels"]["apps.kubernetes.io/pod-index"] = std::to_string(ordinal);
  metadata["labels"]["controller-revision-hash"] = name_of(revision);
  Json& spec = pod["spec"];
  spec["hostname"] = name;
  spec["subdomain"] = text(set, "spec/serviceName");
  Json volumes = Json::array();
  for (const Json& claim : list_at(set, "spec/volumeClaimTemplates")) {
    volumes.push_back({{"name", name_of(claim)},
                       {"persistentVolumeClaim", {{"claimName", name_of(claim) + "-" + name}}}});
  }
  for (const Json& volume : list_at(spec, "volumes")) {
    const bool is_claim = std::any_of(volumes.begin(), volumes.end(), [&](const Json& claim) {
      return at(claim, "name") == at(volume, "name");
    });
    if (!is_claim) {
      volumes.push_back(volume);
    }
  }
  spec["volumes"] = std::move(volumes);
  return pod;
}

bool create_claims(Objects& objects, const Json& set, int64_t ordinal) {
  const std::string pod_name = name_of(set) + "-" + std::to_string(ordinal);
  for (const Json& claim_template : list_at(set, "spec/volumeClaimTemplates")) {
    const std::string name = name_of(claim_template) + "-" + pod_name;
    const ObjectPtr existing = objects.find("persistentvolumeclaims", namespace_of(set), name);
    if (existing) {
      if (is_deleting(*existing)) {
        return false;
      }
      continue;
    }
    Json claim = {{"metadata", map_at(claim_template, "metadata")},
                  {"spec", map_at(claim_template, "spec")}};
    claim["metadata"]["name"] = name;
    for (const auto& [key, value] : map_at(set, "spec/selector/matchLabels").items()) {
      claim["metadata"]["labels"][key] = value;
    }
    if (text(set, "spec/persistentVolumeClaimRetentionPolicy/whenDeleted") == "Delete") {
      claim["metadata"]["ownerReferences"] = Json::array({owner_reference(set, false)});
    }
    if (!objects.make("persistentvolumeclaims", namespace_of(set), std::move(claim))) {
      return false;
    }
  }
  return true;
}

void own_claims_of_scaled(Objects& objects, const Json& set, const Json& pod, int64_t ordinal) {
  if (text(set, "spec/persistentVolumeClaimRetentionPolicy/whenScaled") != "Delete") {
    return;
  }
  const std::string pod_name = name_of(set) + "-" + std::to_string(ordinal);
  for (const Json& claim_template : list_at(set, "spec/volumeClaimTemplates")) {
    const Key key{"persistentvolumeclaims", namespace_of(set),
                  name_of(claim_template) + "-" + pod_name};
    objects.modify(key, [&](Json& claim) {
      make_at(claim, "metadata/ownerReferences") = Json::array({owner_reference(pod, false)});
    });
  }
}

void remove_owner(Json& object, const std::string& uid) {
  Json kept = Json::array();
  for (const Json& owner : list_at(object, "metadata/ownerReferences")) {
    if (text(owner, "uid") != uid) {
      kept.push_back(owner);
    }
  }
  if (kept.empty()) {
    erase_at(object, "metadata/ownerReferences");
  } else {
    object["metadata"]["ownerReferences"] = std::move(kept);
  }
}

}  // namespace quorate::local
