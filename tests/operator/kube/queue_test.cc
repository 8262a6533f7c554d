// The work queue, back-off, expectations and Events: rules one by one, then random runs.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "operator/kube/event_recorder.h"
#include "operator/kube/expectations.h"
#include "operator/kube/work_queue.h"
#include "tests/server/planted_bugs.h"

namespace quorate::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kStart{seconds(1000)};
const ObjectKey kA{"p", "a"};
const ObjectKey kB{"p", "b"};
const ObjectKey kC{"p", "c"};

TEST(Queue, DebouncesBursts) {
  WorkQueue queue;
  for (int i = 0; i < 50; ++i) {
    queue.add(kA, kPriorityLive, kStart + milliseconds(i));
  }
  EXPECT_EQ(queue.take(kStart + milliseconds(99)), std::nullopt);
  EXPECT_EQ(queue.next_deadline(), kStart + milliseconds(100));
  EXPECT_EQ(queue.take(kStart + milliseconds(100)), kA);
  EXPECT_EQ(queue.take(kStart + milliseconds(300)), std::nullopt);
}

TEST(Queue, AddedWhileInWorkRunsOnceMore) {
  WorkQueue queue;
  queue.add(kA, 0, kStart);
  EXPECT_EQ(queue.take(kStart + seconds(1)), kA);
  queue.add(kA, 0, kStart + seconds(1));
  queue.add(kA, 0, kStart + seconds(1));
  EXPECT_EQ(queue.take(kStart + seconds(2)), std::nullopt);
  queue.done(kA, kStart + seconds(3));
  EXPECT_EQ(queue.take(kStart + seconds(3)), kA);
  queue.done(kA, kStart + seconds(4));
  EXPECT_EQ(queue.take(kStart + seconds(9)), std::nullopt);
}

TEST(Queue, LiveGoesBeforeLists) {
  WorkQueue queue;
  queue.add(kA, kPriorityList, kStart);
  queue.add(kB, kPriorityList, kStart);
  queue.add(kC, kPriorityLive, kStart + milliseconds(50));
  const TimePoint later = kStart + seconds(1);
  EXPECT_EQ(queue.take(later), kC);
  EXPECT_EQ(queue.take(later), kA);
  EXPECT_EQ(queue.take(later), kB);
}

TEST(Queue, AHigherPriorityWins) {
  WorkQueue queue;
  queue.add(kA, kPriorityList, kStart);
  queue.add(kB, kPriorityList, kStart);
  const TimePoint later = kStart + seconds(1);
  EXPECT_EQ(queue.depth(later), 2U);
  queue.add(kB, kPriorityLive, kStart + milliseconds(500));
  EXPECT_EQ(queue.take(later), kB);
}

TEST(Queue, PlacesAreLimited) {
  WorkQueue queue({.in_flight_max = 1});
  queue.add(kA, 0, kStart);
  queue.add(kB, 0, kStart);
  EXPECT_EQ(queue.take(kStart + seconds(1)), kA);
  EXPECT_EQ(queue.take(kStart + seconds(1)), std::nullopt);
  EXPECT_EQ(queue.next_deadline(), std::nullopt);
  queue.done(kA, kStart + seconds(2));
  EXPECT_EQ(queue.take(kStart + seconds(2)), kB);
}

TEST(Queue, BacksOffByKeyAndForgets) {
  WorkQueue queue;
  TimePoint now = kStart;
  std::vector<int64_t> delays;
  for (int i = 0; i < 16; ++i) {
    queue.retry(kA, Duration::zero(), now);
    const TimePoint due = *queue.next_deadline();
    delays.push_back(std::chrono::duration_cast<milliseconds>(due - now).count());
    now = due;
    ASSERT_EQ(queue.take(now), kA);
    queue.done(kA, now);
  }
  EXPECT_EQ(delays, (std::vector<int64_t>{5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10240,
                                          20480, 40960, 81920, 120000}));
  queue.forget(kA);
  queue.retry(kA, Duration::zero(), now);
  EXPECT_EQ(*queue.next_deadline() - now, milliseconds(5));
}

TEST(Queue, AllKeysTogetherAreLimitedToo) {
  WorkQueue queue;
  for (int i = 0; i < 120; ++i) {
    queue.retry({"p", std::to_string(i)}, Duration::zero(), kStart);
  }
  EXPECT_EQ(queue.depth(kStart + milliseconds(5)), 100U);
  EXPECT_EQ(queue.depth(kStart + seconds(1)), 110U);
  EXPECT_EQ(queue.depth(kStart + seconds(2)), 120U);
}

TEST(Queue, TheServersWishCounts) {
  WorkQueue queue;
  queue.retry(kA, seconds(7), kStart);
  EXPECT_EQ(queue.next_deadline(), kStart + seconds(7));
}

TEST(Queue, TheEarliestOfSeveralTimesCounts) {
  WorkQueue queue;
  queue.add_after(kA, seconds(10), kStart);
  queue.add_after(kA, seconds(20), kStart);
  queue.add(kA, 0, kStart);
  EXPECT_EQ(queue.take(kStart + milliseconds(100)), kA);
  queue.done(kA, kStart + seconds(1));
  EXPECT_EQ(queue.take(kStart + minutes(1)), std::nullopt);
}

TEST(Queue, GivesNothingAfterShutDown) {
  WorkQueue queue;
  queue.add(kA, 0, kStart);
  queue.shut_down();
  EXPECT_EQ(queue.take(kStart + seconds(1)), std::nullopt);
  EXPECT_EQ(queue.next_deadline(), std::nullopt);
}

// ---- random runs of the queue -----------------------------------------------------------------

enum class QueueBug {
  kNone,
  kAddsWhileBusyLost,
  kDoneForgotten,
  kTakenEarly,
  kKeysConfused,
  kCount
};

struct QueueRun {
  std::string violation;
  size_t takes = 0;
  [[nodiscard]] bool is_good() const { return violation.empty(); }
};

/// Everything that was added is worked on in the end; says what is not.
std::string wind_down(WorkQueue& queue, std::map<ObjectKey, TimePoint> owed,
                      std::set<ObjectKey> busy, TimePoint now) {
  for (int i = 0; i < 1000 && (!owed.empty() || !busy.empty()); ++i) {
    now += seconds(10);
    while (!busy.empty()) {
      queue.done(*busy.begin(), now);
      busy.erase(busy.begin());
    }
    while (const auto taken = queue.take(now)) {
      owed.erase(*taken);
      busy.insert(*taken);
    }
  }
  return owed.empty() ? "" : "never taken: " + owed.begin()->first.text();
}

/// What is wrong with taking `key` now; empty: nothing. Moves it from what is owed to what is busy.
std::string judge_take(const ObjectKey& key, std::map<ObjectKey, TimePoint>& owed,
                       std::set<ObjectKey>& busy, size_t places, TimePoint now) {
  if (!busy.insert(key).second || busy.size() > places) {
    return "in work twice";
  }
  const auto due = owed.find(key);
  if (due == owed.end() || now < due->second + milliseconds(4)) {
    return "taken for nothing, or too early";
  }
  owed.erase(due);
  return {};
}

/// Workers that take keys, fail and end, and a world that adds; each add has to be followed by a
/// take, and no key is in work twice.
QueueRun run_queue(uint64_t seed, QueueBug bug = QueueBug::kNone) {
  Dice dice(seed);
  QueueRun run;
  const size_t places = 1 + dice.next() % 4;
  WorkQueue queue({.in_flight_max = places});
  std::map<ObjectKey, TimePoint> owed;  // Latest time by which a take has to begin.
  std::set<ObjectKey> busy;
  TimePoint now = kStart;
  const auto key = [&] {
    return ObjectKey{"p", std::string(1, static_cast<char>('a' + dice.next() % 6))};
  };
  const auto end_one = [&] {
    auto at = std::next(busy.begin(), static_cast<long>(dice.next() % busy.size()));
    const ObjectKey ended = *at;
    busy.erase(at);
    if (bug == QueueBug::kDoneForgotten && dice.next() % 8 == 0) {
      return;
    }
    queue.done(ended, now);
    if (dice.next() % 3 == 0) {
      queue.retry(ended, Duration::zero(), now);
      owed.emplace(ended, now);
    } else {
      queue.forget(ended);
    }
  };
  for (int i = 0; i < 400 && run.violation.empty(); ++i) {
    now += milliseconds(dice.next() % 60);
    const bool is_winding_down = i >= 300;
    switch (dice.next() % 3) {
      case 0: {
        if (is_winding_down) {
          break;
        }
        const ObjectKey added = key();
        owed.emplace(added, now);
        if (bug == QueueBug::kAddsWhileBusyLost && busy.contains(added)) {
          break;
        }
        ObjectKey told = added;
        if (bug == QueueBug::kKeysConfused && dice.next() % 20 == 0) {
          told.name += "x";
        }
        queue.add(told, dice.next() % 2 == 0 ? kPriorityLive : kPriorityList, now);
        break;
      }
      case 1: {
        const auto taken =
            queue.take(now + (bug == QueueBug::kTakenEarly ? milliseconds(50) : milliseconds(0)));
        if (!taken) {
          break;
        }
        ++run.takes;
        run.violation = judge_take(*taken, owed, busy, places, now);
        break;
      }
      default:
        if (!busy.empty()) {
          end_one();
        }
    }
  }
  if (run.violation.empty()) {
    run.violation = wind_down(queue, std::move(owed), std::move(busy), now);
  }
  return run;
}

TEST(QueueRandom, EveryAddIsFollowedByATake) {
  size_t takes = 0;
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    const QueueRun run = run_queue(seed);
    ASSERT_EQ(run.violation, "") << "seed " << seed;
    takes += run.takes;
  }
  EXPECT_GT(takes, 500U * 20);
}

TEST(QueueRandom, PlantedBugsAreFound) {
  for (const QueueBug bug : quorate::testing::all_bugs<QueueBug>()) {
    quorate::testing::expect_found(50, [&](uint64_t seed) { return run_queue(seed, bug); });
  }
}

// ---- back-off, tokens, expectations -----------------------------------------------------------

TEST(BackoffOfConnections, DoublesWithJitterAndResets) {
  Dice dice(1);
  Backoff backoff;
  TimePoint now = kStart;
  Duration base = milliseconds(800);
  for (int i = 0; i < 10; ++i) {
    const Duration delay = backoff.failed(now, dice);
    EXPECT_GE(delay, base);
    EXPECT_LT(delay, 2 * base);
    base = std::min<Duration>(2 * base, seconds(30));
    now += delay;
  }
  now += seconds(120);
  EXPECT_LT(backoff.failed(now, dice), milliseconds(1600));
}

TEST(Tokens, ComeBackAtARate) {
  TokenBucket bucket(seconds(300), 3);
  EXPECT_TRUE(bucket.try_take(kStart));
  EXPECT_TRUE(bucket.try_take(kStart));
  EXPECT_TRUE(bucket.try_take(kStart));
  EXPECT_FALSE(bucket.try_take(kStart + seconds(299)));
  EXPECT_TRUE(bucket.try_take(kStart + seconds(300)));
  EXPECT_FALSE(bucket.try_take(kStart + seconds(301)));
}

TEST(OwnWrites, AreWaitedFor) {
  Expectations expectations;
  expectations.expect(kA, "10", kStart);
  expectations.expect(kA, "11", kStart + seconds(1));
  EXPECT_EQ(expectations.wait_until(kA, kStart + seconds(2)), kStart + seconds(6));
  EXPECT_EQ(expectations.wait_until(kB, kStart), std::nullopt);
  expectations.observe("11");
  EXPECT_TRUE(expectations.wait_until(kA, kStart + seconds(2)));
  expectations.observe("10");
  EXPECT_EQ(expectations.wait_until(kA, kStart + seconds(2)), std::nullopt);
}

TEST(OwnWrites, MayBeSeenBeforeTheAnswer) {
  Expectations expectations;
  expectations.observe("10");
  expectations.expect(kA, "10", kStart);
  EXPECT_EQ(expectations.wait_until(kA, kStart), std::nullopt);
}

TEST(OwnWrites, ThatAreNeverSeenAreForgotten) {
  Expectations expectations;
  expectations.expect(kA, "10", kStart);
  EXPECT_EQ(expectations.wait_until(kA, kStart + seconds(5)), std::nullopt);
}

// ---- Events -----------------------------------------------------------------------------------

class Events : public ::testing::Test {
 protected:
  std::optional<EventAction> record(const std::string& note, Duration at,
                                    const std::string& name = "zoo") {
    return recorder_.record(
        {.regarding = {{"kind", "QuorumCluster"}, {"namespace", "prod"}, {"name", name}},
         .type = EventType::kWarning,
         .reason = "Blocked",
         .action = "Roll",
         .note = note},
        {.monotonic = kStart + at, .wall = WallMillis{1'767'323'045'678}});
  }
  EventRecorder recorder_{{.instance = "operator-0"}};
};

TEST_F(Events, AreCreatedOnceAndThenCounted) {
  const auto first = record("x", seconds(0));
  ASSERT_TRUE(first && std::holds_alternative<CreateEvent>(*first));
  const nlohmann::json& object = std::get<CreateEvent>(*first).object;
  EXPECT_EQ(object["metadata"]["namespace"], "prod");
  EXPECT_EQ(object["reason"], "Blocked");
  EXPECT_EQ(object["type"], "Warning");
  EXPECT_EQ(object["reportingInstance"], "operator-0");
  EXPECT_EQ(object["eventTime"], "2026-01-02T03:04:05.678000Z");
  EXPECT_FALSE(object.contains("series"));
  // The series is written at 2, 4, 8 and so on.
  std::vector<int> written;
  for (int count = 2; count <= 40; ++count) {
    if (const auto more = record("x", seconds(count))) {
      ASSERT_TRUE(std::holds_alternative<PatchEvent>(*more));
      EXPECT_EQ(std::get<PatchEvent>(*more).patch["series"]["count"], count);
      EXPECT_EQ(std::get<PatchEvent>(*more).key.name, object["metadata"]["name"]);
      written.push_back(count);
    }
  }
  EXPECT_EQ(written, (std::vector<int>{2, 4, 8, 16, 32}));
}

TEST_F(Events, ASeriesThatGoesOnIsWrittenNowAndThen) {
  size_t written = 0;
  for (int i = 0; i < 3600; ++i) {  // One a second for an hour.
    written += record("x", seconds(i)) ? 1 : 0;
  }
  EXPECT_LE(written, 12U + 11);
  EXPECT_GE(written, 10U);
}

TEST_F(Events, ManySimilarOnesBecomeOne) {
  size_t created = 0;
  std::set<std::string> notes;
  for (int i = 0; i < 20; ++i) {
    if (const auto action = record("member " + std::to_string(i), seconds(i))) {
      if (const auto* each = std::get_if<CreateEvent>(&*action)) {
        ++created;
        notes.insert(each->object["note"].get<std::string>());
      }
    }
  }
  EXPECT_EQ(created, 11U);
  EXPECT_TRUE(notes.contains("(combined from similar events)"));
}

TEST_F(Events, OfOneObjectAreLimited) {
  size_t written = 0;
  for (int i = 0; i < 200; ++i) {
    EventNote note{.regarding = {{"name", "zoo"}},
                   .reason = "R" + std::to_string(i),
                   .action = "A",
                   .note = "n"};
    written += recorder_.record(note, {.monotonic = kStart, .wall = {}}) ? 1 : 0;
  }
  EXPECT_EQ(written, 25U);
  EXPECT_TRUE(record("x", seconds(0), "another"));
  EXPECT_GT(recorder_.suppressed_count(), 0U);
}

TEST_F(Events, LongAndOddTextsFitTheApi) {
  const auto action =
      record(std::string(1023, 'x') + "\xE2\x82\xAC", seconds(0), std::string(300, 'n'));
  ASSERT_TRUE(action);
  const nlohmann::json& object = std::get<CreateEvent>(*action).object;
  EXPECT_EQ(object["note"].get<std::string>().size(), 1023U);  // Not half a character.
  EXPECT_LE(object["metadata"]["name"].get<std::string>().size(), 253U);
}

}  // namespace
}  // namespace quorate::kube
