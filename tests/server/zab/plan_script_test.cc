// The sync plan as scripts; and histories that every plan must be right for.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "server/zab/sync_plan.h"
#include "tests/server/script.h"
#include "tests/server/zab/zab_text.h"

namespace quorate::zab::testing {
namespace {

constexpr const char* kMethods[] = {"DIFF", "TRUNC", "SNAP"};

/// The leader of the script, and what its log on disk has.
struct Case {
  std::optional<History> history;
  std::vector<Zxid> log;
  Zxid last_processed;
  SyncOptions options;
};

LogProbe probe_of(const std::vector<Zxid>& log, Zxid learner, Zxid until) {
  LogProbe probe{.floor = std::nullopt, .next = std::nullopt, .is_contiguous = true, .bytes = 0};
  Zxid last;
  for (const Zxid zxid : log) {
    if (zxid <= learner) {
      probe.floor = zxid;
    } else if (!probe.next) {
      probe.next = zxid;
    }
    const bool is_used = zxid > learner && zxid <= until;
    if (is_used && last != Zxid{0} && !is_continuous(last, zxid)) {
      probe.is_contiguous = false;
    }
    probe.bytes += is_used ? 100 : 0;
    last = zxid;
  }
  probe.is_contiguous = probe.is_contiguous && last >= until;
  return probe;
}

std::string plan_text(const Case& c, Zxid learner) {
  auto plan = plan_sync(learner, c.last_processed, *c.history, c.options);
  std::string text;
  if (const auto* wanted = std::get_if<LogProbeWanted>(&plan)) {
    text += "asks the log until " + text_of(wanted->until) + ", ";
    const LogProbe probe = probe_of(c.log, learner, wanted->until);
    plan = plan_sync(learner, c.last_processed, *c.history, c.options, probe);
  }
  const auto& result = std::get<SyncPlan>(plan);
  text += std::string(kMethods[static_cast<size_t>(result.method)]) + " " + text_of(result.zxid) +
          ", then behind " + text_of(result.after);
  return text + (result.from_log ? " from the log\n" : "\n");
}

std::string run_plan_script(const std::string& input) {
  Case c;
  std::string output;
  for_each_command(input, [&](const std::string& name, Words& words, const std::string& line) {
    if (name == "memory") {
      c.history.emplace(zxid_of(words.front()), 1000, 1 << 20);
      words.erase(words.begin());
      fill(*c.history, words);
      c.history->commit(c.history->last());
      c.last_processed = c.history->last();
    } else if (name == "pending") {
      fill(*c.history, words);
    } else if (name == "leads") {
      c.last_processed = zxid_of(words.front());
    } else if (name == "log") {
      History log(zxid_of(words.front()), 1000, 1 << 20);
      for (const std::string& word : words) {
        const size_t dash = word.find('-');
        const Zxid last =
            dash == std::string::npos ? zxid_of(word) : zxid_of(word.substr(dash + 1));
        for (Zxid zxid = zxid_of(word.substr(0, dash)); zxid <= last; zxid = zxid.next()) {
          c.log.push_back(zxid);
        }
      }
      c.options.log_bytes_max = 1000;
    } else if (name == "quorate") {
      c.options.cuts_across_epochs = true;
    } else if (name == "force") {
      c.options.force_snapshot = true;
    } else {
      for (Words learners = words_of(line); const std::string& learner : learners) {
        output += learner + ": " + plan_text(c, zxid_of(learner));
      }
    }
  });
  return output;
}

TEST(SyncPlan, Scripts) {
  quorate::testing::run_script("tests/server/zab/testdata/plan.txt", run_plan_script);
}

/// Two histories as ZAB leaves them: a common beginning; then the leader may have more, of a later
/// epoch, and the learner either lacks some of it or has what an old leader proposed to it alone.
struct Histories {
  std::vector<Zxid> leader = {Zxid{0}};
  std::vector<Zxid> learner;
};

Histories random_histories(std::mt19937_64& random) {
  Histories both;
  const auto grow = [&](std::vector<Zxid>& history, int64_t epoch, uint64_t count) {
    const uint32_t first = history.back().epoch() == epoch ? history.back().counter() + 1 : 1;
    for (uint64_t index = 0; index < count; ++index) {
      history.push_back(Zxid{(epoch << 32) | static_cast<int64_t>(first + index)});
    }
  };
  grow(both.leader, 1, random() % 4);
  grow(both.leader, 2, random() % 4);
  both.learner = both.leader;
  switch (random() % 4) {
    case 0:
      both.learner.resize(1 + random() % both.learner.size());
      break;
    case 1:
      grow(both.learner, 2, random() % 3);
      break;
    case 2:
      grow(both.learner, 3, random() % 3);
      break;
    default:
      break;
  }
  grow(both.leader, 4, random() % 4);
  return both;
}

TEST(SyncPlan, LearnerEndsWithTheLeadersHistory) {
  std::mt19937_64 random(1);
  size_t counts[3] = {};
  for (int round = 0; round < 20000; ++round) {
    auto [leader, learner] = random_histories(random);
    History history(leader.front(), 1 + random() % 8, 1 << 20);
    for (size_t index = 1; index < leader.size(); ++index) {
      history.append(leader[index], "x");
      history.commit(leader[index]);
      history.trim();
    }
    const SyncOptions options{.log_bytes_max = 1 << 20, .cuts_across_epochs = random() % 2 == 0};
    auto plan = plan_sync(learner.back(), leader.back(), history, options);
    if (const auto* wanted = std::get_if<LogProbeWanted>(&plan)) {
      plan = plan_sync(learner.back(), leader.back(), history, options,
                       probe_of(leader, learner.back(), wanted->until));
    }
    const auto& result = std::get<SyncPlan>(plan);
    ++counts[static_cast<size_t>(result.method)];
    if (result.method == SyncMethod::kSnap) {
      continue;
    }
    if (result.method == SyncMethod::kTrunc) {
      if (std::ranges::find(learner, result.zxid) == learner.end()) {
        continue;  // The learner notices: see its own script.
      }
      std::erase_if(learner, [&](Zxid zxid) { return zxid > result.zxid; });
    }
    for (const Zxid zxid : leader) {
      if (zxid > result.after) {
        learner.push_back(zxid);
      }
    }
    ASSERT_EQ(learner, leader) << "round " << round;
  }
  EXPECT_GT(counts[0], 1000U);
  EXPECT_GT(counts[1], 100U);
  EXPECT_GT(counts[2], 100U);
}

}  // namespace
}  // namespace quorate::zab::testing
