// Seeded runs of the informer against an API that fails in every way; planted bugs are found.
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "operator/kube/informer.h"
#include "operator/kube/object.h"
#include "server/base/overloaded.h"
#include "tests/server/planted_bugs.h"

namespace quorate::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

enum class InformerBug {
  kNone,
  kDeletionsLost,     ///< Deleted events do not arrive.
  kPageLost,          ///< A page in the middle of a list is skipped.
  kBookmarksAhead,    ///< A bookmark promises what was not sent.
  kGoneIsSilent,      ///< An expired version is watched as if nothing were missing.
  kAnswersConfused,   ///< Answers to former requests pass for the present one's.
  kDeadlinesIgnored,  ///< Lost answers are waited for.
  kOldLists,          ///< Lists come from a state before the one that was seen.
  kDeltasLost,        ///< A handler does not hear of one change in twenty.
  kWatchTooLate,      ///< A watch begins one version after the one asked for.
  kCount,
};

/// The API: objects and their history, as etcd has it.
struct Api {
  int64_t version = 100;
  int64_t compacted = 0;  ///< Versions up to here have no history.
  std::map<std::string, nlohmann::json> objects;
  std::deque<std::pair<int64_t, WatchEvent>> history;
  int64_t next_uid = 1;

  void change(Dice& dice) {
    const std::string name(1, static_cast<char>('a' + dice.next() % 8));
    WatchEvent event;
    ++version;
    const auto found = objects.find(name);
    if (found == objects.end()) {
      event.type = WatchEventType::kAdded;
      objects[name] = {{"metadata",
                        {{"name", name},
                         {"namespace", "p"},
                         {"uid", "u" + std::to_string(next_uid++)},
                         {"resourceVersion", std::to_string(version)}}}};
      event.object = objects[name];
    } else if (dice.next() % 3 == 0) {
      event.type = WatchEventType::kDeleted;
      event.object = found->second;
      event.object["metadata"]["resourceVersion"] = std::to_string(version);
      objects.erase(found);
    } else {
      event.type = WatchEventType::kModified;
      found->second["metadata"]["resourceVersion"] = std::to_string(version);
      event.object = found->second;
    }
    history.emplace_back(version, std::move(event));
  }
  void compact(int64_t up_to) {
    compacted = std::max(compacted, up_to);
    while (!history.empty() && history.front().first <= compacted) {
      history.pop_front();
    }
  }
};

struct InformerRun {
  std::string violation;
  size_t deltas = 0;
  size_t lists = 0;
  [[nodiscard]] bool is_good() const { return violation.empty(); }
};

class World {
 public:
  World(uint64_t seed, InformerBug bug)
      : dice_(seed),
        bug_(bug),
        informer_({.kind = kPod, .page_size = static_cast<uint32_t>(1 + Dice(seed).next() % 4)},
                  Dice(seed * 7)) {}

  InformerRun run() {
    for (int i = 0; i < 5; ++i) {
      api_.change(dice_);
    }
    step(InformerStart{});
    for (int i = 0; i < 300 && run_.violation.empty(); ++i) {
      act();
    }
    heal();
    return run_;
  }

 private:
  struct List {
    InformerRequest request;
    ListOptions options;
  };
  struct Snapshot {
    int64_t version;
    std::vector<nlohmann::json> items;
  };

  void act() {
    switch (dice_.next() % 8) {
      case 0:
      case 1:
        api_.change(dice_);
        break;
      case 2:
        if (dice_.next() % 4 == 0) {
          api_.compact(api_.version - static_cast<int64_t>(dice_.next() % 5));
        }
        break;
      case 3:
        pass_time(milliseconds(dice_.next() % 20'000));
        break;
      case 4:
        answer_list(true);
        break;
      default:
        feed_watch(true);
    }
    check_shadow();
  }

  /// No more faults: it must come to hold what the API holds, within a time.
  void heal() {
    is_healing_ = true;
    const TimePoint end = now_ + seconds(3000);
    while (run_.violation.empty() && now_ < end && !is_converged()) {
      while (answer_list(false) || feed_watch(false)) {
      }
      pass_time(seconds(5));
    }
    // A missed change has to show itself, too: nothing else happens for a while.
    check_shadow();
    if (run_.violation.empty() && !is_converged()) {
      run_.violation = "never converges";
    }
  }

  [[nodiscard]] bool is_converged() const {
    if (informer_.store().size() != api_.objects.size()) {
      return false;
    }
    for (const auto& [name, object] : api_.objects) {
      const SharedObject* held = informer_.store().find({"p", name});
      if (held == nullptr || *held != object) {
        return false;
      }
    }
    return true;
  }

  void pass_time(Duration duration) {
    const TimePoint end = now_ + duration;
    for (int i = 0; i < 1000; ++i) {
      const auto next = informer_.next_deadline();
      if (!next || *next > end || bug_ == InformerBug::kDeadlinesIgnored) {
        break;
      }
      now_ = std::max(now_, *next);
      step(InformerDeadline{});
    }
    now_ = end;
  }

  // ---- the API's side -------------------------------------------------------------------------
  bool answer_list(bool may_fail) {
    if (lists_.empty()) {
      return false;
    }
    const size_t at = dice_.next() % lists_.size();
    const List list = lists_[at];
    // An answer may come twice, or never.
    if (!may_fail || dice_.next() % 4 != 0) {
      lists_.erase(lists_.begin() + static_cast<long>(at));
    }
    if (may_fail && dice_.next() % 6 == 0) {
      return true;
    }
    if (may_fail && dice_.next() % 5 == 0) {
      constexpr ApiErrorKind kKinds[] = {ApiErrorKind::kGone, ApiErrorKind::kTooManyRequests,
                                         ApiErrorKind::kServerError, ApiErrorKind::kUnreachable,
                                         ApiErrorKind::kForbidden};
      step(ListFailed{.request = tag(list.request),
                      .error = {.kind = kKinds[dice_.next() % 5], .message = "fault"}});
      return true;
    }
    step(PageReceived{.request = tag(list.request), .page = page_for(list.options)});
    return true;
  }

  ListPage page_for(const ListOptions& options) {
    if (options.continue_token.empty()) {
      Snapshot snapshot{.version = api_.version, .items = {}};
      for (const auto& [name, object] : api_.objects) {
        snapshot.items.push_back(object);
      }
      if (bug_ == InformerBug::kOldLists && !snapshots_.empty()) {
        snapshot = snapshots_.front();
      }
      snapshots_.push_back(std::move(snapshot));
      return cut(snapshots_.size() - 1, 0, options.page_size);
    }
    const size_t colon = options.continue_token.find(':');
    return cut(std::stoul(options.continue_token.substr(0, colon)),
               std::stoul(options.continue_token.substr(colon + 1)), options.page_size);
  }

  ListPage cut(size_t number, size_t first, uint32_t limit) {
    const Snapshot& snapshot = snapshots_[number];
    ListPage page{.resource_version = std::to_string(snapshot.version)};
    const size_t count = limit == 0 ? snapshot.items.size() : limit;
    if (bug_ == InformerBug::kPageLost && first > 0 && dice_.next() % 2 == 0) {
      first += count;
    }
    size_t at = first;
    for (; at < snapshot.items.size() && at < first + count; ++at) {
      page.items.push_back(snapshot.items[at]);
    }
    if (at < snapshot.items.size()) {
      page.continue_token = std::to_string(number) + ":" + std::to_string(at);
    }
    return page;
  }

  bool feed_watch(bool may_fail) {
    if (watch_ == 0) {
      return false;
    }
    if (watched_ < api_.compacted && bug_ != InformerBug::kGoneIsSilent) {
      const InformerRequest request = std::exchange(watch_, 0);
      const ApiError gone{.kind = ApiErrorKind::kGone, .message = "expired"};
      if (dice_.next() % 2 == 0) {
        step(WatchEnded{.request = tag(request), .error = gone});
      } else {
        WatchReceived received{.request = tag(request), .events = {}};
        received.events.push_back(
            {.type = WatchEventType::kError, .object = nullptr, .error = gone});
        step(std::move(received));
      }
      return true;
    }
    if (may_fail && dice_.next() % 10 == 0) {
      const InformerRequest request = std::exchange(watch_, 0);
      if (dice_.next() % 4 == 0) {
        return true;  // It is dead, and nobody says so.
      }
      WatchEnded ended{.request = tag(request), .error = std::nullopt};
      if (dice_.next() % 2 == 0) {
        ended.error = ApiError{.kind = dice_.next() % 2 == 0 ? ApiErrorKind::kUnreachable
                                                             : ApiErrorKind::kTooManyRequests,
                               .message = "fault"};
      }
      step(std::move(ended));
      return true;
    }
    return send_events();
  }

  bool send_events() {
    WatchReceived received{.request = tag(watch_), .events = {}};
    for (const auto& [version, event] : api_.history) {
      if (version <= watched_) {
        continue;
      }
      watched_ = version;
      const bool is_lost = bug_ == InformerBug::kDeletionsLost &&
                           event.type == WatchEventType::kDeleted && dice_.next() % 2 == 0;
      if (!is_lost) {
        received.events.push_back(event);
      }
      if (!is_healing_ && dice_.next() % 2 == 0) {
        break;
      }
    }
    if (received.events.empty() || dice_.next() % 4 == 0) {
      int64_t version = watched_;
      if (bug_ == InformerBug::kBookmarksAhead) {
        version = api_.version + 1;
        watched_ = version;
      }
      if (received.events.empty() && is_healing_) {
        return false;
      }
      WatchEvent bookmark{.type = WatchEventType::kBookmark, .object = {}};
      bookmark.object["metadata"]["resourceVersion"] = std::to_string(version);
      received.events.push_back(std::move(bookmark));
    }
    step(std::move(received));
    return true;
  }

  [[nodiscard]] InformerRequest tag(InformerRequest request) const {
    return bug_ == InformerBug::kAnswersConfused ? last_request_ : request;
  }

  // ---- the informer's side --------------------------------------------------------------------
  void step(InformerEvent event) {
    InformerActions actions;
    informer_.step(std::move(event), now_, actions);
    for (const InformerAction& action : actions) {
      perform(action);
    }
  }

  void perform(const InformerAction& action) {
    std::visit(
        Overloaded{[&](const SendList& each) {
                     ++run_.lists;
                     last_request_ = each.request;
                     lists_.push_back({each.request, each.options});
                   },
                   [&](const OpenWatch& each) {
                     last_request_ = each.request;
                     watch_ = each.request;
                     watched_ = std::stoll(each.options.resource_version) +
                                (bug_ == InformerBug::kWatchTooLate ? 1 : 0);
                   },
                   [&](const CancelRequest& each) { watch_ = watch_ == each.request ? 0 : watch_; },
                   [&](const Delta& each) { hear(each); }, [&](const Synced&) {},
                   [&](const InformerTrouble&) {}},
        action);
  }

  /// What a handler that knows only deltas holds.
  void hear(const Delta& delta) {
    ++run_.deltas;
    if (bug_ == InformerBug::kDeltasLost && dice_.next() % 20 == 0) {
      return;
    }
    const std::string name = name_of(delta.object());
    const auto held = shadow_.find(name);
    const bool is_known = held != shadow_.end();
    switch (delta.type) {
      case DeltaType::kAdded:
        if (is_known) {
          run_.violation = "added twice: " + name;
        }
        shadow_[name] = delta.after;
        break;
      case DeltaType::kUpdated:
        if (!is_known || held->second != delta.before) {
          run_.violation = "updated from what nobody knows: " + name;
        } else if (uid_of(delta.before) != uid_of(delta.after)) {
          run_.violation = "updated into another object: " + name;
        }
        shadow_[name] = delta.after;
        break;
      case DeltaType::kDeleted:
        if (!is_known || uid_of(held->second) != uid_of(delta.before)) {
          run_.violation = "deleted what nobody knows: " + name;
        }
        shadow_.erase(name);
        break;
      case DeltaType::kResync:
        break;
    }
  }

  void check_shadow() {
    const Store& store = informer_.store();
    bool is_same = store.size() == shadow_.size();
    for (const auto& [name, object] : shadow_) {
      const SharedObject* held = store.find({"p", name});
      is_same = is_same && held != nullptr && *held == object;
    }
    if (!is_same && run_.violation.empty()) {
      run_.violation = "the deltas do not add up to the store";
    }
  }

  Dice dice_;
  const InformerBug bug_;
  Informer informer_;
  Api api_;
  InformerRun run_;
  TimePoint now_{seconds(1)};
  bool is_healing_ = false;
  InformerRequest last_request_ = 0;
  std::deque<List> lists_;
  std::vector<Snapshot> snapshots_;
  InformerRequest watch_ = 0;
  int64_t watched_ = 0;
  std::map<std::string, nlohmann::json> shadow_;
};

InformerRun run_random(uint64_t seed, InformerBug bug = InformerBug::kNone) {
  return World(seed, bug).run();
}

TEST(InformerRandom, ConvergesAndItsDeltasAddUp) {
  size_t deltas = 0;
  size_t lists = 0;
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    const InformerRun run = run_random(seed);
    ASSERT_EQ(run.violation, "") << "seed " << seed;
    deltas += run.deltas;
    lists += run.lists;
  }
  EXPECT_GT(deltas, 500U * 10);
  EXPECT_GT(lists, 500U * 3);
}

class InformerBugs : public ::testing::TestWithParam<InformerBug> {};

TEST_P(InformerBugs, IsFound) {
  quorate::testing::expect_found(100, [](uint64_t seed) { return run_random(seed, GetParam()); });
}

INSTANTIATE_TEST_SUITE_P(All, InformerBugs,
                         ::testing::ValuesIn(quorate::testing::all_bugs<InformerBug>()));

}  // namespace
}  // namespace quorate::kube
