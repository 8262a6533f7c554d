// Requests to a Kubernetes API, as values: what is sent, built in one place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/resource_kind.h"

namespace quorate::kube {

/// What the request does, as logs, metrics and the gate for writes name it.
enum class Verb {
  kGet,
  kList,
  kWatch,
  kCreate,
  kUpdate,
  kApply,
  kPatch,
  kDelete,
  kEvict,
};

[[nodiscard]] std::string_view to_text(Verb verb);
/// Whether it changes anything.
[[nodiscard]] bool is_write(Verb verb);

/// One request, without credentials.
struct Request {
  Verb verb = Verb::kGet;
  std::string_view method;  ///< GET, POST, PUT, PATCH, DELETE.
  std::string target;       ///< Path and query, encoded.
  std::string_view content_type;
  std::string body;
  std::string_view plural;       ///< Of the kind, for metrics.
  std::string_view subresource;  ///< For metrics; empty: none.

  /// Whether it may be sent again when it is not known whether it arrived.
  [[nodiscard]] bool is_repeatable() const;
};

/// `GET` of one object. It is answered from the newest state, so that it serves as the live read
/// before destructive acts.
[[nodiscard]] Request get(const ResourceKind& kind, const ObjectKey& key,
                          std::string_view subresource = {});

struct ListOptions {
  uint32_t page_size = 500;      ///< 0: everything at once.
  std::string continue_token;    ///< Of the page before.
  std::string resource_version;  ///< "0": any state that the server has at hand; "": the newest.
  std::string label_selector;    ///< As kubectl's -l.
  std::string field_selector;
};
[[nodiscard]] Request list(const ResourceKind& kind, std::string_view space,
                           const ListOptions& options);

struct WatchOptions {
  std::string resource_version;  ///< Events after this one.
  uint32_t timeout_seconds = 300;
  std::string label_selector;
  std::string field_selector;
};
/// A stream of events, with bookmarks.
[[nodiscard]] Request watch(const ResourceKind& kind, std::string_view space,
                            const WatchOptions& options);

/// `POST` of a whole object.
[[nodiscard]] Request create(const ResourceKind& kind, const nlohmann::json& object,
                             std::string_view field_manager);

/// `PUT` of a whole object. With metadata.resourceVersion it is refused (Conflict) when the object
/// is another one by now.
[[nodiscard]] Request update(const ResourceKind& kind, const nlohmann::json& object,
                             std::string_view field_manager, std::string_view subresource = {});

struct ApplyOptions {
  std::string_view field_manager;
  /// Takes fields from other managers. True for children that the operator owns.
  bool force = true;
  bool is_dry_run = false;
  std::string_view subresource = {};  ///< `status`, or none.
};
/// Server-side apply: creates the object or changes the fields that `object` has; fields that the
/// manager applied before and that are missing now are removed. apiVersion, kind and name have to
/// be there; a resourceVersion or uid in the metadata is a precondition.
[[nodiscard]] Request apply(const ResourceKind& kind, const nlohmann::json& object,
                            const ApplyOptions& options);

/// Changes what `patch` has; null removes.
[[nodiscard]] Request merge_patch(const ResourceKind& kind, const ObjectKey& key,
                                  const nlohmann::json& patch, std::string_view field_manager,
                                  std::string_view subresource = {});

/// Operations of RFC 6902, all or none of them; `test` is a precondition.
[[nodiscard]] Request json_patch(const ResourceKind& kind, const ObjectKey& key,
                                 const nlohmann::json& operations, std::string_view field_manager,
                                 std::string_view subresource = {});

/// What has to be true of an object that is to go; empty means anything.
struct Preconditions {
  std::string uid;
  std::string resource_version;
};

/// What becomes of the children of a deleted object.
enum class Propagation { kBackground, kForeground, kOrphan };

struct DeleteOptions {
  Preconditions preconditions;
  Propagation propagation = Propagation::kBackground;
  std::optional<int64_t> grace_period_seconds;
  bool is_dry_run = false;
};
[[nodiscard]] Request remove(const ResourceKind& kind, const ObjectKey& key,
                             const DeleteOptions& options);

/// Asks for a Pod to leave, which disruption budgets may refuse for now (TooManyRequests).
[[nodiscard]] Request evict(const ObjectKey& pod, const DeleteOptions& options);

/// Sets the replicas by the scale subresource.
[[nodiscard]] Request scale(const ResourceKind& kind, const ObjectKey& key, int32_t replicas,
                            std::string_view field_manager);

}  // namespace quorate::kube
