// The session tracker: rounding of deadlines, closing sessions, and random runs against a model.
#include "server/session/tracker.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

namespace quorate::session {
namespace {

using std::chrono::milliseconds;

constexpr Duration kTick = milliseconds(2000);

TimePoint at_ms(int64_t ms) { return TimePoint(milliseconds(ms)); }

TEST(Tracker, StartsEmpty) {
  Tracker tracker(kTick);
  EXPECT_EQ(tracker.count(), 0u);
  EXPECT_FALSE(tracker.next_deadline().has_value());
  EXPECT_TRUE(tracker.expire(at_ms(1'000'000)).empty());
  EXPECT_TRUE(tracker.buckets().empty());
}

TEST(Tracker, RoundsTheDeadlineUpToTheNextTick) {
  struct Case {
    int64_t now_ms;
    int64_t timeout_ms;
    int64_t deadline_ms;
  };
  // A deadline on a boundary moves to the next one, as in ZooKeeper.
  const Case cases[] = {
      {0, 4000, 6000}, {1, 4000, 6000}, {1999, 4000, 6000}, {2000, 4000, 8000}, {2001, 4000, 8000},
      {0, 3999, 4000}, {0, 0, 2000},    {-1, 0, 0},         {-2000, 0, 0},      {-2001, 0, -2000}};
  for (const Case& c : cases) {
    Tracker tracker(kTick);
    tracker.add(SessionId{1}, milliseconds(c.timeout_ms), at_ms(c.now_ms));
    ASSERT_TRUE(tracker.next_deadline().has_value());
    EXPECT_EQ(*tracker.next_deadline(), at_ms(c.deadline_ms)) << c.now_ms << '+' << c.timeout_ms;
  }
}

TEST(Tracker, ExpiresExactlyAtTheDeadline) {
  Tracker tracker(kTick);
  tracker.add(SessionId{1}, milliseconds(4000), at_ms(100));
  EXPECT_TRUE(tracker.expire(at_ms(6000) - Duration(1)).empty());
  EXPECT_EQ(tracker.expire(at_ms(6000)), std::vector{SessionId{1}});
  EXPECT_TRUE(tracker.expire(at_ms(60'000)).empty()) << "an expired session is reported once";
  EXPECT_TRUE(tracker.is_closing(SessionId{1}));
  EXPECT_TRUE(tracker.contains(SessionId{1})) << "it stays until its closeSession is committed";
  EXPECT_FALSE(tracker.touch(SessionId{1}, at_ms(6001)));
}

TEST(Tracker, ReportsExpiredSessionsInOrderOfId) {
  Tracker tracker(kTick);
  for (const int64_t id : {5, -3, 9, 1}) {
    // Different buckets, so that the order is not the order of expiry.
    tracker.add(SessionId{id}, milliseconds(2000 * (10 - id)), at_ms(0));
  }
  const std::vector expected{SessionId{-3}, SessionId{1}, SessionId{5}, SessionId{9}};
  EXPECT_EQ(tracker.expire(at_ms(100'000)), expected);
}

TEST(Tracker, TouchPostpones) {
  Tracker tracker(kTick);
  tracker.add(SessionId{1}, milliseconds(4000), at_ms(0));
  tracker.add(SessionId{2}, milliseconds(4000), at_ms(0));
  EXPECT_TRUE(tracker.touch(SessionId{1}, at_ms(3000)));
  EXPECT_EQ(tracker.expire(at_ms(6000)), std::vector{SessionId{2}});
  EXPECT_EQ(*tracker.next_deadline(), at_ms(8000));
}

TEST(Tracker, TouchOfAnUnknownSessionIsRefused) {
  Tracker tracker(kTick);
  EXPECT_FALSE(tracker.touch(SessionId{1}, at_ms(0)));
  EXPECT_FALSE(tracker.timeout(SessionId{1}).has_value());
  tracker.remove(SessionId{1});
  tracker.mark_closing(SessionId{1});
  EXPECT_FALSE(tracker.is_closing(SessionId{1}));
}

TEST(Tracker, AClosingSessionIsNotExpiredAgain) {
  Tracker tracker(kTick);
  tracker.add(SessionId{1}, milliseconds(4000), at_ms(0));
  tracker.mark_closing(SessionId{1});
  tracker.mark_closing(SessionId{1});
  EXPECT_FALSE(tracker.next_deadline().has_value());
  EXPECT_TRUE(tracker.expire(at_ms(100'000)).empty());
  EXPECT_EQ(tracker.count(), 1u);
  tracker.remove(SessionId{1});
  EXPECT_EQ(tracker.count(), 0u);
}

TEST(Tracker, AddRestartsWithTheNewTimeout) {
  Tracker tracker(kTick);
  tracker.add(SessionId{1}, milliseconds(40'000), at_ms(0));
  tracker.add(SessionId{1}, milliseconds(4000), at_ms(1000));
  EXPECT_EQ(tracker.count(), 1u);
  EXPECT_EQ(tracker.timeout(SessionId{1}), Duration(milliseconds(4000)));
  EXPECT_EQ(*tracker.next_deadline(), at_ms(6000));
}

TEST(Tracker, AddDoesNotReviveAClosingSession) {
  Tracker tracker(kTick);
  tracker.add(SessionId{1}, milliseconds(4000), at_ms(0));
  tracker.mark_closing(SessionId{1});
  tracker.add(SessionId{1}, milliseconds(4000), at_ms(0));
  EXPECT_TRUE(tracker.is_closing(SessionId{1}));
  EXPECT_FALSE(tracker.touch(SessionId{1}, at_ms(0)));
  tracker.remove(SessionId{1});
  tracker.add(SessionId{1}, milliseconds(4000), at_ms(0));
  EXPECT_FALSE(tracker.is_closing(SessionId{1}));
  EXPECT_TRUE(tracker.touch(SessionId{1}, at_ms(0)));
}

TEST(Tracker, MovesCarryTheSessions) {
  Tracker from(kTick);
  from.add(SessionId{1}, milliseconds(4000), at_ms(0));
  Tracker to(std::move(from));
  EXPECT_TRUE(to.contains(SessionId{1}));
  Tracker other(kTick);
  other = std::move(to);
  EXPECT_EQ(other.expire(at_ms(6000)), std::vector{SessionId{1}});
}

// The same rules without any cleverness: a map, searched from end to end.
class Model {
 public:
  void add(SessionId id, Duration timeout, TimePoint now) {
    Entry& entry = entries_[id];
    entry.timeout = timeout;
    if (!entry.closing) {
      entry.deadline = deadline(now, timeout);
    }
  }
  bool touch(SessionId id, TimePoint now) {
    const auto at = entries_.find(id);
    if (at == entries_.end() || at->second.closing) {
      return false;
    }
    at->second.deadline = deadline(now, at->second.timeout);
    return true;
  }
  void mark_closing(SessionId id) {
    if (const auto at = entries_.find(id); at != entries_.end()) {
      at->second.closing = true;
    }
  }
  void remove(SessionId id) { entries_.erase(id); }
  std::vector<SessionId> expire(TimePoint now) {
    std::vector<SessionId> expired;
    for (auto& [id, entry] : entries_) {
      if (!entry.closing && entry.deadline <= now) {
        entry.closing = true;
        expired.push_back(id);
      }
    }
    return expired;
  }
  [[nodiscard]] std::map<TimePoint, std::vector<SessionId>> buckets() const {
    std::map<TimePoint, std::vector<SessionId>> result;
    for (const auto& [id, entry] : entries_) {
      if (!entry.closing) {
        result[entry.deadline].push_back(id);
      }
    }
    return result;
  }
  struct Entry {
    Duration timeout{};
    TimePoint deadline;
    bool closing = false;
  };
  [[nodiscard]] const std::map<SessionId, Entry>& entries() const { return entries_; }

 private:
  static TimePoint deadline(TimePoint now, Duration timeout) {
    TimePoint boundary{};
    while (boundary <= now + timeout) {
      boundary += kTick;
    }
    return boundary;
  }
  std::map<SessionId, Entry> entries_;
};

void expect_same(const Tracker& tracker, const Model& model, int64_t id_max) {
  ASSERT_EQ(tracker.count(), model.entries().size());
  for (int64_t value = 0; value <= id_max; ++value) {
    const auto at = model.entries().find(SessionId{value});
    const bool known = at != model.entries().end();
    ASSERT_EQ(tracker.contains(SessionId{value}), known) << value;
    ASSERT_EQ(tracker.is_closing(SessionId{value}), known && at->second.closing) << value;
    ASSERT_EQ(tracker.timeout(SessionId{value}),
              known ? std::optional(at->second.timeout) : std::nullopt);
  }
  const auto expected = model.buckets();
  const auto actual = tracker.buckets();
  ASSERT_EQ(actual.size(), expected.size());
  size_t index = 0;
  for (const auto& [deadline, sessions] : expected) {
    ASSERT_EQ(actual[index].deadline, deadline);
    ASSERT_EQ(actual[index].sessions, sessions);
    ++index;
  }
  const auto next = tracker.next_deadline();
  ASSERT_EQ(next, expected.empty() ? std::nullopt : std::optional(expected.begin()->first));
}

class TrackerModel : public ::testing::TestWithParam<uint32_t> {};

TEST_P(TrackerModel, BehavesAsTheModel) {
  std::mt19937 random(GetParam());
  constexpr int64_t kIdMax = 40;
  constexpr int kSteps = 3000;
  Tracker tracker(kTick);
  Model model;
  TimePoint now = at_ms(0);
  for (int step = 0; step < kSteps; ++step) {
    const SessionId id{static_cast<int64_t>(random() % (kIdMax + 1))};
    switch (random() % 8) {
      case 0:
      case 1: {
        const Duration timeout = milliseconds(random() % 20'000);
        tracker.add(id, timeout, now);
        model.add(id, timeout, now);
        break;
      }
      case 2:
      case 3:
      case 4:
        ASSERT_EQ(tracker.touch(id, now), model.touch(id, now));
        break;
      case 5:
        tracker.mark_closing(id);
        model.mark_closing(id);
        break;
      case 6:
        tracker.remove(id);
        model.remove(id);
        break;
      default:
        now += Duration(random() % 3'000'000);
        ASSERT_EQ(tracker.expire(now), model.expire(now));
        break;
    }
    ASSERT_NO_FATAL_FAILURE(expect_same(tracker, model, kIdMax)) << "step " << step;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TrackerModel, ::testing::Range(1u, 13u));

}  // namespace
}  // namespace quorate::session
