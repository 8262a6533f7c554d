// The events of a watch.
#include "operator/local/watch.h"

#include <algorithm>

#include "operator/local/api_error.h"
#include "operator/local/objects.h"
#include "operator/local/table.h"

namespace quorate::local {

namespace {

constexpr int64_t kBookmarkPeriod_ms = 30'000;

}  // namespace

Json metadata_only(const Json& object) {
  return {{"kind", "PartialObjectMetadata"},
          {"apiVersion", "meta.k8s.io/v1"},
          {"metadata", map_at(object, "metadata")}};
}

Watch::Watch(WatchOptions options, WallMillis now)
    : options_(std::move(options)), bookmark_ms_(now.value + kBookmarkPeriod_ms) {
  end_ms_ = options_.timeout_ms > 0 ? now.value + options_.timeout_ms : 0;
}

bool Watch::wants(const Json& object) const {
  return (options_.ns.empty() || namespace_of(object) == options_.ns) &&
         options_.labels.matches_labels(map_at(object, "metadata/labels")) &&
         matches_fields(options_.fields, object);
}

std::string Watch::line(const char* type, const Json& object, WallMillis now) {
  Json shown = in_version(object, *options_.kind);
  if (options_.is_table) {
    const Json metadata = {{"resourceVersion", text(object, "metadata/resourceVersion")}};
    shown = make_table(
        *options_.kind, {shown}, metadata,
        {.with_definitions = !has_sent_definitions_, .include = options_.include_object}, now);
    has_sent_definitions_ = true;
  } else if (options_.is_metadata_only) {
    shown = metadata_only(shown);
  }
  return dump({{"type", type}, {"object", std::move(shown)}}) + "\n";
}

std::string Watch::bookmark_line(int64_t revision, bool ends_initial) const {
  Json object = {{"kind", options_.kind->kind},
                 {"apiVersion", options_.kind->api_version()},
                 {"metadata",
                  {{"resourceVersion", std::to_string(revision)}, {"creationTimestamp", nullptr}}}};
  if (ends_initial) {
    object["metadata"]["annotations"]["k8s.io/initial-events-end"] = "true";
  }
  if (options_.is_table) {
    object = {{"kind", "Table"},
              {"apiVersion", "meta.k8s.io/v1"},
              {"metadata", object["metadata"]},
              {"columnDefinitions", nullptr},
              {"rows", Json::array()}};
  } else if (options_.is_metadata_only) {
    object["kind"] = "PartialObjectMetadata";
    object["apiVersion"] = "meta.k8s.io/v1";
  }
  return dump({{"type", "BOOKMARK"}, {"object", std::move(object)}}) + "\n";
}

std::vector<std::string> Watch::take(const Store& store, WallMillis now) {
  std::vector<std::string> lines;
  if (is_finished_) {
    return lines;
  }
  if (!has_begun_) {
    has_begun_ = true;
    take_initial(store, now, lines);
  }
  take_changes(store, now, lines);
  take_bookmark(store, now, lines);
  return lines;
}

void Watch::take_initial(const Store& store, WallMillis now, std::vector<std::string>& lines) {
  if (options_.revision) {
    position_ = *options_.revision;
    return;
  }
  position_ = store.revision();
  for (const ObjectPtr& object : store.list(options_.kind->resource(), options_.ns)) {
    if (wants(*object)) {
      lines.push_back(line("ADDED", *object, now));
    }
  }
  if (options_.marks_initial_end) {
    lines.push_back(bookmark_line(position_, true));
  }
}

void Watch::take_changes(const Store& store, WallMillis now, std::vector<std::string>& lines) {
  const auto changes = store.changes_after(position_);
  if (!changes) {
    const ApiError error = gone("too old resource version: " + std::to_string(position_) + " (" +
                                std::to_string(store.oldest_revision()) + ")");
    lines.push_back(dump({{"type", "ERROR"}, {"object", to_status(error)}}) + "\n");
    is_finished_ = true;
    return;
  }
  const std::string resource = options_.kind->resource();
  for (auto it = changes->begin; it != changes->end; ++it) {
    position_ = it->revision;
    if (it->key.resource != resource) {
      continue;
    }
    const bool was_there = it->previous && wants(*it->previous);
    const bool is_there = it->type != ChangeType::kDeleted && wants(*it->object);
    if (is_there) {
      lines.push_back(line(was_there ? "MODIFIED" : "ADDED", *it->object, now));
    } else if (was_there && it->type == ChangeType::kDeleted) {
      lines.push_back(line("DELETED", *it->object, now));
    } else if (was_there) {
      // It does not match any more: its last matching state, at this revision.
      Json last = *it->previous;
      last["metadata"]["resourceVersion"] = std::to_string(it->revision);
      lines.push_back(line("DELETED", last, now));
    }
  }
}

void Watch::take_bookmark(const Store& store, WallMillis now, std::vector<std::string>& lines) {
  const bool is_over = end_ms_ != 0 && now.value >= end_ms_;
  if (options_.allows_bookmarks && !is_finished_ && (is_over || now.value >= bookmark_ms_)) {
    bookmark_ms_ = now.value + kBookmarkPeriod_ms;
    lines.push_back(bookmark_line(std::max(position_, store.revision()), false));
  }
  is_finished_ = is_finished_ || is_over;
}

WallMillis Watch::next_deadline() const {
  if (end_ms_ == 0) {
    return {bookmark_ms_};
  }
  return {std::min(bookmark_ms_, end_ms_)};
}

}  // namespace quorate::local
