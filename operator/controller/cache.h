// Cache: what the informers know, for reconcilers.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/controller/informer_runner.h"
#include "operator/kube/resource_kind.h"

namespace quorate::controller {

/// Copies of objects as last seen. They are hints: before anything is destroyed or the quorum is
/// reduced, read the live objects. Any thread; runners are added before the first is started.
class Cache {
 public:
  void add(std::unique_ptr<InformerRunner> runner) { runners_.push_back(std::move(runner)); }
  [[nodiscard]] const std::vector<std::unique_ptr<InformerRunner>>& runners() const {
    return runners_;
  }

  [[nodiscard]] bool is_synced() const;
  /// Nothing when there is none, or nobody watches its kind and namespace.
  [[nodiscard]] std::optional<nlohmann::json> get(const kube::ResourceKind& kind,
                                                  const kube::ObjectKey& key) const;
  /// Of one namespace, or of all that are watched when `space` is empty.
  [[nodiscard]] std::vector<nlohmann::json> list(const kube::ResourceKind& kind,
                                                 std::string_view space = {}) const;
  [[nodiscard]] std::vector<nlohmann::json> owned_by(const kube::ResourceKind& kind,
                                                     std::string_view owner_uid) const;
  /// By a label that the kind's informers index.
  [[nodiscard]] std::vector<nlohmann::json> labelled(const kube::ResourceKind& kind,
                                                     std::string_view space, std::string_view key,
                                                     std::string_view value) const;

 private:
  template <typename Pick>
  [[nodiscard]] std::vector<nlohmann::json> collect(const kube::ResourceKind& kind,
                                                    Pick pick) const;

  std::vector<std::unique_ptr<InformerRunner>> runners_;
};

}  // namespace quorate::controller
