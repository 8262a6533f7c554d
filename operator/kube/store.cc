// Objects and their indexes.
#include "operator/kube/store.h"

#include "operator/kube/object.h"

namespace quorate::kube {

namespace {

void erase_from(std::map<std::string, std::set<ObjectKey>, std::less<>>& index,
                const std::string& entry, const ObjectKey& key) {
  const auto found = index.find(entry);
  if (found == index.end()) {
    return;
  }
  found->second.erase(key);
  if (found->second.empty()) {
    index.erase(found);
  }
}

std::string label_entry(std::string_view key, std::string_view value) {
  return std::string(key) + "=" + std::string(value);
}

}  // namespace

const SharedObject* Store::find(const ObjectKey& key) const {
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : &found->second;
}

std::vector<SharedObject> Store::list(std::string_view space) const {
  std::vector<SharedObject> found;
  auto at = space.empty() ? objects_.begin()
                          : objects_.lower_bound({.space = std::string(space), .name = {}});
  for (; at != objects_.end() && (space.empty() || at->first.space == space); ++at) {
    found.push_back(at->second);
  }
  return found;
}

std::vector<SharedObject> Store::owned_by(std::string_view uid) const {
  std::vector<SharedObject> found;
  if (const auto entry = by_owner_.find(uid); entry != by_owner_.end()) {
    for (const ObjectKey& key : entry->second) {
      found.push_back(*find(key));
    }
  }
  return found;
}

std::vector<SharedObject> Store::labelled(std::string_view space, std::string_view key,
                                          std::string_view value) const {
  std::vector<SharedObject> found;
  if (const auto entry = by_label_.find(label_entry(key, value)); entry != by_label_.end()) {
    for (const ObjectKey& each : entry->second) {
      if (space.empty() || each.space == space) {
        found.push_back(*find(each));
      }
    }
  }
  return found;
}

std::vector<ObjectKey> Store::keys() const {
  std::vector<ObjectKey> keys;
  keys.reserve(objects_.size());
  for (const auto& [key, object] : objects_) {
    keys.push_back(key);
  }
  return keys;
}

void Store::put(SharedObject object) {
  ObjectKey key = key_of(object);
  take(key);
  index(key, object);
  objects_.emplace(std::move(key), std::move(object));
}

SharedObject Store::take(const ObjectKey& key) {
  const auto found = objects_.find(key);
  if (found == objects_.end()) {
    return {};
  }
  unindex(key, found->second);
  SharedObject object = std::move(found->second);
  objects_.erase(found);
  return object;
}

void Store::index(const ObjectKey& key, const nlohmann::json& object) {
  for (const OwnerReference& owner : owners_of(object)) {
    by_owner_[owner.uid].insert(key);
  }
  for (const std::string& entry : label_entries(object)) {
    by_label_[entry].insert(key);
  }
}

void Store::unindex(const ObjectKey& key, const nlohmann::json& object) {
  for (const OwnerReference& owner : owners_of(object)) {
    erase_from(by_owner_, owner.uid, key);
  }
  for (const std::string& entry : label_entries(object)) {
    erase_from(by_label_, entry, key);
  }
}

std::vector<std::string> Store::label_entries(const nlohmann::json& object) const {
  std::vector<std::string> entries;
  for (const std::string& key : label_keys_) {
    std::string value = label_of(object, key);
    if (!value.empty()) {
      entries.push_back(label_entry(key, value));
    }
  }
  return entries;
}

}  // namespace quorate::kube
