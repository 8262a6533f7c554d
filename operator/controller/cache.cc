// Reading the stores of all informers of a kind.
#include "operator/controller/cache.h"

#include <algorithm>
#include <iterator>

namespace quorate::controller {

bool InformerCache::is_synced() const {
  return std::ranges::all_of(runners_, [](const auto& each) { return each->is_synced(); });
}

bool InformerCache::watches(std::string_view plural) const {
  return std::ranges::any_of(
      runners_, [&](const auto& each) { return each->options().kind.plural == plural; });
}

std::optional<kube::SharedObject> InformerCache::get(const kube::ResourceKind& kind,
                                                     const kube::ObjectKey& key) const {
  for (const auto& runner : runners_) {
    if (runner->options().kind != kind) {
      continue;
    }
    auto found = runner->read([&](const kube::Store& store) -> std::optional<kube::SharedObject> {
      const kube::SharedObject* object = store.find(key);
      return object == nullptr ? std::nullopt : std::optional(*object);
    });
    if (found) {
      return found;
    }
  }
  return std::nullopt;
}

template <typename Pick>
std::vector<kube::SharedObject> InformerCache::collect(const kube::ResourceKind& kind,
                                                       Pick pick) const {
  std::vector<kube::SharedObject> objects;
  for (const auto& runner : runners_) {
    if (runner->options().kind == kind) {
      runner->read([&](const kube::Store& store) {
        std::ranges::move(pick(store), std::back_inserter(objects));
      });
    }
  }
  return objects;
}

std::vector<kube::SharedObject> InformerCache::list(const kube::ResourceKind& kind,
                                                    std::string_view space) const {
  return collect(kind, [&](const kube::Store& store) { return store.list(space); });
}

std::vector<kube::SharedObject> InformerCache::owned_by(const kube::ResourceKind& kind,
                                                        std::string_view owner_uid) const {
  return collect(kind, [&](const kube::Store& store) { return store.owned_by(owner_uid); });
}

std::vector<kube::SharedObject> InformerCache::labelled(const kube::ResourceKind& kind,
                                                        std::string_view space,
                                                        std::string_view key,
                                                        std::string_view value) const {
  return collect(kind, [&](const kube::Store& store) { return store.labelled(space, key, value); });
}

}  // namespace quorate::controller
