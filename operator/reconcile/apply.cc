// Comparing and applying objects.
#include "operator/reconcile/apply.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "operator/api/names.h"
#include "operator/api/quantity.h"
#include "operator/controller/field_manager.h"
#include "operator/kube/json_value.h"
#include "operator/kube/object.h"
#include "operator/resources/bundle.h"

namespace quorate::reconcile {

namespace {

using controller::Pass;
using nlohmann::json;

constexpr std::array kKinds{kube::kServiceAccount,      kube::kSecret,
                            kube::kConfigMap,           kube::kService,
                            kube::kPodDisruptionBudget, kube::kStatefulSet};

const kube::ResourceKind* kind_of(const json& object) {
  const std::string kind = kube::text_at(object, {"kind"});
  const auto* const found = std::ranges::find(kKinds, kind, &kube::ResourceKind::kind);
  return found == kKinds.end() ? nullptr : found;
}

bool is_same_quantity(const json& a, const json& b) {
  if (!a.is_string() || !b.is_string()) {
    return false;
  }
  const auto left = api::parse_quantity(a.get_ref<const std::string&>());
  const auto right = api::parse_quantity(b.get_ref<const std::string&>());
  return left && right && *left == *right;
}

/// How deeply objects are compared; deeper ones count as different, which costs a write.
constexpr int kDepthMax = 60;

bool covers(const json& present, const json& desired, int depth);

/// The same of one field of both; what is empty need not stand there.
bool covers_field(const json& present, const std::string& name, const json& desired, int depth) {
  const auto found = present.find(name);
  const bool is_empty = desired.is_null() || (desired.is_structured() && desired.empty());
  return found == present.end() ? is_empty : covers(*found, desired, depth + 1);
}

/// Whether everything that `desired` has stands in `present`.
bool covers(const json& present, const json& desired, int depth) {
  if (depth > kDepthMax) {
    return false;
  }
  if (desired.is_object()) {
    if (!present.is_object()) {
      return desired.empty() && present.is_null();
    }
    return std::ranges::all_of(desired.items(), [&](const auto& each) {
      return covers_field(present, each.key(), each.value(), depth);
    });
  }
  if (desired.is_array()) {
    return present.is_array() && present.size() == desired.size() &&
           std::ranges::equal(present, desired, [&](const json& a, const json& b) {
             return covers(a, b, depth + 1);
           });
  }
  return present == desired || is_same_quantity(present, desired);
}

/// Metadata is looked at by its parts: others add labels and owners of their own.
bool covers_object(const json& present, const json& desired) {
  const auto all = kube::owners_of(present);
  const auto has_owner = [&](const json& owner) {
    return std::ranges::any_of(all, [&](const kube::OwnerReference& each) {
      return each.uid == kube::text_at(owner, {"uid"}) && each.is_controller;
    });
  };
  const json* const metadata = kube::find_at(present, {"metadata"});
  const auto covers_metadata = [&](const json& wanted) {
    return std::ranges::all_of(wanted.items(), [&](const auto& each) {
      return each.key() == "ownerReferences" ? std::ranges::all_of(each.value(), has_owner)
                                             : covers_field(*metadata, each.key(), each.value(), 0);
    });
  };
  return metadata != nullptr && std::ranges::all_of(desired.items(), [&](const auto& each) {
           return each.key() == "metadata" ? covers_metadata(each.value())
                                           : covers_field(present, each.key(), each.value(), 0);
         });
}

kube::ApiError taken(const json& present) {
  const auto owner = kube::controller_of(present);
  return {.kind = kube::ApiErrorKind::kConflict,
          .message = "it belongs to " + (owner ? owner->kind + " " + owner->name : "nobody")};
}

/// What makes an object what it should be; nothing when it is.
kube::ApiResult<std::optional<kube::Request>> request_for(Pass& pass,
                                                          const kube::ResourceKind& kind,
                                                          json desired, const std::string& owner,
                                                          const Seen& seen) {
  const std::string name = kube::name_of(desired);
  if (kind == kube::kSecret) {
    // Made once with a random token: applying it would overwrite the token that members have.
    return std::optional(kube::create(kind, desired, controller::kFieldManager));
  }
  const auto known = seen.present.find({std::string(kind.kind), name});
  kube::SharedObject present;
  if (known != seen.present.end()) {
    present = known->second;
  } else {
    auto read = read_live(pass, kind, kube::key_of(desired));
    if (!read) {
      return read.error();
    }
    present = *std::move(read);
  }
  if (!present.is_null()) {
    const auto controller = kube::controller_of(present);
    if (!controller || controller->uid != owner) {
      return taken(present);
    }
    if (!differs(desired, present)) {
      return std::optional<kube::Request>();
    }
    desired["metadata"]["uid"] = kube::uid_of(present);
  }
  return std::optional(kube::apply(kind, desired, {.field_manager = controller::kFieldManager}));
}

}  // namespace

bool differs(const json& desired, const json& present) {
  const auto hash = [](const json& object) {
    return kube::annotation_of(object, api::annotations::kAppliedHash);
  };
  return hash(desired) != hash(present) || !covers_object(present, desired);
}

Applied apply_bundle(Pass& pass, const std::vector<json>& objects, const std::string& owner,
                     const Seen& seen) {
  Applied applied;
  for (const json& object : objects) {
    const kube::ResourceKind* const kind = kind_of(object);
    const std::string title = kube::text_at(object, {"kind"}) + " " + kube::name_of(object);
    QR_ASSERT(kind != nullptr);
    auto request = request_for(pass, *kind, resources::with_applied_hash(object), owner, seen);
    if (!request) {
      return {.writes = applied.writes, .error = request.error(), .object = title};
    }
    if (!*request) {
      continue;
    }
    const auto answer = pass.send(**request);
    ++applied.writes;
    const bool is_there = !answer && kind->kind == kube::kSecret.kind &&
                          answer.error().kind == kube::ApiErrorKind::kAlreadyExists;
    if (!answer && !is_there) {
      return {.writes = applied.writes, .error = answer.error(), .object = title};
    }
  }
  return applied;
}

Applied sweep_orphans(Pass& pass, const std::vector<json>& objects, const std::string& owner) {
  std::set<std::pair<std::string, std::string>> wanted;
  for (const json& object : objects) {
    wanted.emplace(kube::text_at(object, {"kind"}), kube::name_of(object));
  }
  Applied applied;
  for (const kube::ResourceKind& kind : kKinds) {
    if (kind == kube::kStatefulSet || kind == kube::kSecret) {
      continue;
    }
    for (const json& object : pass.cache().owned_by(kind, owner)) {
      const auto controller = kube::controller_of(object);
      if (wanted.contains({std::string(kind.kind), kube::name_of(object)}) || !controller ||
          controller->uid != owner || kube::is_being_deleted(object)) {
        continue;
      }
      const auto answer = pass.send(
          kube::remove(kind, kube::key_of(object),
                       {.preconditions = {.uid = kube::uid_of(object), .resource_version = {}},
                        .grace_period_seconds = std::nullopt}));
      ++applied.writes;
      if (!answer && answer.error().kind != kube::ApiErrorKind::kNotFound) {
        return {.writes = applied.writes,
                .error = answer.error(),
                .object = std::string(kind.kind) + " " + kube::name_of(object)};
      }
    }
  }
  return applied;
}

}  // namespace quorate::reconcile
