// Cache: what the informers know, for reconcilers.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "operator/controller/informer_runner.h"
#include "operator/kube/resource_kind.h"
#include "operator/kube/shared_object.h"

namespace quorate::controller {

/// Objects as last seen. They are hints: before anything is destroyed or the quorum is
/// reduced, read the live objects. Any thread.
class Cache {
 public:
  virtual ~Cache() = default;

  /// Whether objects of the kind with this plural are kept.
  [[nodiscard]] virtual bool watches(std::string_view plural) const = 0;
  /// Nothing when there is none, or nobody watches its kind and namespace.
  [[nodiscard]] virtual std::optional<kube::SharedObject> get(const kube::ResourceKind& kind,
                                                              const kube::ObjectKey& key) const = 0;
  /// Of one namespace, or of all that are watched when `space` is empty.
  [[nodiscard]] virtual std::vector<kube::SharedObject> list(const kube::ResourceKind& kind,
                                                             std::string_view space) const = 0;
  [[nodiscard]] virtual std::vector<kube::SharedObject> owned_by(
      const kube::ResourceKind& kind, std::string_view owner_uid) const = 0;
  /// By a label that the kind's informers index.
  [[nodiscard]] virtual std::vector<kube::SharedObject> labelled(const kube::ResourceKind& kind,
                                                                 std::string_view space,
                                                                 std::string_view key,
                                                                 std::string_view value) const = 0;
};

/// The stores of all informers of a process. Runners are added before the first is started.
class InformerCache final : public Cache {
 public:
  void add(std::unique_ptr<InformerRunner> runner) { runners_.push_back(std::move(runner)); }
  [[nodiscard]] const std::vector<std::unique_ptr<InformerRunner>>& runners() const {
    return runners_;
  }
  [[nodiscard]] bool is_synced() const;

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
  template <typename Pick>
  [[nodiscard]] std::vector<kube::SharedObject> collect(const kube::ResourceKind& kind,
                                                        Pick pick) const;

  std::vector<std::unique_ptr<InformerRunner>> runners_;
};

}  // namespace quorate::controller
