// Store: the objects of one kind as last seen, with indexes by owner and by label.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "operator/kube/resource_kind.h"
#include "operator/kube/shared_object.h"

namespace quorate::kube {

/// Objects by namespace and name. What it holds is a hint: it is as old as the last event.
///
/// Not thread-safe.
class Store {
 public:
  /// `label_keys`: labels whose values are indexed.
  explicit Store(std::vector<std::string> label_keys = {}) : label_keys_(std::move(label_keys)) {}

  /// Null when there is none. Valid until the next change.
  [[nodiscard]] const SharedObject* find(const ObjectKey& key) const;
  /// In the order of namespace and name; all namespaces when `space` is empty.
  [[nodiscard]] std::vector<SharedObject> list(std::string_view space = {}) const;
  /// Objects that name an owner of this uid.
  [[nodiscard]] std::vector<SharedObject> owned_by(std::string_view uid) const;
  /// Objects of a namespace (or all) that have this value of an indexed label.
  [[nodiscard]] std::vector<SharedObject> labelled(std::string_view space, std::string_view key,
                                                   std::string_view value) const;
  [[nodiscard]] size_t size() const { return objects_.size(); }
  [[nodiscard]] std::vector<ObjectKey> keys() const;

  /// Puts an object in place of the one of its name.
  void put(SharedObject object);
  /// Takes an object out and returns it; null when there was none.
  SharedObject take(const ObjectKey& key);

 private:
  using Index = std::map<std::string, std::set<ObjectKey>, std::less<>>;

  void index(const ObjectKey& key, const nlohmann::json& object);
  void unindex(const ObjectKey& key, const nlohmann::json& object);
  [[nodiscard]] std::vector<std::string> label_entries(const nlohmann::json& object) const;

  std::vector<std::string> label_keys_;
  std::map<ObjectKey, SharedObject> objects_;
  Index by_owner_;  ///< invariant: no empty sets, and only keys of objects_.
  Index by_label_;  ///< By "key=value"; as above.
};

}  // namespace quorate::kube
