// Writes to the store with the rules of Kubernetes: creation, optimistic updates, deletion with
// finalizers and grace, generations, ownership of fields.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operator/local/api_error.h"
#include "operator/local/kinds.h"
#include "operator/local/managed_fields.h"
#include "operator/local/store.h"

namespace quorate::local {

enum class FieldValidation : uint8_t { kIgnore, kWarn, kStrict };

struct WriteOptions {
  bool dry_run = false;
  FieldValidation field_validation = FieldValidation::kIgnore;
  Writer writer;
  /// Set by apply, which has written the managed fields itself.
  bool keeps_managed_fields = false;
};

struct Written {
  Json object;
  bool is_created = false;
  std::vector<std::string> warnings;
};

struct DeleteOptions {
  std::optional<int64_t> grace_s;
  std::string uid;               ///< Precondition; empty: none.
  std::string resource_version;  ///< Precondition; empty: none.
  std::string propagation;       ///< Foreground, Background, Orphan; empty: Background.
  bool dry_run = false;
};

/// What the world around the objects is like.
struct Surroundings {
  /// Makes uids of one world differ from another's.
  uint64_t seed = 1;
  /// The first two bytes of every address of Pods and Services: `127.64`.
  std::string address_prefix = "127.64";
};

/// The only writer of a store. Pure: the time is given before each use.
class Objects {
 public:
  Objects(Store& store, Kinds& kinds, Surroundings surroundings)
      : store_(store), kinds_(kinds), surroundings_(std::move(surroundings)) {}

  void set_now(WallMillis now) { now_ = now; }
  [[nodiscard]] WallMillis now() const { return now_; }
  [[nodiscard]] Store& store() { return store_; }
  [[nodiscard]] const Store& store() const { return store_; }
  [[nodiscard]] Kinds& kinds() { return kinds_; }
  [[nodiscard]] const Surroundings& surroundings() const { return surroundings_; }

  Outcome<Written> create(const Kind& kind, const std::string& ns, Json object,
                          const WriteOptions& options);
  /// Replaces an object, or with a subresource its status.
  Outcome<Written> update(const Kind& kind, const std::string& ns, const std::string& name,
                          Json object, const WriteOptions& options);
  /// Deletes or begins to. Returns the object as it is now, or a Status when it is gone.
  Outcome<Json> remove(const Kind& kind, const std::string& ns, const std::string& name,
                       const DeleteOptions& options);

  // For controllers, which work on what they have just read.

  [[nodiscard]] ObjectPtr find(const std::string& resource, const std::string& ns,
                               const std::string& name) const {
    return store_.find({resource, ns, name});
  }
  /// Creates an object of a controller's own; null when it is refused (the reason is returned in
  /// `refusal` when given).
  ObjectPtr make(const std::string& resource, const std::string& ns, Json object,
                 std::string* refusal = nullptr);
  /// Changes an object by a function of `Json&`. Returns whether anything changed.
  template <typename Change>
  bool modify(const Key& key, Change change) {
    const ObjectPtr old_object = store_.find(key);
    if (!old_object) {
      return false;
    }
    Json updated = *old_object;
    change(updated);
    return replace(key, *old_object, std::move(updated));
  }
  /// The same of its status alone: `change` gets an object that has no other field, and the rest is
  /// not even copied when nothing changes.
  template <typename Change>
  bool modify_status(const Key& key, Change change) {
    const ObjectPtr old_object = store_.find(key);
    if (!old_object) {
      return false;
    }
    Json shown = {{"status", at(*old_object, "status")}};
    change(shown);
    if (shown["status"] == at(*old_object, "status")) {
      return false;
    }
    Json updated = *old_object;
    updated["status"] = std::move(shown["status"]);
    return replace(key, *old_object, std::move(updated));
  }
  /// Deletes without a word to anybody; nothing happens when it is not there.
  void drop(const Key& key, const DeleteOptions& options = {});

  /// A new uid, and five letters for a generated name.
  [[nodiscard]] std::string new_uid();
  [[nodiscard]] std::string new_suffix();

 private:
  [[nodiscard]] std::optional<ApiError> check_namespace(const Kind& kind, const std::string& ns,
                                                        const std::string& name) const;
  Outcome<std::vector<std::string>> clean(const Kind& kind, Json& object,
                                          const WriteOptions& options) const;
  /// What must hold before anything else looks into an object: the types of its fields.
  [[nodiscard]] std::optional<ApiError> check_types(const Kind& kind, const Json& object) const;
  [[nodiscard]] FieldErrors check(const Kind& kind, const Json* old_object,
                                  const Json& object) const;
  void carry_system_fields(const Json& old_object, Json& updated) const;
  Outcome<Written> finish_update(const Kind& kind, const Key& key, const ObjectPtr& old_object,
                                 Json updated, const WriteOptions& options);
  bool replace(const Key& key, const Json& old_object, Json updated);
  Outcome<Json> begin_deletion(const Kind& kind, const Key& key, const Json& object,
                               const DeleteOptions& options);

  Store& store_;
  Kinds& kinds_;
  Surroundings surroundings_;
  WallMillis now_;
};

/// An object in the shape of a kind's version.
[[nodiscard]] Json in_version(const Json& object, const Kind& kind);
/// The other way: in the version that is stored.
[[nodiscard]] Json in_stored_version(Json object, const Kind& kind, const Kinds& kinds);

}  // namespace quorate::local
