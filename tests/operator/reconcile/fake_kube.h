// FakeKube: an API server in memory for passes of a reconciler, one thread, with faults on request.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/controller/cache.h"
#include "operator/kube/api_error.h"
#include "operator/kube/request.h"

namespace quorate::reconcile::testing {

using Json = nlohmann::json;
using Answer = kube::ApiResult<Json>;

/// Objects of any kind. It is its own cache, which shows what it held at the last refresh().
class FakeKube final : public controller::Cache {
 public:
  [[nodiscard]] Answer send(const kube::Request& request);

  /// As somebody else would: makes the object, or merges `patch` into it.
  void change(const kube::ResourceKind& kind, const std::string& name, const Json& patch);
  void drop(const kube::ResourceKind& kind, const std::string& name);
  [[nodiscard]] const Json* find(const kube::ResourceKind& kind, const std::string& name) const;
  [[nodiscard]] std::vector<Json> all(const kube::ResourceKind& kind) const;
  /// StatefulSets make Pods that run and are ready, claims, and revisions of their templates.
  void run_controllers();
  void refresh() { cached_ = objects_; }

  /// Asked before each request: an answer in place of the right one, or nothing.
  std::function<std::optional<Answer>(const kube::Request&)> fault;
  /// Requests for which it is true are performed, and their answers are lost.
  std::function<bool(const kube::Request&)> loses_answer;
  /// Writes since the last clear, in their order: "patch quorumclusters/status".
  std::vector<std::string> writes;
  size_t requests = 0;

  [[nodiscard]] bool watches(std::string_view plural) const override;
  [[nodiscard]] std::optional<kube::SharedObject> get(const kube::ResourceKind& kind,
                                                      const kube::ObjectKey& key) const override;
  [[nodiscard]] std::vector<kube::SharedObject> list(const kube::ResourceKind& kind,
                                                     std::string_view space) const override;
  [[nodiscard]] std::vector<kube::SharedObject> owned_by(const kube::ResourceKind& kind,
                                                         std::string_view owner_uid) const override;
  [[nodiscard]] std::vector<kube::SharedObject> labelled(const kube::ResourceKind& kind,
                                                         std::string_view space,
                                                         std::string_view key,
                                                         std::string_view value) const override;

 private:
  using Id = std::pair<std::string, std::string>;  ///< plural, name: one namespace is enough.

  Answer serve(const kube::Request& request);
  Answer write(const kube::Request& request, const Id& id);
  Answer take_away(const kube::Request& request, const Id& id);
  Json& store(const Id& id, Json object);
  void run_set(const Json& set);

  std::map<Id, Json> objects_;
  std::map<Id, Json> cached_;
  int64_t version_ = 100;
  int64_t last_uid_ = 0;
  int last_host_ = 0;
};

}  // namespace quorate::reconcile::testing
