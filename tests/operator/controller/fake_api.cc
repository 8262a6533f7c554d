// The API in memory.
#include "tests/operator/controller/fake_api.h"

#include <utility>

#include "operator/kube/json_value.h"
#include "operator/kube/object.h"

namespace quorate::controller::testing {

namespace {

/// A target taken apart: `/apis/g/v/namespaces/N/PLURAL/NAME/SUB?QUERY`.
struct Target {
  std::string collection;  ///< Without the namespace.
  std::string space;
  std::string name;
  std::string subresource;
  std::string query;
};

Target target_of(const std::string& text) {
  Target target;
  const size_t mark = text.find('?');
  target.query = mark == std::string::npos ? "" : text.substr(mark + 1);
  std::vector<std::string> parts;
  std::string path = text.substr(1, mark == std::string::npos ? mark : mark - 1);
  for (size_t at = 0; at <= path.size();) {
    const size_t end = std::min(path.find('/', at), path.size());
    parts.push_back(path.substr(at, end - at));
    at = end + 1;
  }
  size_t next = parts[0] == "api" ? 2 : 3;
  if (parts.size() > next + 1 && parts[next] == "namespaces") {
    target.space = parts[next + 1];
    next += 2;
  }
  target.collection = parts[next];
  target.name = parts.size() > next + 1 ? parts[next + 1] : "";
  target.subresource = parts.size() > next + 2 ? parts[next + 2] : "";
  return target;
}

std::string query_value(const std::string& query, const std::string& key) {
  const size_t at = ("&" + query).find("&" + key + "=");
  if (at == std::string::npos) {
    return "";
  }
  const size_t first = at + key.size() + 1;
  return query.substr(first, query.find('&', first) - first);
}

}  // namespace

FakeApi::FakeApi() : thread_([this] { run(); }) {}

FakeApi::~FakeApi() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

transport::CallId FakeApi::start(transport::Lane, kube::Request request,
                                 transport::CallHandlers handlers) {
  const std::lock_guard lock(mutex_);
  ++counts_[std::string(kube::to_text(request.verb)) + " " + std::string(request.plural)];
  waiting_.emplace(++last_id_, Call{std::move(request), std::move(handlers)});
  changed_.notify_all();
  return last_id_;
}

void FakeApi::cancel(transport::CallId id) {
  const std::lock_guard lock(mutex_);
  cancelled_.insert(id);
  changed_.notify_all();
}

size_t FakeApi::count(kube::Verb verb, std::string_view plural) const {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(std::string(kube::to_text(verb)) + " " + std::string(plural));
  return found == counts_.end() ? 0 : found->second;
}

void FakeApi::set_fault(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

void FakeApi::hold(std::function<bool(const kube::Request&)> holds) {
  const std::lock_guard lock(mutex_);
  holds_ = std::move(holds);
  for (auto& [id, call] : held_) {
    waiting_.emplace(id, std::move(call));
  }
  held_.clear();
  changed_.notify_all();
}

void FakeApi::hold_watches(bool holds) {
  const std::lock_guard lock(mutex_);
  holds_watches_ = holds;
  changed_.notify_all();
}

void FakeApi::change(const kube::ResourceKind& kind, const kube::ObjectKey& key,
                     const nlohmann::json& patch) {
  const std::lock_guard lock(mutex_);
  const std::string collection(kind.plural);
  nlohmann::json object = {{"apiVersion", kind.api_version()}, {"kind", kind.kind}};
  const auto found = collections_[collection].find(key);
  if (found != collections_[collection].end()) {
    object = found->second;
  }
  object.merge_patch(patch);
  put(collection, key, std::move(object));
}

void FakeApi::remove(const kube::ResourceKind& kind, const kube::ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  drop(std::string(kind.plural), key);
}

std::optional<nlohmann::json> FakeApi::get(const kube::ResourceKind& kind,
                                           const kube::ObjectKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto collection = collections_.find(std::string(kind.plural));
  if (collection == collections_.end() || !collection->second.contains(key)) {
    return std::nullopt;
  }
  return collection->second.at(key);
}

std::vector<nlohmann::json> FakeApi::all(const kube::ResourceKind& kind) const {
  const std::lock_guard lock(mutex_);
  std::vector<nlohmann::json> found;
  if (const auto at = collections_.find(std::string(kind.plural)); at != collections_.end()) {
    for (const auto& [key, object] : at->second) {
      found.push_back(object);
    }
  }
  return found;
}

void FakeApi::put(const std::string& collection, const kube::ObjectKey& key,
                  nlohmann::json object) {
  Objects& objects = collections_[collection];
  const auto found = objects.find(key);
  const bool is_new = found == objects.end();
  nlohmann::json& metadata = object["metadata"];
  metadata["name"] = key.name;
  metadata["namespace"] = key.space;
  if (is_new) {
    metadata["uid"] = "uid-" + std::to_string(++last_uid_);
    metadata["generation"] = 1;
  } else {
    metadata["uid"] = found->second["metadata"]["uid"];
    const bool is_changed =
        found->second.value("spec", nlohmann::json()) != object.value("spec", nlohmann::json());
    metadata["generation"] =
        found->second["metadata"]["generation"].get<int>() + (is_changed ? 1 : 0);
  }
  metadata["resourceVersion"] = std::to_string(++version_);
  history_.push_back(
      {version_, collection,
       nlohmann::json{{"type", is_new ? "ADDED" : "MODIFIED"}, {"object", object}}.dump() + "\n"});
  objects[key] = std::move(object);
  changed_.notify_all();
}

void FakeApi::drop(const std::string& collection, const kube::ObjectKey& key) {
  Objects& objects = collections_[collection];
  const auto found = objects.find(key);
  if (found == objects.end()) {
    return;
  }
  found->second["metadata"]["resourceVersion"] = std::to_string(++version_);
  history_.push_back(
      {version_, collection,
       nlohmann::json{{"type", "DELETED"}, {"object", found->second}}.dump() + "\n"});
  objects.erase(found);
  changed_.notify_all();
}

void FakeApi::run() {
  std::unique_lock lock(mutex_);
  while (!is_closed_) {
    if (!cancelled_.empty()) {
      const transport::CallId id = *cancelled_.begin();
      cancelled_.erase(cancelled_.begin());
      std::optional<Call> call;
      if (auto node = waiting_.extract(id)) {
        call = std::move(node.mapped());
      } else if (auto held = held_.extract(id)) {
        call = std::move(held.mapped());
      } else if (auto watch = watches_.extract(id)) {
        call = std::move(watch.mapped().first);
      }
      if (call) {
        lock.unlock();
        call->handlers.on_done(
            kube::ApiError{.kind = kube::ApiErrorKind::kCancelled, .message = "cancelled"});
        lock.lock();
      }
    } else if (!waiting_.empty()) {
      auto node = waiting_.extract(waiting_.begin());
      if (holds_ && holds_(node.mapped().request)) {
        held_.insert(std::move(node));
        continue;
      }
      lock.unlock();
      serve(node.key(), std::move(node.mapped()));
      lock.lock();
    } else if (!feed_watches(lock)) {
      changed_.wait(lock);
    }
  }
}

bool FakeApi::feed_watches(std::unique_lock<std::mutex>& lock) {
  if (holds_watches_) {
    return false;
  }
  for (auto& [id, pair] : watches_) {
    std::string lines;
    for (const Change& change : history_) {
      if (change.version > pair.second.version && change.collection == pair.second.collection) {
        lines += change.line;
        pair.second.version = change.version;
      }
    }
    if (!lines.empty()) {
      const auto to = pair.first.handlers.on_bytes;
      lock.unlock();
      to(lines);
      lock.lock();
      return true;
    }
  }
  return false;
}

void FakeApi::serve(transport::CallId id, Call call) {
  std::unique_lock lock(mutex_);
  if (fault_) {
    const Fault fault = fault_;
    lock.unlock();
    auto given = fault(call.request);
    if (given) {
      call.handlers.on_done(std::move(*given));
      return;
    }
    lock.lock();
  }
  if (call.request.verb == kube::Verb::kWatch) {
    const Target target = target_of(call.request.target);
    const Watch watch{.collection = target.collection,
                      .version = std::stoll(query_value(target.query, "resourceVersion"))};
    watches_.emplace(id, std::pair(std::move(call), watch));
    return;
  }
  kube::Response response = answer(call.request);
  lock.unlock();
  call.handlers.on_done(std::move(response));
}

kube::Response FakeApi::status(int code, const std::string& reason) {
  return {.code = code,
          .body = nlohmann::json{{"kind", "Status"}, {"code", code}, {"reason", reason}}.dump()};
}

kube::Response FakeApi::answer(const kube::Request& request) {
  const Target target = target_of(request.target);
  const kube::ObjectKey key{.space = target.space, .name = target.name};
  Objects& objects = collections_[target.collection];
  if (request.verb == kube::Verb::kList) {
    nlohmann::json list = {{"kind", "List"},
                           {"metadata", {{"resourceVersion", std::to_string(version_)}}},
                           {"items", nlohmann::json::array()}};
    for (const auto& [each, object] : objects) {
      if (target.space.empty() || each.space == target.space) {
        list["items"].push_back(object);
      }
    }
    return {.code = 200, .body = list.dump()};
  }
  if (request.verb == kube::Verb::kGet) {
    return objects.contains(key) ? kube::Response{.code = 200, .body = objects.at(key).dump()}
                                 : status(404, "NotFound");
  }
  if (request.verb == kube::Verb::kDelete) {
    if (!objects.contains(key)) {
      return status(404, "NotFound");
    }
    drop(target.collection, key);
    return {.code = 200, .body = R"({"kind":"Status","status":"Success"})"};
  }
  return write(request, target.collection, key, target.subresource);
}

kube::Response FakeApi::write(const kube::Request& request, const std::string& collection,
                              kube::ObjectKey key, const std::string& subresource) {
  Objects& objects = collections_[collection];
  nlohmann::json body = *kube::parse_json(request.body);
  if (request.verb == kube::Verb::kCreate) {
    key.name = kube::name_of(body);
    if (objects.contains(key)) {
      return status(409, "AlreadyExists");
    }
    put(collection, key, std::move(body));
    return {.code = 201, .body = objects.at(key).dump()};
  }
  const bool exists = objects.contains(key);
  if (!exists && request.verb != kube::Verb::kApply) {
    return status(404, "NotFound");
  }
  nlohmann::json object = exists ? objects.at(key) : nlohmann::json::object();
  const std::string wanted = kube::resource_version_of(body);
  if (!wanted.empty() && wanted != kube::resource_version_of(object)) {
    return status(409, "Conflict");
  }
  const nlohmann::json spec = object.value("spec", nlohmann::json());
  if (request.verb == kube::Verb::kUpdate) {
    object = std::move(body);
  } else {
    object.merge_patch(body);
  }
  if (subresource == "status" && !spec.is_null()) {
    object["spec"] = spec;
  }
  put(collection, key, std::move(object));
  return {.code = 200, .body = objects.at(key).dump()};
}

}  // namespace quorate::controller::testing
