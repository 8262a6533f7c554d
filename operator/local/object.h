// Reading and writing Kubernetes objects as JSON, without exceptions.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/time.h"

namespace quorate::local {

using Json = nlohmann::json;
/// An object as it is stored: never changed, shared by the store and the history of watches.
using ObjectPtr = std::shared_ptr<const Json>;

/// The value at a path of field names joined by `/`, such as `spec/template/metadata`; null where
/// there is none. Keys that hold a slash (labels, annotations) are read with label() and the like.
[[nodiscard]] const Json& at(const Json& object, std::string_view path);
/// The same to write to: objects on the way are made; whatever stands in the way is replaced.
[[nodiscard]] Json& make_at(Json& object, std::string_view path);
/// Removes a field by its path; nothing happens where there is none.
void erase_at(Json& object, std::string_view path);

[[nodiscard]] bool has(const Json& object, std::string_view path);
[[nodiscard]] std::string text(const Json& object, std::string_view path,
                               std::string_view fallback = "");
[[nodiscard]] int64_t integer(const Json& object, std::string_view path, int64_t fallback = 0);
[[nodiscard]] bool boolean(const Json& object, std::string_view path, bool fallback = false);
/// A list, or an empty one where there is none.
[[nodiscard]] const Json& list_at(const Json& object, std::string_view path);
/// An object, or an empty one where there is none.
[[nodiscard]] const Json& map_at(const Json& object, std::string_view path);

[[nodiscard]] std::string name_of(const Json& object);
[[nodiscard]] std::string namespace_of(const Json& object);
[[nodiscard]] std::string uid_of(const Json& object);
[[nodiscard]] int64_t revision_of(const Json& object);
[[nodiscard]] bool is_deleting(const Json& object);
[[nodiscard]] std::string label(const Json& object, const std::string& key);
[[nodiscard]] std::string annotation(const Json& object, const std::string& key);
[[nodiscard]] bool has_finalizer(const Json& object, std::string_view finalizer);
/// Returns whether it was there.
bool remove_finalizer(Json& object, std::string_view finalizer);
/// Returns whether it was new.
bool add_finalizer(Json& object, std::string_view finalizer);

/// The owner reference with `controller: true`, or null.
[[nodiscard]] const Json& controller_of(const Json& object);
[[nodiscard]] Json owner_reference(const Json& owner, bool is_controller);

/// The condition of a type, or null.
[[nodiscard]] const Json& condition_of(const Json& object, std::string_view type);
[[nodiscard]] bool condition_is_true(const Json& object, std::string_view type);

struct Condition {
  std::string type;
  bool is_true = false;
  std::string reason;
  std::string message;
};
/// Sets a condition of `status.conditions`; its transition time moves only when its status flips.
void set_condition(Json& object, const Condition& condition, WallMillis now);

/// The parts of a string between separators; an empty string has none.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::optional<int64_t> parse_integer(std::string_view text);

/// `2026-01-02T03:04:05Z`.
[[nodiscard]] std::string format_time(WallMillis time);
/// `2026-01-02T03:04:05.678000Z`.
[[nodiscard]] std::string format_micro_time(WallMillis time);
/// Reads either form, and an offset from UTC.
[[nodiscard]] std::optional<WallMillis> parse_time(std::string_view text);

/// A Kubernetes quantity ("10Gi", "100m", "1e3", 5) in thousandths.
[[nodiscard]] std::optional<int64_t> parse_quantity_milli(const Json& value);

/// The text of an object for answers and files; bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string dump(const Json& value);
/// Parses text from outside; nothing when it is no JSON or nested too deeply.
[[nodiscard]] std::optional<Json> parse_json(std::string_view text);

/// A fast hash of bytes (FNV-1a), for names of revisions.
[[nodiscard]] uint64_t hash_of(std::string_view bytes);

}  // namespace quorate::local
