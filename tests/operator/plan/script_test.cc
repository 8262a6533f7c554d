// The planner in words: what a person and the world do, and what the planner does about it.
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "operator/api/conditions.h"
#include "server/base/text.h"
#include "tests/operator/plan/world.h"
#include "tests/server/script.h"

namespace quorate::plan::testing {
namespace {

using nlohmann::json;

/// Commands, one a line:
///
///     spec JSON            merges into the spec
///     settle [N]           passes until nothing is to be done, N seconds at most; prints actions
///     run N                N seconds, printing
///     pass                 one pass, printing its plan in full
///     tick N               N seconds without the operator
///     kill POD | cut POD | heal POD | stick POD REASON [WORDS] | unstick POD
///     keep POD | release POD: from evictions
///     lead POD NONCE: that member is to lead
///     recover POD now|ID: it is to go on alone, and the ensemble of now, or of ID, is given up
///     volume POD lost|gone|foreign|other|terminating
///     show status|conditions|config|volumes|servers
class Script {
 public:
  std::string run(const std::string& input) {
    std::istringstream lines(input);
    std::string line;
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string command;
      words >> command;
      if (!command.empty()) {
        execute(command, words);
      }
    }
    for (const std::string& each : world_.violations) {
      output_ += "VIOLATION " + each + "\n";
    }
    return output_;
  }

 private:
  void execute(const std::string& command, std::istringstream& words) {
    std::string first;
    std::string second;
    if (command == "spec") {
      std::string text;
      std::getline(words, text);
      world_.spec.merge_patch(json::parse(text));
      return;
    }
    words >> first >> second;
    if (command == "settle") {
      go(first.empty() ? 400 : std::stoi(first), true);
    } else if (command == "run") {
      go(std::stoi(first), false);
    } else if (command == "pass") {
      print(world_.pass(), true);
      world_.tick();
    } else if (command == "tick") {
      for (int i = 0; i < std::stoi(first); ++i) {
        world_.tick();
      }
    } else if (command == "show") {
      show(first);
    } else {
      disturb(command, first, second, words);
    }
  }

  void disturb(const std::string& command, const std::string& first, const std::string& second,
               std::istringstream& words) {
    if (command == "kill") {
      world_.kill(first);
    } else if (command == "cut" || command == "heal") {
      world_.pods.at(first).is_cut_off = command == "cut";
    } else if (command == "keep" || command == "release") {
      world_.pods.at(first).is_kept = command == "keep";
    } else if (command == "stick") {
      std::string words_of_scheduler;
      std::getline(words >> std::ws, words_of_scheduler);
      world_.pods.at(first).pod.stuck = second;
      world_.pods.at(first).pod.stuck_detail = words_of_scheduler;
    } else if (command == "unstick") {
      world_.pods.at(first).pod.stuck.clear();
      world_.pods.at(first).pod.stuck_detail.clear();
    } else if (command == "volume") {
      change_volume(first, second);
    } else if (command == "restart") {
      world_.restarted_at = first;
    } else if (command == "lead") {
      world_.leader_asked = first + " " + second;
    } else if (command == "forget_wish") {
      world_.recovery_asked.clear();
    } else if (command == "recover") {
      world_.recovery_asked =
          first + " " + (second == "now" ? world_.status.ensemble_id() : second);
    } else if (command == "delete") {
      world_.is_deleted = true;
    } else if (command == "nodes") {
      world_.node_zones = split_list(first);
      if (first == "none") {
        world_.node_zones = {""};
      }
    } else if (command == "unschedulable") {
      world_.unschedulable_zones.insert(first);
    } else if (command == "taken") {
      world_.conflicts.push_back({.kind = first, .name = second, .owner = "QuorumCluster other"});
    } else if (command == "secret") {
      world_.secret_problems.clear();
      if (second != "ok") {
        world_.secret_problems.push_back({.secret = first, .problem = "does not exist"});
      }
    } else if (command == "forget") {
      forget_cluster();
    } else {
      output_ += "unknown command " + command + "\n";
    }
  }

  void change_volume(const std::string& pod, const std::string& what) {
    ToyClaim& claim = world_.claims.at("data-" + pod);
    if (what == "lost") {
      claim.claim.is_lost = true;
      claim.disk = {};
      world_.kill(pod);
    } else if (what == "gone") {
      world_.kill(pod);
      world_.claims.erase("data-" + pod);
    } else if (what == "terminating") {
      claim.claim.is_terminating = true;  // Somebody deleted it, and a Pod still uses it.
    } else if (what == "foreign") {
      claim.disk.ensemble_id = "00000000000000ff";
    } else if (what == "other") {
      claim.claim.ensemble_id = "00000000000000ff";
    }
  }

  /// The object was deleted and made anew; volumes stayed.
  void forget_cluster() {
    world_.status.Clear();
    world_.sets.clear();
    world_.pods.clear();
    world_.leader.reset();
    world_.is_gone = false;
    world_.is_deleted = false;
    world_.has_finalizer = false;
  }

  void go(int seconds, bool until_quiet) {
    if (until_quiet) {
      std::vector<Plan> plans;
      const bool is_quiet = world_.settle(seconds, &plans);
      for (const Plan& plan : plans) {
        print(plan, false);
      }
      output_ += is_quiet ? "settled\n" : "not settled\n";
      return;
    }
    for (int i = 0; i < seconds; ++i) {
      print(world_.pass(), false);
      world_.tick();
    }
  }

  void print(const Plan& plan, bool in_full) {
    for (const Action& action : plan.actions) {
      if (in_full || !std::holds_alternative<LabelPod>(action)) {
        output_ += text_of(action) + "\n";
      }
    }
    std::set<std::string> held;
    for (const api::PlanStep& step : plan.status.plan()) {
      const bool is_held = step.state() == "Blocked" || (in_full && step.state() != "Now");
      const std::string line =
          step.state() + " " + step.step() + members(step) +
          (step.reason().empty() ? "" : ": " + step.reason() + ": " + step.message());
      if (is_held && (in_full || !last_held_.contains(line))) {
        output_ += line + "\n";
      }
      held.insert(line);
    }
    last_held_ = std::move(held);
  }

  static std::string members(const api::PlanStep& step) {
    std::string text;
    for (const std::string& member : step.members()) {
      text += " " + member;
    }
    return text;
  }

  void show(const std::string& what) {
    if (what == "conditions") {
      for (const api::Condition& each : world_.status.conditions()) {
        output_ +=
            each.type() + "=" + each.status() + " " + each.reason() + ": " + each.message() + "\n";
      }
    } else if (what == "config") {
      for (const ensemble::ServerLine& server : world_.config) {
        output_ += std::to_string(server.myid) + " " + server.name +
                   (server.is_voter ? " voter" : " observer") + "\n";
      }
    } else if (what == "volumes") {
      for (const auto& [name, claim] : world_.claims) {
        output_ +=
            name + " " + claim.claim.size + (claim.claim.is_retired ? " retired" : "") + "\n";
      }
    } else if (what == "status") {
      output_ += "ensemble " + world_.status.ensemble_id() + ", " +
                 std::to_string(world_.status.voters()) + " voters, " +
                 std::to_string(world_.status.observers()) + " observers, " +
                 std::to_string(world_.status.ready()) + " ready, leader " +
                 world_.status.leader() + ", in flight " + world_.status.in_flight().kind() + "\n";
      for (const api::ZoneStatus& zone : world_.status.zones()) {
        output_ += "zone " + zone.name() + " " + std::to_string(zone.index()) + " on '" +
                   zone.node_zone() + "': " + std::to_string(zone.voters()) + " voters, " +
                   std::to_string(zone.observers()) + " observers\n";
      }
    } else if (what == "members") {
      for (const api::MemberStatus& member : world_.status.members()) {
        output_ += member.name() + " " + std::to_string(member.myid()) + " " + member.role() + " " +
                   member.state() + (member.reason().empty() ? "" : " " + member.reason()) + "\n";
      }
    }
  }

  World world_{1};
  std::string output_;
  std::set<std::string> last_held_;  ///< Of the pass before.
};

std::string run(const std::string& input) { return Script().run(input); }

TEST(Plan, Bootstrap) {
  ::quorate::testing::run_script("tests/operator/plan/testdata/bootstrap.txt", run);
}
TEST(Plan, Scale) { ::quorate::testing::run_script("tests/operator/plan/testdata/scale.txt", run); }
TEST(Plan, Handover) {
  ::quorate::testing::run_script("tests/operator/plan/testdata/handover.txt", run);
}
TEST(Plan, Recover) {
  ::quorate::testing::run_script("tests/operator/plan/testdata/recover.txt", run);
}
TEST(Plan, Roll) { ::quorate::testing::run_script("tests/operator/plan/testdata/roll.txt", run); }
TEST(Plan, Storage) {
  ::quorate::testing::run_script("tests/operator/plan/testdata/storage.txt", run);
}

}  // namespace
}  // namespace quorate::plan::testing
