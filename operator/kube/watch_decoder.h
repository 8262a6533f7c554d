// WatchDecoder: bytes of a watch, cut anywhere, into events.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/api_error.h"

namespace quorate::kube {

enum class WatchEventType { kAdded, kModified, kDeleted, kBookmark, kError };

/// One event. With kError only `error` is valid, else only `object`.
struct WatchEvent {
  WatchEventType type = WatchEventType::kAdded;
  nlohmann::json object;
  ApiError error = {};
};

/// A watch is one JSON object a line:
///
///     {"type":"ADDED","object":{...}}
///
/// Nothing is taken from a decoder after an error.
class WatchDecoder {
 public:
  /// `line_bytes_max`: a longer line is an error; etcd takes no object above 1.5 MiB by default.
  explicit WatchDecoder(size_t line_bytes_max = size_t{8} << 20)
      : line_bytes_max_(line_bytes_max) {}

  /// Appends to `events` what is complete with these bytes. What is no event becomes one of kError
  /// with kMalformed. Event types that are not known are skipped.
  void feed(std::string_view bytes, std::vector<WatchEvent>& events);

  /// Whether the stream ended in the middle of an event.
  [[nodiscard]] bool has_partial() const { return !line_.empty(); }

 private:
  void take_line(std::string_view line, std::vector<WatchEvent>& events);
  void fail(std::string message, std::vector<WatchEvent>& events);

  size_t line_bytes_max_;
  std::string line_;  ///< The beginning of the line that is not complete yet.
  bool has_failed_ = false;
};

}  // namespace quorate::kube
