// Years of certificates in a moment: decisions by a virtual date, carried out with real keys.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>

#include "operator/certificates/bundle.h"
#include "operator/certificates/lifecycle.h"
#include "tests/server/script.h"

namespace quorate::certificates {
namespace {

using nlohmann::json;

constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kDayMs = 24 * 60 * kMinuteMs;
constexpr WallMillis kStart{1'800'000'000'000};

/// A cluster's Secrets, and members that know of them only after a while.
///
///     members NAME...      who is to have a certificate
///     pass                 decides and carries out; prints what was done
///     after N minutes|days
///     until DAYS HOURS     a pass every so many hours until then; prints those that did something
///     lose authority|members    a Secret is deleted
///     spoil MEMBER         its key is another one's
///     show                 what is held
class World {
 public:
  std::string run(const std::string& input) {
    std::istringstream lines(input);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string command;
      std::string first;
      words >> command >> first;
      if (command == "members") {
        members_.clear();
        for (std::string name = first; !name.empty(); name.clear(), words >> name) {
          members_[name] = {name + ".zoo-members.d.svc", "localhost"};
        }
      } else if (command == "rename") {
        members_[first].push_back("z.example");
      } else if (command == "pass") {
        pass(true);
      } else if (command == "after") {
        std::string unit;
        words >> unit;
        now_.value += std::stoll(first) * (unit == "days" ? kDayMs : kMinuteMs);
      } else if (command == "until") {
        int64_t hours = 1;
        words >> hours;
        for (const int64_t end = kStart.value + std::stoll(first) * kDayMs; now_.value < end;
             now_.value += hours * 60 * kMinuteMs) {
          pass(false);
        }
      } else {
        disturb(command, first);
      }
    }
    return output_;
  }

 private:
  void disturb(const std::string& command, const std::string& first) {
    if (command == "lose") {
      (first == "authority" ? authority_ : leaves_) = nullptr;
    } else if (command == "spoil") {
      leaves_["data"][first + ".key"] = leaves_["data"]["b.key"];
    } else if (command == "show") {
      show();
    }
  }

  /// Authorities are A, B, ... in the order in which they came.
  std::string letter(const std::string& id) {
    if (id.empty()) {
      return "new";
    }
    const auto [found, is_new] = letters_.emplace(id, std::string(1, next_));
    next_ = static_cast<char>(next_ + (is_new ? 1 : 0));
    return found->second;
  }

  std::string date() const {
    const int64_t minutes = (now_.value - kStart.value) / kMinuteMs;
    return "day " + std::to_string(minutes / 1440) + " " + std::to_string(minutes % 1440 / 60) +
           ":" + std::to_string(minutes % 60);
  }

  void pass(bool is_loud) {
    const Bundle before = read_secrets(authority_, leaves_);
    const Held held = held_of(before);
    for (const Authority& each : held.authorities) {
      letter(each.id);
    }
    const Decision decision = decide(held, members_, terms_, now_);
    const auto after = carry_out(decision, before, members_, terms_, "d/zoo", now_);
    ASSERT_TRUE(after) << after.error().message;
    authority_ = {{"data", authority_data(*after)}};
    leaves_ = {{"data", members_data(*after)}};
    check_trust(*after);
    if (decision.is_empty() && !is_loud) {
      return;
    }
    output_ += date() + ":";
    output_ += decision.makes_authority ? " new authority;" : "";
    if (!decision.issued.empty()) {
      output_ += " " + letter(decision.signer) + " signs";
      for (const std::string& each : decision.issued) {
        output_ += " " + each;
      }
      output_ += ";";
    }
    for (const std::string& each : decision.removed) {
      output_ += " remove " + each + ";";
    }
    for (const std::string& each : decision.dropped) {
      output_ += " drop " + letter(each) + ";";
    }
    output_ += decision.is_empty() ? " nothing\n" : "\n";
  }

  /// What members show and trust now and what they showed and trusted `spread` ago are all on the
  /// way at the same time: any of the one must trust any of the other.
  void check_trust(const Bundle& bundle) {
    std::set<std::string> trusted;
    std::set<std::string> shown;
    const Held held = held_of(bundle);
    for (const Authority& each : held.authorities) {
      trusted.insert(each.id);
    }
    for (const auto& [member, leaf] : held.leaves) {
      shown.insert(leaf.authority);
    }
    std::erase_if(history_,
                  [&](const auto& each) { return now_.value - each.first >= terms_.spread_ms; });
    history_[now_.value] = {trusted, shown};
    for (const auto& [time, then] : history_) {
      for (const std::string& each : shown) {
        EXPECT_TRUE(then.first.contains(each)) << date() << ": not yet trusted everywhere";
      }
      for (const std::string& each : then.second) {
        EXPECT_TRUE(trusted.contains(each)) << date() << ": trusted no longer, yet shown";
      }
    }
  }

  void show() {
    const Held held = held_of(read_secrets(authority_, leaves_));
    const Health health = health_of(held, members_, terms_, now_);
    output_ += "authorities";
    for (const Authority& each : held.authorities) {
      output_ += " " + letter(each.id) + (each.has_key ? "" : " (no key)");
    }
    output_ += "\n";
    for (const auto& [member, leaf] : held.leaves) {
      output_ += member + " by " + letter(leaf.authority) + " for";
      for (const std::string& each : leaf.hosts) {
        output_ += " " + each;
      }
      output_ += ", " + std::to_string((leaf.expires.value - now_.value) / kDayMs) + " days\n";
    }
    output_ += std::string(health.is_valid ? "True " : "False ") + health.reason + ": " +
               health.message + "\n";
  }

  WallMillis now_ = kStart;
  Terms terms_;
  Hosts members_;
  json authority_;
  json leaves_;
  std::map<std::string, std::string> letters_;
  std::map<int64_t, std::pair<std::set<std::string>, std::set<std::string>>> history_;
  char next_ = 'A';
  std::string output_;
};

TEST(Certificates, Lifecycle) {
  ::quorate::testing::run_script("tests/operator/certificates/testdata/lifecycle.txt",
                                 [](const std::string& input) { return World().run(input); });
}

TEST(Certificates, WhatIsNoCertificateIsNone) {
  EXPECT_FALSE(read_certificate(""));
  EXPECT_FALSE(read_certificate("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  EXPECT_FALSE(is_pair({.certificate_pem = "x", .key_pem = Secret("y")}));
  const Bundle bundle = read_secrets({{"data", {{"ca.crt", "%%%"}}}}, {{"data", 7}});
  EXPECT_FALSE(bundle.newest);
  EXPECT_TRUE(bundle.leaves.empty());
}

}  // namespace
}  // namespace quorate::certificates
