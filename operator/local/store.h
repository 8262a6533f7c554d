// The object store: versioned objects, their history for watches, and indexes by uid and owner.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "operator/local/object.h"

namespace quorate::local {

/// The address of an object. `resource` is the plural and the group: `pods`, `statefulsets.apps`.
struct Key {
  std::string resource;
  std::string ns;  ///< Empty for what lives in no namespace.
  std::string name;
  friend auto operator<=>(const Key&, const Key&) = default;
};

enum class ChangeType : uint8_t { kAdded, kModified, kDeleted };

/// One committed write. A deletion's `object` is the last state with the deletion's own revision.
struct Change {
  int64_t revision = 0;
  ChangeType type = ChangeType::kAdded;
  Key key;
  ObjectPtr object;
  ObjectPtr previous;  ///< Null for kAdded.
};

/// Holds every object in its storage version. Revisions grow by one with each write and are never
/// reused. trim() keeps the last `history_count_max` changes of the history; whoever asks for an
/// older one is told that it is gone.
///
/// It checks nothing: Objects does.
class Store {
 public:
  explicit Store(size_t history_count_max = 20000) : history_count_max_(history_count_max) {}

  [[nodiscard]] int64_t revision() const { return revision_; }
  [[nodiscard]] ObjectPtr find(const Key& key) const;
  /// By uid; nothing for uids that no living object has.
  [[nodiscard]] std::optional<Key> find_uid(const std::string& uid) const;
  /// Objects with an owner reference to `uid`, in order of their keys.
  [[nodiscard]] std::vector<Key> dependents(const std::string& uid) const;
  /// Objects of a resource, of one namespace or of all, in order of namespace and name.
  [[nodiscard]] std::vector<ObjectPtr> list(const std::string& resource,
                                            const std::string& ns = {}) const;
  /// Every key, in order.
  [[nodiscard]] std::vector<Key> keys() const;
  /// Resources as they were at a revision; nothing when its history is gone. `revision` must not be
  /// in the future.
  [[nodiscard]] std::optional<std::vector<ObjectPtr>> list_at_revision(const std::string& resource,
                                                                       const std::string& ns,
                                                                       int64_t revision) const;

  /// Stores an object, new or changed, and stamps its resourceVersion.
  ObjectPtr put(const Key& key, Json object);
  /// Removes an object; returns its last state, null when there was none.
  ObjectPtr erase(const Key& key);

  /// Changes after a revision, oldest first; nothing when some of them are gone. The pointer and
  /// count are valid until the next write.
  struct Changes {
    std::deque<Change>::const_iterator begin;
    std::deque<Change>::const_iterator end;
  };
  [[nodiscard]] std::optional<Changes> changes_after(int64_t revision) const;
  [[nodiscard]] int64_t oldest_revision() const;
  void trim();
  /// Forgets the history up to and with `revision`, as etcd's compaction does.
  void compact(int64_t revision);

  /// A number that was never given before; part of what is restored.
  int64_t next_number() { return ++number_; }
  [[nodiscard]] int64_t number() const { return number_; }

  /// Puts back what an earlier run stored; only before the first write.
  void restore(const Key& key, Json object);
  void restore_counters(int64_t revision, int64_t number);

 private:
  void index(const Key& key, const Json& object, bool add);
  void remember(Change change);

  std::map<Key, ObjectPtr> objects_;
  std::map<std::string, Key> by_uid_;
  std::map<std::string, std::set<Key>> by_owner_;
  std::deque<Change> history_;
  size_t history_count_max_;
  int64_t revision_ = 0;
  /// Changes up to and with this revision are forgotten.
  int64_t forgotten_revision_ = 0;
  int64_t number_ = 0;
};

}  // namespace quorate::local
