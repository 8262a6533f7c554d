// The store's writes, indexes and history.
#include "operator/local/store.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"

namespace quorate::local {

ObjectPtr Store::find(const Key& key) const {
  const auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second;
}

std::optional<Key> Store::find_uid(const std::string& uid) const {
  const auto found = by_uid_.find(uid);
  return found == by_uid_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Key> Store::dependents(const std::string& uid) const {
  const auto found = by_owner_.find(uid);
  return found == by_owner_.end() ? std::vector<Key>()
                                  : std::vector<Key>(found->second.begin(), found->second.end());
}

std::vector<ObjectPtr> Store::list(const std::string& resource, const std::string& ns) const {
  std::vector<ObjectPtr> found;
  for (auto it = objects_.lower_bound({resource, ns, ""});
       it != objects_.end() && it->first.resource == resource && (ns.empty() || it->first.ns == ns);
       ++it) {
    found.push_back(it->second);
  }
  return found;
}

std::vector<Key> Store::keys() const {
  std::vector<Key> found;
  for (const auto& [key, object] : objects_) {
    found.push_back(key);
  }
  return found;
}

std::optional<std::vector<ObjectPtr>> Store::list_at_revision(const std::string& resource,
                                                              const std::string& ns,
                                                              int64_t revision) const {
  if (revision < forgotten_revision_) {
    return std::nullopt;
  }
  std::map<Key, ObjectPtr> then;
  for (const ObjectPtr& object : list(resource, ns)) {
    then[{resource, namespace_of(*object), name_of(*object)}] = object;
  }
  // The present state, with every later change undone.
  for (auto it = history_.rbegin(); it != history_.rend() && it->revision > revision; ++it) {
    if (it->key.resource != resource || (!ns.empty() && it->key.ns != ns)) {
      continue;
    }
    if (it->type == ChangeType::kAdded) {
      then.erase(it->key);
    } else {
      then[it->key] = it->previous;
    }
  }
  std::vector<ObjectPtr> found;
  for (auto& [key, object] : then) {
    found.push_back(std::move(object));
  }
  return found;
}

ObjectPtr Store::put(const Key& key, Json object) {
  const ObjectPtr previous = find(key);
  object["metadata"]["resourceVersion"] = std::to_string(++revision_);
  const auto stored = std::make_shared<const Json>(std::move(object));
  if (previous) {
    index(key, *previous, false);
  }
  index(key, *stored, true);
  objects_[key] = stored;
  remember({.revision = revision_,
            .type = previous ? ChangeType::kModified : ChangeType::kAdded,
            .key = key,
            .object = stored,
            .previous = previous});
  return stored;
}

ObjectPtr Store::erase(const Key& key) {
  const ObjectPtr previous = find(key);
  if (!previous) {
    return nullptr;
  }
  Json last = *previous;
  last["metadata"]["resourceVersion"] = std::to_string(++revision_);
  const auto stored = std::make_shared<const Json>(std::move(last));
  index(key, *previous, false);
  objects_.erase(key);
  remember({.revision = revision_,
            .type = ChangeType::kDeleted,
            .key = key,
            .object = stored,
            .previous = previous});
  return stored;
}

void Store::index(const Key& key, const Json& object, bool add) {
  const std::string uid = uid_of(object);
  if (add) {
    by_uid_[uid] = key;
  } else if (const auto found = by_uid_.find(uid); found != by_uid_.end() && found->second == key) {
    by_uid_.erase(found);
  }
  for (const Json& owner : list_at(object, "metadata/ownerReferences")) {
    const std::string owner_uid = text(owner, "uid");
    if (add) {
      by_owner_[owner_uid].insert(key);
      continue;
    }
    if (const auto found = by_owner_.find(owner_uid); found != by_owner_.end()) {
      found->second.erase(key);
      if (found->second.empty()) {
        by_owner_.erase(found);
      }
    }
  }
}

void Store::remember(Change change) { history_.push_back(std::move(change)); }

void Store::trim() {
  while (history_.size() > history_count_max_) {
    forgotten_revision_ = history_.front().revision;
    history_.pop_front();
  }
}

std::optional<Store::Changes> Store::changes_after(int64_t revision) const {
  if (revision < forgotten_revision_) {
    return std::nullopt;
  }
  const auto begin = std::upper_bound(
      history_.begin(), history_.end(), revision,
      [](int64_t wanted, const Change& change) { return wanted < change.revision; });
  return Changes{.begin = begin, .end = history_.end()};
}

int64_t Store::oldest_revision() const { return forgotten_revision_; }

void Store::compact(int64_t revision) {
  while (!history_.empty() && history_.front().revision <= revision) {
    history_.pop_front();
  }
  forgotten_revision_ = std::max(forgotten_revision_, std::min(revision, revision_));
}

void Store::restore(const Key& key, Json object) {
  QR_ASSERT(history_.empty());
  const auto stored = std::make_shared<const Json>(std::move(object));
  index(key, *stored, true);
  objects_[key] = stored;
}

void Store::restore_counters(int64_t revision, int64_t number) {
  QR_ASSERT(history_.empty());
  revision_ = revision;
  forgotten_revision_ = revision;
  number_ = number;
}

}  // namespace quorate::local
