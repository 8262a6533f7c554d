// Aggregation, series and the spam filter.
#include "operator/kube/event_recorder.h"

#include <algorithm>

#include "operator/kube/json_value.h"
#include "operator/kube/micro_time.h"
#include "operator/kube/object.h"

namespace quorate::kube {

namespace {

/// Limits of the API.
constexpr size_t kNoteBytesMax = 1024;
constexpr size_t kNameBytesMax = 253;

std::string_view type_text(EventType type) {
  return type == EventType::kNormal ? "Normal" : "Warning";
}

/// Cuts a text without cutting a character of UTF-8.
std::string cut(std::string text, size_t bytes_max) {
  if (text.size() <= bytes_max) {
    return text;
  }
  size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  text.resize(end);
  return text;
}

std::string hex(uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  do {
    text.insert(text.begin(), kDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return text;
}

}  // namespace

nlohmann::json reference_to(const ResourceKind& kind, const nlohmann::json& object) {
  nlohmann::json reference = {{"apiVersion", kind.api_version()},
                              {"kind", kind.kind},
                              {"name", name_of(object)},
                              {"uid", uid_of(object)}};
  if (kind.is_namespaced) {
    reference["namespace"] = namespace_of(object);
  }
  return reference;
}

std::optional<EventAction> EventRecorder::record(const EventNote& note, Now now) {
  const std::string object = to_body(note.regarding);
  const std::string group =
      object + "\n" + std::string(type_text(note.type)) + "\n" + note.reason + "\n" + note.action;
  const std::string text = cut(combined_note(note, group, now.monotonic), kNoteBytesMax);
  const std::string identity = group + "\n" + text;

  Series* series = series_.find(identity);
  if (series != nullptr && now.monotonic - series->seen_at > options_.similar_interval) {
    series_.erase(identity);  // A new occurrence, not more of the old one.
    series = nullptr;
  }
  if (series == nullptr) {
    if (!may_write(object, now.monotonic)) {
      ++suppressed_;
      return std::nullopt;
    }
    const std::string name = cut(text_at(note.regarding, {"name"}), kNameBytesMax - 40) + "." +
                             hex(static_cast<uint64_t>(now.wall.value)) +
                             hex(++next_number_ & 0xFFFF);
    nlohmann::json created = object_of(note, text, name, now.wall);
    series_.put(identity,
                {.key = key_of(created),
                 .object = created,
                 .written_at = now.monotonic,
                 .seen_at = now.monotonic},
                options_.remembered_max);
    return CreateEvent{.object = std::move(created)};
  }
  ++series->count;
  series->seen_at = now.monotonic;
  const bool is_due = series->count >= 2 * series->written_count ||
                      now.monotonic - series->written_at >= options_.series_interval;
  if (!is_due || !may_write(object, now.monotonic)) {
    ++suppressed_;
    return std::nullopt;
  }
  series->written_count = series->count;
  series->written_at = now.monotonic;
  nlohmann::json patch = {{"series",
                           {{"count", std::min<int64_t>(series->count, 2'147'483'647)},
                            {"lastObservedTime", micro_time(now.wall)}}}};
  nlohmann::json whole = series->object;
  whole["series"] = patch["series"];
  return PatchEvent{.key = series->key, .patch = std::move(patch), .object = std::move(whole)};
}

std::string EventRecorder::combined_note(const EventNote& note, const std::string& group,
                                         TimePoint now) {
  Similar* similar = similar_.find(group);
  if (similar == nullptr || now - similar->started_at > options_.similar_interval) {
    similar_.erase(group);
    similar = &similar_.put(group, {.started_at = now, .notes = {}}, options_.remembered_max);
  }
  if (similar->notes.contains(note.note)) {
    return note.note;
  }
  if (similar->notes.size() < options_.similar_max) {
    similar->notes.insert(note.note);
    return note.note;
  }
  return "(combined from similar events)";
}

bool EventRecorder::may_write(const std::string& object, TimePoint now) {
  TokenBucket* bucket = buckets_.find(object);
  if (bucket == nullptr) {
    bucket = &buckets_.put(object, TokenBucket(options_.refill_interval, options_.burst),
                           options_.remembered_max);
  }
  return bucket->try_take(now);
}

nlohmann::json EventRecorder::object_of(const EventNote& note, const std::string& text,
                                        const std::string& name, WallMillis now) const {
  std::string space = text_at(note.regarding, {"namespace"});
  if (space.empty()) {
    space = "default";  // Where Events of objects without a namespace live.
  }
  return {{"apiVersion", kEvent.api_version()},
          {"kind", kEvent.kind},
          {"metadata", {{"name", name}, {"namespace", space}}},
          {"eventTime", micro_time(now)},
          {"reportingController", options_.controller},
          {"reportingInstance", cut(options_.instance, 128)},
          {"regarding", note.regarding},
          {"type", type_text(note.type)},
          {"reason", cut(note.reason, 128)},
          {"action", cut(note.action, 128)},
          {"note", text}};
}

}  // namespace quorate::kube
