// Paths, queries and bodies of requests.
#include "operator/kube/request.h"

#include "operator/kube/json_value.h"
#include "operator/kube/object.h"

namespace quorate::kube {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kApplyPatch = "application/apply-patch+yaml";
constexpr std::string_view kMergePatch = "application/merge-patch+json";
constexpr std::string_view kJsonPatch = "application/json-patch+json";

/// Appends `key=value` to a target with `?` or `&`, unless the value is empty.
void add_query(std::string& target, std::string_view key, std::string_view value) {
  if (value.empty()) {
    return;
  }
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += key;
  target += '=';
  target += percent_encoded(value);
}

nlohmann::json body_of(const DeleteOptions& options) {
  nlohmann::json body = {{"apiVersion", "v1"}, {"kind", "DeleteOptions"}};
  if (!options.preconditions.uid.empty()) {
    body["preconditions"]["uid"] = options.preconditions.uid;
  }
  if (!options.preconditions.resource_version.empty()) {
    body["preconditions"]["resourceVersion"] = options.preconditions.resource_version;
  }
  switch (options.propagation) {
    case Propagation::kBackground:
      body["propagationPolicy"] = "Background";
      break;
    case Propagation::kForeground:
      body["propagationPolicy"] = "Foreground";
      break;
    case Propagation::kOrphan:
      body["propagationPolicy"] = "Orphan";
      break;
  }
  if (options.grace_period_seconds) {
    body["gracePeriodSeconds"] = *options.grace_period_seconds;
  }
  if (options.is_dry_run) {
    body["dryRun"] = {"All"};
  }
  return body;
}

}  // namespace

std::string_view to_text(Verb verb) {
  switch (verb) {
    case Verb::kGet:
      return "get";
    case Verb::kList:
      return "list";
    case Verb::kWatch:
      return "watch";
    case Verb::kCreate:
      return "create";
    case Verb::kUpdate:
      return "update";
    case Verb::kApply:
      return "apply";
    case Verb::kPatch:
      return "patch";
    case Verb::kDelete:
      return "delete";
    case Verb::kEvict:
      return "evict";
  }
  return "unknown";
}

bool is_write(Verb verb) {
  return verb != Verb::kGet && verb != Verb::kList && verb != Verb::kWatch;
}

bool Request::is_repeatable() const {
  // A second create, update, JSON patch, delete or eviction would be answered otherwise than the
  // first.
  return verb == Verb::kGet || verb == Verb::kList || verb == Verb::kApply;
}

Request get(const ResourceKind& kind, const ObjectKey& key, std::string_view subresource) {
  return {.verb = Verb::kGet,
          .method = "GET",
          .target = object_path(kind, key, subresource),
          .plural = kind.plural,
          .subresource = subresource};
}

Request list(const ResourceKind& kind, std::string_view space, const ListOptions& options) {
  std::string target = collection_path(kind, space);
  if (options.page_size > 0) {
    add_query(target, "limit", std::to_string(options.page_size));
  }
  add_query(target, "labelSelector", options.label_selector);
  add_query(target, "fieldSelector", options.field_selector);
  if (options.continue_token.empty()) {
    add_query(target, "resourceVersion", options.resource_version);
  } else {
    // The token holds the version; a server refuses both.
    add_query(target, "continue", options.continue_token);
  }
  return {.verb = Verb::kList, .method = "GET", .target = std::move(target), .plural = kind.plural};
}

Request watch(const ResourceKind& kind, std::string_view space, const WatchOptions& options) {
  std::string target = collection_path(kind, space) + "?watch=true&allowWatchBookmarks=true";
  add_query(target, "timeoutSeconds", std::to_string(options.timeout_seconds));
  add_query(target, "labelSelector", options.label_selector);
  add_query(target, "fieldSelector", options.field_selector);
  add_query(target, "resourceVersion", options.resource_version);
  return {
      .verb = Verb::kWatch, .method = "GET", .target = std::move(target), .plural = kind.plural};
}

Request create(const ResourceKind& kind, const nlohmann::json& object,
               std::string_view field_manager) {
  std::string target = collection_path(kind, namespace_of(object));
  add_query(target, "fieldManager", field_manager);
  return {.verb = Verb::kCreate,
          .method = "POST",
          .target = std::move(target),
          .content_type = kJson,
          .body = to_body(object),
          .plural = kind.plural};
}

Request update(const ResourceKind& kind, const nlohmann::json& object,
               std::string_view field_manager, std::string_view subresource) {
  std::string target = object_path(kind, key_of(object), subresource);
  add_query(target, "fieldManager", field_manager);
  return {.verb = Verb::kUpdate,
          .method = "PUT",
          .target = std::move(target),
          .content_type = kJson,
          .body = to_body(object),
          .plural = kind.plural,
          .subresource = subresource};
}

Request apply(const ResourceKind& kind, const nlohmann::json& object, const ApplyOptions& options) {
  std::string target = object_path(kind, key_of(object), options.subresource);
  add_query(target, "fieldManager", options.field_manager);
  if (options.force) {
    add_query(target, "force", "true");
  }
  if (options.is_dry_run) {
    add_query(target, "dryRun", "All");
  }
  return {.verb = Verb::kApply,
          .method = "PATCH",
          .target = std::move(target),
          .content_type = kApplyPatch,
          .body = to_body(object),
          .plural = kind.plural,
          .subresource = options.subresource};
}

namespace {

Request patch(const ResourceKind& kind, const ObjectKey& key, const nlohmann::json& body,
              std::string_view content_type, std::string_view field_manager,
              std::string_view subresource) {
  std::string target = object_path(kind, key, subresource);
  add_query(target, "fieldManager", field_manager);
  return {.verb = Verb::kPatch,
          .method = "PATCH",
          .target = std::move(target),
          .content_type = content_type,
          .body = to_body(body),
          .plural = kind.plural,
          .subresource = subresource};
}

}  // namespace

Request merge_patch(const ResourceKind& kind, const ObjectKey& key, const nlohmann::json& patch,
                    std::string_view field_manager, std::string_view subresource) {
  return kube::patch(kind, key, patch, kMergePatch, field_manager, subresource);
}

Request json_patch(const ResourceKind& kind, const ObjectKey& key, const nlohmann::json& operations,
                   std::string_view field_manager, std::string_view subresource) {
  return patch(kind, key, operations, kJsonPatch, field_manager, subresource);
}

Request remove(const ResourceKind& kind, const ObjectKey& key, const DeleteOptions& options) {
  return {.verb = Verb::kDelete,
          .method = "DELETE",
          .target = object_path(kind, key),
          .content_type = kJson,
          .body = to_body(body_of(options)),
          .plural = kind.plural};
}

Request evict(const ObjectKey& pod, const DeleteOptions& options) {
  nlohmann::json body = {{"apiVersion", "policy/v1"},
                         {"kind", "Eviction"},
                         {"metadata", {{"name", pod.name}, {"namespace", pod.space}}},
                         {"deleteOptions", body_of(options)}};
  return {.verb = Verb::kEvict,
          .method = "POST",
          .target = object_path(kPod, pod, "eviction"),
          .content_type = kJson,
          .body = to_body(body),
          .plural = kPod.plural,
          .subresource = "eviction"};
}

Request scale(const ResourceKind& kind, const ObjectKey& key, int32_t replicas,
              std::string_view field_manager) {
  const nlohmann::json body = {{"spec", {{"replicas", replicas}}}};
  return merge_patch(kind, key, body, field_manager, "scale");
}

}  // namespace quorate::kube
