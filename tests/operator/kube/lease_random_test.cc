// The lease: rules one by one, then seeded runs with clocks that drift, lost answers and pauses.
#include <gtest/gtest.h>

#include <deque>
#include <memory>

#include "operator/kube/json_value.h"
#include "operator/kube/lease_election.h"
#include "operator/kube/object.h"
#include "server/base/overloaded.h"
#include "tests/server/planted_bugs.h"

namespace quorate::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const ObjectKey kLeaseKey{"ops", "quorate-operator"};

// ---- one process ------------------------------------------------------------------------------

class OneProcess : public ::testing::Test {
 protected:
  LeaseActions step(LeaseEvent event, double at) {
    LeaseActions actions;
    election_.step(std::move(event), at_seconds(at), actions);
    return actions;
  }
  static Now at_seconds(double at) {
    const auto us = static_cast<int64_t>(at * 1e6);
    return {.monotonic = TimePoint(Duration(us)),
            .wall = WallMillis{1'767'323'045'000 + us / 1000}};
  }
  static nlohmann::json record(const std::string& holder, int transitions = 3) {
    return {{"metadata", {{"name", "quorate-operator"}, {"resourceVersion", "5"}, {"x", "kept"}}},
            {"spec",
             {{"holderIdentity", holder},
              {"leaseDurationSeconds", 15},
              {"leaseTransitions", transitions},
              {"renewTime", "2026-01-01T00:00:00.000000Z"}}}};
  }
  template <typename T>
  static const T* find(const LeaseActions& actions) {
    for (const LeaseAction& each : actions) {
      if (const T* found = std::get_if<T>(&each)) {
        return found;
      }
    }
    return nullptr;
  }

  LeaseElection election_{{.lease = kLeaseKey, .identity = "me"}, Dice(1)};
};

TEST_F(OneProcess, CreatesTheLease) {
  const auto asked = step(LeaseStart{}, 0);
  ASSERT_NE(find<ReadLease>(asked), nullptr);
  const auto taken =
      step(LeaseRead{.request = 1, .result = ApiError{.kind = ApiErrorKind::kNotFound}}, 0.1);
  const auto* write = find<WriteLease>(taken);
  ASSERT_NE(write, nullptr);
  EXPECT_TRUE(write->is_create);
  EXPECT_EQ(write->object.dump(),
            R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":)"
            R"("quorate-operator","namespace":"ops"},"spec":{"acquireTime":)"
            R"("2026-01-02T03:04:05.100000Z","holderIdentity":"me","leaseDurationSeconds":15,)"
            R"("leaseTransitions":0,"renewTime":"2026-01-02T03:04:05.100000Z"}})");
  const auto led = step(LeaseWritten{.request = 2, .result = write->object}, 0.4);
  ASSERT_NE(find<LeaderStarted>(led), nullptr);
  // From when it was sent, not from the answer.
  EXPECT_EQ(find<LeaderStarted>(led)->until, at_seconds(10.1).monotonic);
}

TEST_F(OneProcess, WaitsForAHolderByItsOwnClock) {
  step(LeaseStart{}, 0);
  // The record's times are from long ago, and mean nothing.
  EXPECT_EQ(find<WriteLease>(step(LeaseRead{.request = 1, .result = record("other")}, 0)), nullptr);
  double at = 0;
  LeaseRequest request = 1;
  while (at < 14.9) {
    at = static_cast<double>(election_.next_deadline()->time_since_epoch().count()) / 1e6;
    const auto asked = step(LeaseDeadline{}, at);
    ASSERT_NE(find<ReadLease>(asked), nullptr);
    request = find<ReadLease>(asked)->request;
    const auto answered = step(LeaseRead{.request = request, .result = record("other")}, at);
    EXPECT_EQ(find<WriteLease>(answered) != nullptr, at >= 15) << at;
  }
  EXPECT_GE(at, 15);
  EXPECT_LT(at, 18);
}

TEST_F(OneProcess, AnotherChangeStartsTheWaitAnew) {
  step(LeaseStart{}, 0);
  step(LeaseRead{.request = 1, .result = record("other")}, 0);
  step(LeaseDeadline{}, 2.4);
  nlohmann::json renewed = record("other");
  renewed["metadata"]["resourceVersion"] = "6";
  step(LeaseRead{.request = 2, .result = renewed}, 2.4);
  step(LeaseDeadline{}, 16);
  EXPECT_EQ(find<WriteLease>(step(LeaseRead{.request = 3, .result = renewed}, 16)), nullptr);
}

TEST_F(OneProcess, TakesAReleasedLeaseAtOnceAndKeepsWhatItDoesNotKnow) {
  step(LeaseStart{}, 0);
  const auto taken = step(LeaseRead{.request = 1, .result = record("")}, 0);
  const auto* write = find<WriteLease>(taken);
  ASSERT_NE(write, nullptr);
  EXPECT_FALSE(write->is_create);
  EXPECT_EQ(write->object["metadata"]["x"], "kept");
  EXPECT_EQ(write->object["metadata"]["resourceVersion"], "5");
  EXPECT_EQ(write->object["spec"]["leaseTransitions"], 4);
}

class Leader : public OneProcess {
 protected:
  void SetUp() override {
    step(LeaseStart{}, 0);
    step(LeaseRead{.request = 1, .result = record("")}, 0);
    ASSERT_NE(find<LeaderStarted>(step(LeaseWritten{.request = 2, .result = record("me")}, 0)),
              nullptr);
  }
};

TEST_F(Leader, RenewsWithoutReading) {
  const double at =
      static_cast<double>(election_.next_deadline()->time_since_epoch().count()) / 1e6;
  EXPECT_GE(at, 2);
  EXPECT_LE(at, 2.4);
  const auto renewed = step(LeaseDeadline{}, at);
  ASSERT_NE(find<WriteLease>(renewed), nullptr);
  const auto until = step(LeaseWritten{.request = 3, .result = record("me")}, at + 0.5);
  ASSERT_NE(find<LeaderRenewed>(until), nullptr);
  EXPECT_EQ(find<LeaderRenewed>(until)->until, at_seconds(at + 10).monotonic);
}

TEST_F(Leader, LosesByTimeAlone) {
  step(LeaseDeadline{}, 2.4);
  const auto lost = step(LeaseDeadline{}, 10);
  EXPECT_NE(find<LeaderLost>(lost), nullptr);
  EXPECT_FALSE(election_.is_leader());
  EXPECT_EQ(election_.next_deadline(), std::nullopt);
  // It does not come back.
  EXPECT_TRUE(step(LeaseWritten{.request = 3, .result = record("me")}, 10.1).empty());
}

TEST_F(Leader, AnAnswerAfterTheDeadlineIsTooLate) {
  step(LeaseDeadline{}, 9.9);
  const auto lost = step(LeaseWritten{.request = 3, .result = record("me")}, 10.2);
  EXPECT_NE(find<LeaderLost>(lost), nullptr);
}

TEST_F(Leader, LosesToWhoeverHoldsIt) {
  step(LeaseDeadline{}, 2.4);
  step(LeaseWritten{.request = 3, .result = ApiError{.kind = ApiErrorKind::kConflict}}, 2.5);
  const auto lost = step(LeaseRead{.request = 4, .result = record("other")}, 2.6);
  ASSERT_NE(find<LeaderLost>(lost), nullptr);
  EXPECT_EQ(find<LeaderLost>(lost)->reason, "the lease is held by `other`");
}

TEST_F(Leader, AConflictWithItselfIsNone) {
  // The answer to the write before was lost.
  step(LeaseDeadline{}, 2.4);
  step(LeaseWritten{.request = 3, .result = ApiError{.kind = ApiErrorKind::kConflict}}, 2.5);
  EXPECT_NE(find<WriteLease>(step(LeaseRead{.request = 4, .result = record("me")}, 2.6)), nullptr);
}

TEST_F(Leader, BusyServersGetTheirTimeWithinTheDeadline) {
  double at = 2.4;
  size_t attempts = 0;
  while (election_.is_leader()) {
    const auto asked = step(LeaseDeadline{}, at);
    if (const auto* write = find<WriteLease>(asked)) {
      ++attempts;
      step(LeaseWritten{.request = write->request,
                        .result = ApiError{.kind = ApiErrorKind::kTooManyRequests}},
           at);
    }
    if (election_.next_deadline()) {
      at = static_cast<double>(election_.next_deadline()->time_since_epoch().count()) / 1e6;
    }
  }
  EXPECT_GE(attempts, 3U);
  EXPECT_EQ(at, 10);
}

TEST_F(Leader, Releases) {
  const auto letting_go = step(LeaseStop{}, 3);
  const auto* write = find<WriteLease>(letting_go);
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->object["spec"]["holderIdentity"], "");
  EXPECT_EQ(write->object["spec"]["leaseDurationSeconds"], 1);
  EXPECT_NE(find<LeaseReleased>(step(LeaseWritten{.request = 3, .result = record("")}, 3.1)),
            nullptr);
}

TEST_F(Leader, ReleasesInTimeWhateverTheServerDoes) {
  step(LeaseStop{}, 3);
  EXPECT_NE(find<LeaseReleased>(step(LeaseDeadline{}, 8)), nullptr);
}

TEST_F(OneProcess, AFollowerHasNothingToRelease) {
  step(LeaseStart{}, 0);
  EXPECT_NE(find<LeaseReleased>(step(LeaseStop{}, 1)), nullptr);
}

TEST(LeaseTimes, HaveToFit) {
  EXPECT_EQ(LeaseOptions{}.complaint(), "");
  EXPECT_NE(LeaseOptions{.lease_duration = seconds(10)}.complaint(), "");
  EXPECT_NE(LeaseOptions{.renew_deadline = milliseconds(2300)}.complaint(), "");
  EXPECT_NE(LeaseOptions{.retry_period = Duration(0)}.complaint(), "");
}

// ---- several processes ------------------------------------------------------------------------

enum class LeaseBug {
  kNone,
  kLossIgnored,          ///< A process goes on writing when its lease is over.
  kNoPreconditions,      ///< The server takes updates of old versions.
  kOneIdentity,          ///< Two processes bear the same name.
  kImpatient,            ///< A follower takes the lease after 5 s.
  kCountsTheWholeLease,  ///< A leader counts 15 s from the answer.
  kSlowClock,            ///< A clock runs at half the speed.
  kNeverRetries,         ///< Deadlines of requests are ignored.
  kCount,
};

struct LeaseRun {
  std::string violation;
  size_t terms = 0;
  [[nodiscard]] bool is_good() const { return violation.empty(); }
};

class Ensemble {
 public:
  Ensemble(uint64_t seed, LeaseBug bug) : dice_(seed), bug_(bug) {
    for (int i = 0; i < 3; ++i) {
      start_process();
    }
  }

  LeaseRun run() {
    for (int i = 0; i < 3000 && run_.violation.empty(); ++i) {
      tick(true);
    }
    for (Process& each : processes_) {
      each.paused_until = 0;
    }
    is_healed_ = true;
    // Without faults somebody leads within the lease's time and some tries.
    bool has_leader = false;
    for (int i = 0; i < 600 && run_.violation.empty(); ++i) {
      tick(false);
      has_leader = leaders() == 1;
    }
    if (run_.violation.empty() && !has_leader) {
      run_.violation = "nobody leads";
    }
    return run_;
  }

 private:
  struct Process {
    std::unique_ptr<LeaseElection> election;
    double rate = 1;        ///< Of its clock.
    int64_t offset_us = 0;  ///< Of its clock.
    int64_t paused_until = 0;
    bool writes = false;
    TimePoint writes_until;  ///< On its clock.
    bool is_over = false;
  };
  struct Message {
    size_t process;
    int64_t due_us;
    bool is_answer;
    LeaseAction action = CancelLeaseRequest{};
    LeaseEvent event = LeaseStart{};
  };

  void start_process() {
    Process process;
    // Clocks differ by up to 5 % in speed, and by anything in what they say.
    process.rate = 0.975 + 0.05 * dice_.unit();
    if (bug_ == LeaseBug::kSlowClock) {
      process.rate = processes_.size() % 2 == 0 ? 0.5 : 1;
    }
    process.offset_us = static_cast<int64_t>(dice_.next() % 1'000'000'000);
    LeaseOptions options{.lease = kLeaseKey,
                         .identity = bug_ == LeaseBug::kOneIdentity
                                         ? "same"
                                         : "p" + std::to_string(processes_.size())};
    if (bug_ == LeaseBug::kImpatient) {
      options.lease_duration = seconds(5);
      options.renew_deadline = seconds(10);
    }
    process.election = std::make_unique<LeaseElection>(options, Dice(dice_.next()));
    processes_.push_back(std::move(process));
    step(processes_.size() - 1, LeaseStart{});
  }

  [[nodiscard]] Now local(const Process& process) const {
    const auto us = static_cast<int64_t>(static_cast<double>(now_us_) * process.rate);
    return {.monotonic = TimePoint(Duration(us + process.offset_us)),
            .wall = WallMillis{(us + process.offset_us * 7) / 1000}};
  }

  /// 100 ms of true time.
  void tick(bool may_fail) {
    now_us_ += 100'000;
    for (size_t i = 0; i < messages_.size();) {
      if (messages_[i].due_us > now_us_) {
        ++i;
        continue;
      }
      Message message = std::move(messages_[i]);
      messages_.erase(messages_.begin() + static_cast<long>(i));
      arrive(std::move(message), may_fail);
    }
    for (size_t i = 0; i < processes_.size(); ++i) {
      Process& process = processes_[i];
      if (process.is_over || process.paused_until > now_us_) {
        continue;
      }
      const auto next = process.election->next_deadline();
      const bool is_deaf = bug_ == LeaseBug::kNeverRetries && i != 0;
      if (next && *next <= local(process).monotonic && !is_deaf) {
        step(i, LeaseDeadline{});
      }
      if (may_fail && dice_.next() % 400 == 0) {
        process.paused_until = now_us_ + static_cast<int64_t>(dice_.next() % 30'000'000);
      }
      if (may_fail && dice_.next() % 900 == 0) {
        step(i, LeaseStop{});
      }
    }
    replace_ended();
    if (leaders() > 1) {
      run_.violation = "two may write";
    }
  }

  void replace_ended() {
    size_t alive = 0;
    for (const Process& each : processes_) {
      alive += each.is_over ? 0 : 1;
    }
    if (alive < 3) {
      start_process();
    }
  }

  /// Those whose gate is open right now, by their own clocks, paused or not: a pause may end in the
  /// middle of a write.
  [[nodiscard]] size_t leaders() const {
    size_t count = 0;
    for (const Process& each : processes_) {
      const bool is_open = each.writes && (local(each).monotonic < each.writes_until ||
                                           bug_ == LeaseBug::kLossIgnored);
      count += is_open ? 1 : 0;
    }
    return count;
  }

  void arrive(Message message, bool may_fail) {
    Process& process = processes_[message.process];
    if (message.is_answer) {
      if (process.paused_until > now_us_) {
        message.due_us = process.paused_until;
        messages_.push_back(std::move(message));
      } else if (!process.is_over) {
        step(message.process, std::move(message.event));
      }
      return;
    }
    LeaseEvent answer = serve(message.action);
    if (may_fail && dice_.next() % 12 == 0) {
      return;  // Done, and nobody hears of it.
    }
    messages_.push_back({.process = message.process,
                         .due_us = now_us_ + delay(may_fail),
                         .is_answer = true,
                         .event = std::move(answer)});
  }

  int64_t delay(bool may_fail) {
    return may_fail && dice_.next() % 10 == 0 ? static_cast<int64_t>(dice_.next() % 8'000'000)
                                              : static_cast<int64_t>(dice_.next() % 200'000);
  }

  LeaseEvent serve(const LeaseAction& action) {
    if (const auto* read = std::get_if<ReadLease>(&action)) {
      if (object_.is_null()) {
        return LeaseRead{.request = read->request,
                         .result = ApiError{.kind = ApiErrorKind::kNotFound}};
      }
      return LeaseRead{.request = read->request, .result = object_};
    }
    const auto& write = std::get<WriteLease>(action);
    if (write.is_create && !object_.is_null()) {
      return LeaseWritten{.request = write.request,
                          .result = ApiError{.kind = ApiErrorKind::kAlreadyExists}};
    }
    const bool is_outdated =
        !write.is_create && resource_version_of(write.object) != resource_version_of(object_);
    if (is_outdated && bug_ != LeaseBug::kNoPreconditions) {
      return LeaseWritten{.request = write.request,
                          .result = ApiError{.kind = ApiErrorKind::kConflict}};
    }
    object_ = write.object;
    object_["metadata"]["resourceVersion"] = std::to_string(++version_);
    return LeaseWritten{.request = write.request, .result = object_};
  }

  void step(size_t index, LeaseEvent event) {
    LeaseActions actions;
    processes_[index].election->step(std::move(event), local(processes_[index]), actions);
    for (LeaseAction& action : actions) {
      perform(index, action);
    }
  }

  void perform(size_t index, LeaseAction& action) {
    Process& process = processes_[index];
    const auto send = [&](LeaseAction to_send) {
      messages_.push_back({.process = index,
                           .due_us = now_us_ + delay(!is_healed_ && dice_.next() % 3 == 0),
                           .is_answer = false,
                           .action = std::move(to_send)});
    };
    std::visit(Overloaded{[&](const ReadLease& each) { send(each); },
                          [&](const WriteLease& each) {
                            // What writes has stopped before the lease is let go.
                            if (text_at(each.object, {"spec", "holderIdentity"}).empty()) {
                              process.writes = false;
                            }
                            send(each);
                          },
                          [&](const CancelLeaseRequest&) {},
                          [&](const LeaderStarted& each) {
                            ++run_.terms;
                            process.writes = true;
                            process.writes_until = until(process, each.until);
                          },
                          [&](const LeaderRenewed& each) {
                            process.writes_until = until(process, each.until);
                          },
                          [&](const LeaderLost&) {
                            process.is_over = true;
                            process.writes = bug_ == LeaseBug::kLossIgnored;
                          },
                          [&](const LeaderSeen&) {},
                          [&](const LeaseReleased&) {
                            process.is_over = true;
                            process.writes = false;
                          }},
               action);
  }

  [[nodiscard]] TimePoint until(const Process& process, TimePoint given) const {
    return bug_ == LeaseBug::kCountsTheWholeLease ? local(process).monotonic + seconds(15) : given;
  }

  Dice dice_;
  const LeaseBug bug_;
  LeaseRun run_;
  int64_t now_us_ = 0;
  bool is_healed_ = false;
  std::vector<Process> processes_;
  std::deque<Message> messages_;
  nlohmann::json object_;
  int64_t version_ = 0;
};

LeaseRun run_lease(uint64_t seed, LeaseBug bug = LeaseBug::kNone) {
  return Ensemble(seed, bug).run();
}

TEST(LeaseRandom, AtMostOneWritesAndSomebodyLeads) {
  size_t terms = 0;
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    const LeaseRun run = run_lease(seed);
    ASSERT_EQ(run.violation, "") << "seed " << seed;
    terms += run.terms;
  }
  EXPECT_GT(terms, 500U * 3);
}

class LeaseBugs : public ::testing::TestWithParam<LeaseBug> {};

TEST_P(LeaseBugs, IsFound) {
  quorate::testing::expect_found(100, [](uint64_t seed) { return run_lease(seed, GetParam()); });
}

INSTANTIATE_TEST_SUITE_P(All, LeaseBugs,
                         ::testing::ValuesIn(quorate::testing::all_bugs<LeaseBug>()));

}  // namespace
}  // namespace quorate::kube
