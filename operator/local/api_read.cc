// Lists and watches.
#include <algorithm>

#include "operator/local/api.h"
#include "operator/local/builtin_rules.h"
#include "operator/local/table.h"

namespace quorate::local {

namespace {

// Where the next page begins: a revision and the last object that was given.
struct Continue {
  int64_t revision = 0;
  std::string ns;
  std::string name;
};

std::string to_token(const Continue& place) {
  return base64(dump({{"rv", place.revision}, {"ns", place.ns}, {"name", place.name}}));
}

std::optional<Continue> from_token(const std::string& token) {
  const auto text_form = from_base64(token);
  const auto parsed = text_form ? parse_json(*text_form) : std::nullopt;
  if (!parsed || !parsed->is_object() || !has(*parsed, "name")) {
    return std::nullopt;
  }
  return Continue{
      .revision = integer(*parsed, "rv"), .ns = text(*parsed, "ns"), .name = text(*parsed, "name")};
}

ApiError too_large_revision(int64_t wanted, int64_t current) {
  ApiError error = plain_error(504, "Timeout",
                               "Timeout: Too large resource version: " + std::to_string(wanted) +
                                   ", current: " + std::to_string(current));
  error.details = {{"causes", Json::array({{{"reason", "ResourceVersionTooLarge"},
                                            {"message", "Too large resource version"}}})}};
  error.retry_after_s = 1;
  return error;
}

struct Page {
  std::vector<ObjectPtr> objects;
  int64_t revision = 0;
  std::optional<Continue> next;
  int64_t remaining = 0;
};

// The objects that a list may choose from: of now, or of a revision.
Outcome<Page> read_snapshot(const Store& store, const ApiPath& path,
                            const std::optional<Continue>& from) {
  const std::string wanted_text = path.option("resourceVersion");
  const int64_t wanted = parse_integer(wanted_text).value_or(0);
  if (!wanted_text.empty() && !parse_integer(wanted_text)) {
    return bad_request("Invalid value: \"" + wanted_text + "\": strconv.ParseUint: invalid syntax");
  }
  if (wanted > store.revision()) {
    return too_large_revision(wanted, store.revision());
  }
  Page page;
  page.revision = store.revision();
  const bool is_exact = path.option("resourceVersionMatch") == "Exact";
  if (from) {
    page.revision = from->revision;
  } else if (is_exact) {
    page.revision = wanted;
  }
  if (page.revision == store.revision()) {
    page.objects = store.list(path.kind->resource(), path.ns);
    return page;
  }
  auto then = store.list_at_revision(path.kind->resource(), path.ns, page.revision);
  if (!then || page.revision > store.revision()) {
    return gone(from ? "The provided continue parameter is too old to display a consistent list "
                       "result. You can start a new list without the continue parameter."
                     : "too old resource version: " + std::to_string(page.revision) + " (" +
                           std::to_string(store.oldest_revision()) + ")");
  }
  page.objects = *std::move(then);
  return page;
}

// Keeps what matches, after the place of the continue token, up to the limit.
void choose(Page& page, const Selector& labels, const Selector& fields,
            const std::optional<Continue>& from, int64_t limit) {
  std::vector<ObjectPtr> chosen;
  for (const ObjectPtr& object : page.objects) {
    const auto place = std::pair(namespace_of(*object), name_of(*object));
    if ((from && place <= std::pair(from->ns, from->name)) ||
        !labels.matches_labels(map_at(*object, "metadata/labels")) ||
        !matches_fields(fields, *object)) {
      continue;
    }
    chosen.push_back(object);
  }
  if (limit > 0 && static_cast<int64_t>(chosen.size()) > limit) {
    page.remaining = static_cast<int64_t>(chosen.size()) - limit;
    chosen.resize(static_cast<size_t>(limit));
    page.next = Continue{.revision = page.revision,
                         .ns = namespace_of(*chosen.back()),
                         .name = name_of(*chosen.back())};
  }
  page.objects = std::move(chosen);
}

}  // namespace

ApiResponse Api::list(const ApiRequest& request, const ApiPath& path) {
  auto labels = parse_label_selector(path.option("labelSelector"));
  if (!labels) {
    return to_response(labels.error());
  }
  auto fields = parse_field_selector(path.option("fieldSelector"), path.kind->resource());
  if (!fields) {
    return to_response(fields.error());
  }
  if (path.flag("watch")) {
    return watch(request, path, *labels, *fields);
  }
  std::optional<Continue> from;
  if (const std::string token = path.option("continue"); !token.empty()) {
    from = from_token(token);
    if (!from) {
      return to_response(bad_request("continue key is not valid"));
    }
  }
  auto page = read_snapshot(objects_.store(), path, from);
  if (!page) {
    return to_response(page.error());
  }
  choose(*page, *labels, *fields, from, parse_integer(path.option("limit")).value_or(0));
  Json metadata = {{"resourceVersion", std::to_string(page->revision)}};
  if (page->next) {
    metadata["continue"] = to_token(*page->next);
    if (labels->requirements.empty() && fields->requirements.empty()) {
      metadata["remainingItemCount"] = page->remaining;
    }
  }
  std::vector<Json> shown;
  for (const ObjectPtr& object : page->objects) {
    shown.push_back(in_version(*object, *path.kind));
  }
  const Representation wanted = representation_of(request.accept);
  ApiResponse response;
  if (wanted.is_table) {
    const std::string include = path.option("includeObject");
    response.body =
        make_table(*path.kind, shown, metadata,
                   {.with_definitions = true, .include = include.empty() ? "Metadata" : include},
                   objects_.now());
    return response;
  }
  Json items = Json::array();
  for (Json& object : shown) {
    items.push_back(wanted.is_metadata_only ? metadata_only(object) : std::move(object));
  }
  response.body = {
      {"kind", wanted.is_metadata_only ? "PartialObjectMetadataList" : path.kind->kind + "List"},
      {"apiVersion", wanted.is_metadata_only ? "meta.k8s.io/v1" : path.kind->api_version()},
      {"metadata", std::move(metadata)},
      {"items", std::move(items)}};
  return response;
}

ApiResponse Api::watch(const ApiRequest& request, const ApiPath& path, const Selector& labels,
                       const Selector& fields) {
  const Representation wanted = representation_of(request.accept);
  WatchOptions options;
  options.kind = path.kind;
  options.ns = path.ns;
  options.labels = labels;
  options.fields = fields;
  options.allows_bookmarks = path.flag("allowWatchBookmarks");
  options.is_table = wanted.is_table;
  options.is_metadata_only = wanted.is_metadata_only;
  if (const std::string include = path.option("includeObject"); !include.empty()) {
    options.include_object = include;
  }
  constexpr int64_t kTimeoutMax_s = 1'000'000'000;
  const int64_t timeout_s = parse_integer(path.option("timeoutSeconds")).value_or(0);
  options.timeout_ms = std::clamp<int64_t>(timeout_s, 0, kTimeoutMax_s) * 1000;
  const std::string revision = path.option("resourceVersion");
  const bool sends_initial = path.flag("sendInitialEvents");
  if (!sends_initial && !revision.empty() && revision != "0") {
    options.revision = parse_integer(revision);
    if (!options.revision) {
      return to_response(
          bad_request("Invalid value: \"" + revision + "\": strconv.ParseUint: invalid syntax"));
    }
    if (*options.revision > objects_.store().revision()) {
      return to_response(too_large_revision(*options.revision, objects_.store().revision()));
    }
  }
  options.marks_initial_end = sends_initial && options.allows_bookmarks;
  ApiResponse response;
  response.watch.emplace(std::move(options), objects_.now());
  return response;
}

}  // namespace quorate::local
