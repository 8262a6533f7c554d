// Reading the stores of all informers of a kind.
#include "operator/controller/cache.h"

#include <algorithm>

namespace quorate::controller {

bool InformerCache::is_synced() const {
  return std::ranges::all_of(runners_, [](const auto& each) { return each->is_synced(); });
}

bool InformerCache::watches(std::string_view plural) const {
  return std::ranges::any_of(
      runners_, [&](const auto& each) { return each->options().kind.plural == plural; });
}

std::optional<nlohmann::json> InformerCache::get(const kube::ResourceKind& kind,
                                                 const kube::ObjectKey& key) const {
  for (const auto& runner : runners_) {
    if (runner->options().kind != kind) {
      continue;
    }
    auto found = runner->read([&](const kube::Store& store) -> std::optional<nlohmann::json> {
      const nlohmann::json* object = store.find(key);
      return object == nullptr ? std::nullopt : std::optional<nlohmann::json>(*object);
    });
    if (found) {
      return found;
    }
  }
  return std::nullopt;
}

template <typename Pick>
std::vector<nlohmann::json> InformerCache::collect(const kube::ResourceKind& kind,
                                                   Pick pick) const {
  std::vector<nlohmann::json> objects;
  for (const auto& runner : runners_) {
    if (runner->options().kind == kind) {
      runner->read([&](const kube::Store& store) {
        for (const nlohmann::json* each : pick(store)) {
          objects.push_back(*each);
        }
      });
    }
  }
  return objects;
}

std::vector<nlohmann::json> InformerCache::list(const kube::ResourceKind& kind,
                                                std::string_view space) const {
  return collect(kind, [&](const kube::Store& store) { return store.list(space); });
}

std::vector<nlohmann::json> InformerCache::owned_by(const kube::ResourceKind& kind,
                                                    std::string_view owner_uid) const {
  return collect(kind, [&](const kube::Store& store) { return store.owned_by(owner_uid); });
}

std::vector<nlohmann::json> InformerCache::labelled(const kube::ResourceKind& kind,
                                                    std::string_view space, std::string_view key,
                                                    std::string_view value) const {
  return collect(kind, [&](const kube::Store& store) { return store.labelled(space, key, value); });
}

}  // namespace quorate::controller
