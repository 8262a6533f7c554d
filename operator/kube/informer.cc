// Lists, watches and their failures.
#include "operator/kube/informer.h"

#include <algorithm>
#include <utility>

#include "operator/kube/object.h"

namespace quorate::kube {

namespace {

/// Pages of one list; a server that repeats its token for ever is not followed for ever.
constexpr size_t kObjectsMax = 1'000'000;
/// A watch that ends sooner, without an event, is no good watch.
constexpr Duration kWatchShort = std::chrono::seconds(1);
/// A list's version that the server calls gone within this time is the server's mistake.
constexpr Duration kListFresh = std::chrono::seconds(5);

}  // namespace

Informer::Informer(InformerOptions options, Dice dice)
    : options_(std::move(options)),
      dice_(dice),
      backoff_(options_.backoff),
      store_(options_.indexed_labels) {}

void Informer::step(InformerEvent event, TimePoint now, InformerActions& actions) {
  std::visit([&](auto& each) { handle(std::move(each), now, actions); }, event);
}

std::optional<TimePoint> Informer::next_deadline() const {
  if (phase_ == Phase::kIdle) {
    return std::nullopt;
  }
  return resync_at_ ? std::min(deadline_, *resync_at_) : deadline_;
}

void Informer::handle(InformerStart, TimePoint now, InformerActions& actions) {
  if (phase_ == Phase::kIdle) {
    plan_resync(now);
    start_list(now, actions);
  }
}

// ---- listing ----------------------------------------------------------------------------------

void Informer::start_list(TimePoint now, InformerActions& actions) {
  phase_ = Phase::kListing;
  pages_.clear();
  page_options_ = {.page_size = options_.page_size,
                   .label_selector = options_.label_selector,
                   .field_selector = options_.field_selector};
  if (!must_list_newest_) {
    page_options_.resource_version = version_.empty() ? "0" : version_;
    if (!version_.empty()) {
      // With a limit the version would have to be matched exactly, and it is old.
      page_options_.page_size = 0;
    }
  }
  send_page(now, actions);
}

void Informer::send_page(TimePoint now, InformerActions& actions) {
  current_ = ++last_request_;
  deadline_ = now + options_.page_timeout;
  actions.push_back(SendList{.request = current_, .options = page_options_});
}

void Informer::handle(PageReceived event, TimePoint now, InformerActions& actions) {
  if (phase_ != Phase::kListing || event.request != current_) {
    return;
  }
  for (nlohmann::json& each : event.page.items) {
    pages_.push_back(std::move(each));
  }
  if (!event.page.continue_token.empty()) {
    if (pages_.size() > kObjectsMax) {
      list_failed({.kind = ApiErrorKind::kMalformed, .message = "the list has no end"}, now,
                  actions);
      return;
    }
    page_options_.continue_token = std::move(event.page.continue_token);
    send_page(now, actions);
    return;
  }
  if (event.page.resource_version.empty()) {
    list_failed({.kind = ApiErrorKind::kMalformed, .message = "the list has no version"}, now,
                actions);
    return;
  }
  version_ = std::move(event.page.resource_version);
  must_list_newest_ = false;
  listed_at_ = now;
  replace(actions);
  if (!std::exchange(is_synced_, true)) {
    actions.push_back(Synced{});
  }
  open_watch(now, actions);
}

void Informer::replace(InformerActions& actions) {
  std::set<ObjectKey> listed;
  for (nlohmann::json& each : pages_) {
    strip_bulk(each);
    listed.insert(key_of(each));
    put(std::move(each), true, actions);
  }
  pages_.clear();
  for (const ObjectKey& key : store_.keys()) {
    if (!listed.contains(key)) {
      actions.push_back(Delta{.type = DeltaType::kDeleted,
                              .before = store_.take(key),
                              .after = {},
                              .is_from_list = true});
    }
  }
}

void Informer::put(SharedObject object, bool is_from_list, InformerActions& actions) {
  const SharedObject* before = store_.find(key_of(object));
  if (before == nullptr) {
    actions.push_back(Delta{
        .type = DeltaType::kAdded, .before = {}, .after = object, .is_from_list = is_from_list});
  } else if (uid_of(*before) != uid_of(object)) {
    // Another object under the same name: whoever knew the old one has to hear of its end.
    actions.push_back(Delta{
        .type = DeltaType::kDeleted, .before = *before, .after = {}, .is_from_list = is_from_list});
    actions.push_back(Delta{
        .type = DeltaType::kAdded, .before = {}, .after = object, .is_from_list = is_from_list});
  } else if (resource_version_of(*before) != resource_version_of(object)) {
    actions.push_back(Delta{.type = DeltaType::kUpdated,
                            .before = *before,
                            .after = object,
                            .is_from_list = is_from_list});
  } else {
    return;
  }
  store_.put(std::move(object));
}

void Informer::handle(ListFailed event, TimePoint now, InformerActions& actions) {
  if (phase_ == Phase::kListing && event.request == current_) {
    list_failed(event.error, now, actions);
  }
}

void Informer::list_failed(const ApiError& error, TimePoint now, InformerActions& actions) {
  const bool is_first_page = page_options_.continue_token.empty();
  if (error.kind == ApiErrorKind::kGone || error.is_version_too_large()) {
    // A continue token expires too: the next attempt reads everything from the newest state.
    const bool was_newest = must_list_newest_ && is_first_page;
    must_list_newest_ = true;
    if (!was_newest) {
      start_list(now, actions);
      return;
    }
  }
  wait(Phase::kWaitingToList, error, now, actions);
}

// ---- watching ---------------------------------------------------------------------------------

void Informer::open_watch(TimePoint now, InformerActions& actions) {
  phase_ = Phase::kWatching;
  current_ = ++last_request_;
  opened_at_ = now;
  has_heard_ = false;
  const double stretch = 1.0 + dice_.unit();
  const auto seconds =
      static_cast<uint32_t>(static_cast<double>(options_.watch_seconds_min) * stretch);
  deadline_ = now + std::chrono::seconds(seconds) + options_.watch_grace;
  actions.push_back(OpenWatch{.request = current_,
                              .options = {.resource_version = version_,
                                          .timeout_seconds = seconds,
                                          .label_selector = options_.label_selector,
                                          .field_selector = options_.field_selector}});
}

void Informer::handle(WatchReceived event, TimePoint now, InformerActions& actions) {
  if (phase_ != Phase::kWatching || event.request != current_) {
    return;
  }
  for (WatchEvent& each : event.events) {
    if (each.type == WatchEventType::kError) {
      actions.push_back(CancelRequest{.request = current_});
      watch_failed(each.error, now, actions);
      return;
    }
    if (!apply(each, actions)) {
      actions.push_back(CancelRequest{.request = current_});
      watch_failed({.kind = ApiErrorKind::kMalformed, .message = "an event has no name or version"},
                   now, actions);
      return;
    }
    stream_errors_since_.reset();
    has_heard_ = true;
  }
}

bool Informer::apply(WatchEvent& event, InformerActions& actions) {
  std::string version = resource_version_of(event.object);
  if (version.empty()) {
    return false;
  }
  if (event.type != WatchEventType::kBookmark) {
    const ObjectKey key = key_of(event.object);
    if (key.name.empty()) {
      return false;
    }
    strip_bulk(event.object);
    if (event.type == WatchEventType::kDeleted) {
      if (store_.find(key) != nullptr) {
        store_.take(key);
        // The last state is the event's, not the store's.
        actions.push_back(
            Delta{.type = DeltaType::kDeleted, .before = std::move(event.object), .after = {}});
      }
    } else {
      put(std::move(event.object), false, actions);
    }
  }
  version_ = std::move(version);
  return true;
}

void Informer::handle(WatchEnded event, TimePoint now, InformerActions& actions) {
  if (phase_ != Phase::kWatching || event.request != current_) {
    return;
  }
  if (event.error) {
    watch_failed(*event.error, now, actions);
  } else if (has_heard_ || now - opened_at_ >= kWatchShort) {
    open_watch(now, actions);
  } else {
    // A server that ends watches as soon as they begin is not asked in a tight loop.
    wait(Phase::kWaitingToWatch,
         {.kind = ApiErrorKind::kServerError, .message = "the watch ended as soon as it began"},
         now, actions);
  }
}

void Informer::watch_failed(const ApiError& error, TimePoint now, InformerActions& actions) {
  if (error.kind == ApiErrorKind::kGone || error.is_version_too_large()) {
    // A watch that was opened again may find its version gone; that of a list that has just come
    // should not.
    if (now - listed_at_ < kListFresh) {
      wait(Phase::kWaitingToList, error, now, actions);
      return;
    }
    actions.push_back(InformerTrouble{.error = error, .delay = Duration::zero(), .is_list = true});
    start_list(now, actions);
    return;
  }
  const bool is_servers = error.kind == ApiErrorKind::kServerError ||
                          error.kind == ApiErrorKind::kMalformed ||
                          error.kind == ApiErrorKind::kBadRequest;
  if (is_servers) {
    if (!stream_errors_since_) {
      stream_errors_since_ = now;
    }
    if (now - *stream_errors_since_ >= options_.stream_error_patience) {
      stream_errors_since_.reset();
      wait(Phase::kWaitingToList, error, now, actions);
      return;
    }
  }
  wait(Phase::kWaitingToWatch, error, now, actions);
}

// ---- waiting ----------------------------------------------------------------------------------

void Informer::wait(Phase phase, const ApiError& error, TimePoint now, InformerActions& actions) {
  const Duration delay =
      std::max(backoff_.failed(now, dice_), error.retry_after.value_or(Duration::zero()));
  actions.push_back(
      InformerTrouble{.error = error, .delay = delay, .is_list = phase == Phase::kWaitingToList});
  phase_ = phase;
  current_ = 0;
  pages_.clear();
  deadline_ = now + delay;
}

void Informer::handle(InformerDeadline, TimePoint now, InformerActions& actions) {
  if (phase_ == Phase::kIdle) {
    return;
  }
  if (resync_at_ && now >= *resync_at_) {
    resync(now, actions);
  }
  if (now < deadline_) {
    return;
  }
  switch (phase_) {
    case Phase::kIdle:
      break;
    case Phase::kListing:
      actions.push_back(CancelRequest{.request = current_});
      list_failed({.kind = ApiErrorKind::kTimeout, .message = "no answer to a list in time"}, now,
                  actions);
      break;
    case Phase::kWatching:
      actions.push_back(CancelRequest{.request = current_});
      open_watch(now, actions);
      break;
    case Phase::kWaitingToList:
      start_list(now, actions);
      break;
    case Phase::kWaitingToWatch:
      open_watch(now, actions);
      break;
  }
}

void Informer::resync(TimePoint now, InformerActions& actions) {
  for (const SharedObject& each : store_.list()) {
    actions.push_back(
        Delta{.type = DeltaType::kResync, .before = each, .after = each, .is_from_list = true});
  }
  plan_resync(now);
}

void Informer::plan_resync(TimePoint now) {
  if (options_.resync_interval > Duration::zero()) {
    const double part = 0.9 + 0.2 * dice_.unit();
    resync_at_ = now + Duration(static_cast<Duration::rep>(
                           static_cast<double>(options_.resync_interval.count()) * part));
  }
}

}  // namespace quorate::kube
