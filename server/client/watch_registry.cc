// Bookkeeping and replay of watches.
#include "server/client/watch_registry.h"

#include "server/wire/reply.h"
#include "server/wire/request.h"

namespace quorate::client {
namespace {

constexpr size_t kReplayBytesMax = 128 * 1024;
constexpr int32_t kDataWatchRemoved = 5;
constexpr int32_t kChildWatchRemoved = 6;
constexpr int32_t kPersistentWatchRemoved = 7;

bool is_type(WatcherType type, WatcherType wanted) {
  return type == wanted || type == WatcherType::kAny;
}

}  // namespace

void WatchRegistry::fired(int32_t event_type, std::string_view path) {
  const auto forget = [this, path](Kind kind) {
    const auto found = of(kind).find(path);
    if (found != of(kind).end()) {
      of(kind).erase(found);
    }
  };
  switch (static_cast<wire::EventType>(event_type)) {
    case wire::EventType::kNodeCreated:
    case wire::EventType::kNodeDataChanged:
      forget(Kind::kData);
      forget(Kind::kExist);
      break;
    case wire::EventType::kNodeChildrenChanged:
      forget(Kind::kChild);
      break;
    case wire::EventType::kNodeDeleted:
      forget(Kind::kData);
      forget(Kind::kExist);
      forget(Kind::kChild);
      break;
    case wire::EventType::kNone:
      break;
  }
}

std::vector<int32_t> WatchRegistry::remove(WatcherType type, std::string_view path) {
  std::vector<int32_t> events;
  const auto take = [this, path](Kind kind) {
    const auto found = of(kind).find(path);
    const bool there = found != of(kind).end();
    if (there) {
      of(kind).erase(found);
    }
    return there;
  };
  if (is_type(type, WatcherType::kChildren) && take(Kind::kChild)) {
    events.push_back(kChildWatchRemoved);
  }
  if (is_type(type, WatcherType::kData)) {
    const bool data = take(Kind::kData);
    const bool exist = take(Kind::kExist);
    if (data || exist) {
      events.push_back(kDataWatchRemoved);
    }
  }
  const bool persistent = is_type(type, WatcherType::kPersistent) && take(Kind::kPersistent);
  const bool recursive = is_type(type, WatcherType::kPersistentRecursive) && take(Kind::kRecursive);
  if (persistent || recursive) {
    events.push_back(kPersistentWatchRemoved);
  }
  return events;
}

bool WatchRegistry::contains(WatcherType type, std::string_view path) const {
  const auto has = [this, path](Kind kind) { return of(kind).contains(path); };
  return (is_type(type, WatcherType::kChildren) && has(Kind::kChild)) ||
         (is_type(type, WatcherType::kData) && (has(Kind::kData) || has(Kind::kExist))) ||
         (is_type(type, WatcherType::kPersistent) && has(Kind::kPersistent)) ||
         (is_type(type, WatcherType::kPersistentRecursive) && has(Kind::kRecursive));
}

bool WatchRegistry::empty() const {
  for (const Paths& paths : paths_) {
    if (!paths.empty()) {
      return false;
    }
  }
  return true;
}

void WatchRegistry::clear() {
  for (Paths& paths : paths_) {
    paths.clear();
  }
}

std::vector<SetWatchesFrame> WatchRegistry::replay(Zxid last_seen) const {
  std::vector<SetWatchesFrame> frames;
  const bool two = !of(Kind::kPersistent).empty() || !of(Kind::kRecursive).empty();
  const auto fresh = [two, last_seen] {
    wire::SetWatchesRequest request;
    request.op = two ? wire::OpCode::kSetWatches2 : wire::OpCode::kSetWatches;
    request.relative_zxid = last_seen;
    return request;
  };
  wire::SetWatchesRequest request = fresh();
  size_t bytes = 0;
  const auto finish = [&] {
    if (bytes > 0) {
      SetWatchesFrame frame{request.op, {}};
      wire::encode(request, frame.body);
      frames.push_back(std::move(frame));
    }
    request = fresh();
    bytes = 0;
  };
  std::vector<std::string_view> wire::SetWatchesRequest::*const lists[kKinds] = {
      &wire::SetWatchesRequest::data, &wire::SetWatchesRequest::exist,
      &wire::SetWatchesRequest::child, &wire::SetWatchesRequest::persistent,
      &wire::SetWatchesRequest::persistent_recursive};
  for (size_t kind = 0; kind < kKinds; ++kind) {
    for (const std::string& path : paths_[kind]) {
      (request.*lists[kind]).push_back(path);
      bytes += 4 + path.size();
      if (bytes >= kReplayBytesMax) {
        finish();
      }
    }
  }
  finish();
  return frames;
}

}  // namespace quorate::client
