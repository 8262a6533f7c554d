// Streams of changes, and what stands in the cache.
#include "tests/operator/simulation/lagging_cache.h"

#include <algorithm>
#include <chrono>

#include "operator/api/names.h"
#include "operator/kube/object.h"

namespace quorate::opsim {

namespace {

/// As the operator's watches: children bear its label.
bool is_selected(const kube::ResourceKind& kind, const Json& object) {
  return kind == kube::kQuorumCluster ||
         kube::label_of(object, api::labels::kManagedBy) == "quorate-operator";
}

}  // namespace

LaggingCache::LaggingCache(Context& context, Kubernetes& kubernetes, OnSeen on_seen)
    : context_(context), kubernetes_(kubernetes), on_seen_(std::move(on_seen)) {
  for (const kube::ResourceKind& kind :
       {kube::kQuorumCluster, kube::kStatefulSet, kube::kService, kube::kConfigMap,
        kube::kPodDisruptionBudget, kube::kServiceAccount, kube::kPod,
        kube::kPersistentVolumeClaim}) {
    const std::string plural(kind.plural);
    streams_.push_back(
        {.kind = kind,
         .resource = kind.group.empty() ? plural : plural + "." + std::string(kind.group),
         .lag = std::chrono::milliseconds(5),
         .pending = {},
         .objects = {}});
  }
  for (Stream& stream : streams_) {
    list_now(stream);
  }
  kubernetes_.follow(*this);
}

LaggingCache::~LaggingCache() {
  *alive_ = false;
  kubernetes_.unfollow(*this);
}

void LaggingCache::changed(const local::Change& change) {
  const auto stream = std::ranges::find(streams_, change.key.resource, &Stream::resource);
  if (stream == streams_.end() || stream->is_broken || change.key.ns != kSpace) {
    return;
  }
  stream->last_due = std::max(stream->last_due, context_.now() + stream->lag);
  stream->pending.push_back({.due = stream->last_due, .change = change});
  schedule(*stream, stream->last_due);
}

void LaggingCache::schedule(Stream& stream, TimePoint at) {
  context_.queue.at(at, [this, alive = alive_, &stream] {
    if (*alive) {
      deliver(stream);
    }
  });
}

void LaggingCache::deliver(Stream& stream) {
  while (!stream.pending.empty() && stream.pending.front().due <= context_.now()) {
    const local::Change change = stream.pending.front().change;
    stream.pending.pop_front();
    take(stream, change);
  }
}

void LaggingCache::take(Stream& stream, const local::Change& change) {
  const kube::ObjectKey key{.space = change.key.ns, .name = change.key.name};
  const bool is_kept =
      change.type != local::ChangeType::kDeleted && is_selected(stream.kind, *change.object);
  const auto known = stream.objects.find(key);
  const local::ObjectPtr before = known == stream.objects.end() ? nullptr : known->second;
  if (is_kept) {
    stream.objects[key] = change.object;
  } else {
    stream.objects.erase(key);
  }
  if (is_kept || before) {
    on_seen_(stream.kind, before, is_kept ? change.object : nullptr);
  }
}

void LaggingCache::break_stream(size_t index, Duration until_list) {
  Stream& stream = streams_[index];
  if (stream.is_broken) {
    return;
  }
  stream.is_broken = true;
  stream.pending.clear();
  context_.queue.after(until_list, [this, alive = alive_, &stream] {
    if (*alive) {
      stream.is_broken = false;
      stream.last_due = context_.now();
      list_now(stream);
    }
  });
}

void LaggingCache::list_now(Stream& stream) {
  const auto before = std::move(stream.objects);
  stream.objects.clear();
  for (const local::ObjectPtr& object : kubernetes_.list(stream.resource)) {
    if (is_selected(stream.kind, *object)) {
      const auto known = before.find(kube::key_of(*object));
      stream.objects[kube::key_of(*object)] = object;
      on_seen_(stream.kind, known == before.end() ? nullptr : known->second, object);
    }
  }
  for (const auto& [key, object] : before) {
    if (!stream.objects.contains(key)) {
      on_seen_(stream.kind, object, nullptr);
    }
  }
}

const LaggingCache::Stream* LaggingCache::find(std::string_view plural) const {
  const auto found = std::ranges::find_if(
      streams_, [&](const Stream& stream) { return stream.kind.plural == plural; });
  return found == streams_.end() ? nullptr : &*found;
}

bool LaggingCache::watches(std::string_view plural) const { return find(plural) != nullptr; }

std::optional<kube::SharedObject> LaggingCache::get(const kube::ResourceKind& kind,
                                                    const kube::ObjectKey& key) const {
  const Stream* const stream = find(kind.plural);
  if (stream == nullptr) {
    return std::nullopt;
  }
  const auto found = stream->objects.find(key);
  return found == stream->objects.end() ? std::nullopt
                                        : std::optional(kube::SharedObject(found->second));
}

template <typename Pick>
std::vector<kube::SharedObject> LaggingCache::collect(const kube::ResourceKind& kind,
                                                      Pick pick) const {
  std::vector<kube::SharedObject> found;
  if (const Stream* const stream = find(kind.plural)) {
    for (const auto& [key, object] : stream->objects) {
      if (pick(key, *object)) {
        found.emplace_back(object);
      }
    }
  }
  return found;
}

std::vector<kube::SharedObject> LaggingCache::list(const kube::ResourceKind& kind,
                                                   std::string_view space) const {
  return collect(kind, [&](const kube::ObjectKey& key, const Json&) {
    return space.empty() || key.space == space;
  });
}

std::vector<kube::SharedObject> LaggingCache::owned_by(const kube::ResourceKind& kind,
                                                       std::string_view owner_uid) const {
  return collect(kind, [&](const kube::ObjectKey&, const Json& object) {
    return std::ranges::any_of(kube::owners_of(object),
                               [&](const auto& owner) { return owner.uid == owner_uid; });
  });
}

std::vector<kube::SharedObject> LaggingCache::labelled(const kube::ResourceKind& kind,
                                                       std::string_view space, std::string_view key,
                                                       std::string_view value) const {
  return collect(kind, [&](const kube::ObjectKey& place, const Json& object) {
    return place.space == space && kube::label_of(object, key) == value;
  });
}

}  // namespace quorate::opsim
