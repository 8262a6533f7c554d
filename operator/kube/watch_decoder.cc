// Lines into watch events.
#include "operator/kube/watch_decoder.h"

#include "operator/kube/json_value.h"
#include "operator/kube/response.h"

namespace quorate::kube {

void WatchDecoder::fail(std::string message, std::vector<WatchEvent>& events) {
  has_failed_ = true;
  line_.clear();
  line_.shrink_to_fit();
  events.push_back({.type = WatchEventType::kError,
                    .object = nullptr,
                    .error = {.kind = ApiErrorKind::kMalformed, .message = std::move(message)}});
}

void WatchDecoder::feed(std::string_view bytes, std::vector<WatchEvent>& events) {
  while (!bytes.empty() && !has_failed_) {
    const size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() > line_bytes_max_) {
      fail("an event of the watch is longer than " + std::to_string(line_bytes_max_) + " bytes",
           events);
      return;
    }
    if (end == std::string_view::npos) {
      line_ += part;
      return;
    }
    bytes.remove_prefix(end + 1);
    if (line_.empty()) {
      take_line(part, events);
    } else {
      line_ += part;
      const std::string line = std::move(line_);
      line_.clear();
      take_line(line, events);
    }
  }
}

void WatchDecoder::take_line(std::string_view line, std::vector<WatchEvent>& events) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) {
    return;
  }
  std::optional<nlohmann::json> value = parse_json(line);
  const nlohmann::json* object = value ? find_at(*value, {"object"}) : nullptr;
  if (object == nullptr || !object->is_object()) {
    fail("a line of the watch is no event: " + std::string(line.substr(0, 200)), events);
    return;
  }
  const std::string type = text_at(*value, {"type"});
  WatchEvent event;
  if (type == "ERROR") {
    event.type = WatchEventType::kError;
    event.error = error_of_status(*object, 0);
    has_failed_ = true;
  } else if (type == "ADDED") {
    event.type = WatchEventType::kAdded;
  } else if (type == "MODIFIED") {
    event.type = WatchEventType::kModified;
  } else if (type == "DELETED") {
    event.type = WatchEventType::kDeleted;
  } else if (type == "BOOKMARK") {
    event.type = WatchEventType::kBookmark;
  } else {
    return;
  }
  if (event.type != WatchEventType::kError) {
    event.object = std::move((*value)["object"]);
  }
  events.push_back(std::move(event));
}

}  // namespace quorate::kube
