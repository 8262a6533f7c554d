// A watch: the changes of a collection since a revision, as the lines of a stream.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operator/local/kinds.h"
#include "operator/local/selector.h"
#include "operator/local/store.h"

namespace quorate::local {

struct WatchOptions {
  KindPtr kind;
  std::string ns;
  Selector labels;
  Selector fields;
  /// Changes after this revision; nothing: all that is there comes first.
  std::optional<int64_t> revision;
  bool allows_bookmarks = false;
  /// A bookmark ends the first events (sendInitialEvents).
  bool marks_initial_end = false;
  bool is_table = false;
  bool is_metadata_only = false;
  std::string include_object = "Metadata";
  int64_t timeout_ms = 0;  ///< 0: none.
};

/// Where one client stands. Copyable; holds no reference to the store.
class Watch {
 public:
  Watch(WatchOptions options, WallMillis now);

  /// Lines to send, each a JSON object and a line feed. After is_finished() there are no more.
  [[nodiscard]] std::vector<std::string> take(const Store& store, WallMillis now);
  [[nodiscard]] bool is_finished() const { return is_finished_; }
  /// When take() has a bookmark or the end to send though nothing changes.
  [[nodiscard]] WallMillis next_deadline() const;
  /// The kind is served no more.
  void finish() { is_finished_ = true; }
  [[nodiscard]] const KindPtr& kind() const { return options_.kind; }

 private:
  void take_initial(const Store& store, WallMillis now, std::vector<std::string>& lines);
  void take_changes(const Store& store, WallMillis now, std::vector<std::string>& lines);
  void take_bookmark(const Store& store, WallMillis now, std::vector<std::string>& lines);
  [[nodiscard]] bool wants(const Json& object) const;
  [[nodiscard]] std::string line(const char* type, const Json& object, WallMillis now);
  [[nodiscard]] std::string bookmark_line(int64_t revision, bool ends_initial) const;

  WatchOptions options_;
  int64_t position_ = 0;
  bool has_begun_ = false;
  bool has_sent_definitions_ = false;
  bool is_finished_ = false;
  int64_t end_ms_ = 0;
  int64_t bookmark_ms_ = 0;
};

/// An object reduced to its metadata.
[[nodiscard]] Json metadata_only(const Json& object);

}  // namespace quorate::local
