// Recording and expiry of events.
#include "operator/local/events.h"

#include <cstdio>

namespace quorate::local {

namespace {

constexpr int64_t kLife_ms = 3600 * 1000;

// One name for equal events, so that the second finds the first.
std::string event_name(const Json& about, const EventText& event) {
  char buffer[24];
  const std::string content = uid_of(about) + event.reason + event.message + event.component;
  std::snprintf(buffer, sizeof(buffer), "%016llx",
                static_cast<unsigned long long>(hash_of(content)));
  return name_of(about) + "." + buffer;
}

}  // namespace

void record_event(Objects& objects, const Json& about, const EventText& event) {
  const std::string ns = namespace_of(about).empty() ? "default" : namespace_of(about);
  const std::string name = event_name(about, event);
  const std::string now = format_time(objects.now());
  if (objects.find("events", ns, name)) {
    objects.modify({"events", ns, name}, [&](Json& existing) {
      existing["count"] = integer(existing, "count", 1) + 1;
      existing["lastTimestamp"] = now;
    });
    return;
  }
  Json reference = {{"apiVersion", text(about, "apiVersion")},
                    {"kind", text(about, "kind")},
                    {"name", name_of(about)},
                    {"uid", uid_of(about)},
                    {"resourceVersion", text(about, "metadata/resourceVersion")}};
  if (!namespace_of(about).empty()) {
    reference["namespace"] = namespace_of(about);
  }
  (void)objects.make("events", ns,
                     {{"metadata", {{"name", name}}},
                      {"involvedObject", std::move(reference)},
                      {"reason", event.reason},
                      {"message", event.message},
                      {"type", event.is_warning ? "Warning" : "Normal"},
                      {"source", {{"component", event.component}}},
                      {"reportingComponent", event.component},
                      {"reportingInstance", ""},
                      {"count", 1},
                      {"firstTimestamp", now},
                      {"lastTimestamp", now}});
}

void expire_events(Objects& objects) {
  for (const ObjectPtr& event : objects.store().list("events")) {
    const std::string last = text(*event, "lastTimestamp");
    const auto touched = parse_time(
        !last.empty() ? last
                      : text(*event, "eventTime", text(*event, "metadata/creationTimestamp")));
    if (touched && objects.now().value - touched->value > kLife_ms) {
      objects.drop({"events", namespace_of(*event), name_of(*event)});
    }
  }
}

}  // namespace quorate::local
