// The seeded ensemble: what happens when, and the checks.
#include "tests/server/zab/ensemble.h"

#include <algorithm>

#include "tests/server/zab/ensemble_world.h"
#include "tests/server/zab/zab_text.h"

namespace quorate::zab::testing {

const char* name_of(PlantedBug bug) {
  constexpr const char* kNames[] = {
      "None",           "AckBeforeSync",     "OwnLogCountedEarly", "EpochsNotDurable",
      "TruncationLost", "SnapshotNotStored", "WorstLogLeads",      "SmallQuorum",
      "WipedDiskVotes"};
  return kNames[static_cast<size_t>(bug)];
}

World::World(uint64_t seed, PlantedBug bug) : random_(seed), bug_(bug) {
  members_.resize(pick(2) == 0 ? 3 : 5);
  for (size_t index = 0; index < members_.size(); ++index) {
    members_[index].id = ServerId{static_cast<int64_t>(index) + 1};
    look(members_[index]);
  }
}

quorum::Configuration World::configuration() const {
  std::string voters;
  const size_t count = bug_ == PlantedBug::kSmallQuorum ? members_.size() / 2 + 1 : members_.size();
  for (size_t index = 0; index < count; ++index) {
    voters += (index > 0 ? "," : "") + std::to_string(index + 1);
  }
  return configuration_of(voters, ConfigVersion{1});
}

void World::note(const Member& member, const std::string& what) {
  result_.trace += std::to_string(member.id.value) + " " + what + "\n";
}

void World::violation(const Member& member, const std::string& what) {
  result_.violations.push_back("member " + std::to_string(member.id.value) + " " + what);
  note(member, "VIOLATION " + what);
}

// ---- Checks -------------------------------------------------------------------------------------

void World::apply(Member& member, Zxid zxid) {
  const Zxid from = member.applied.empty() ? Zxid{0} : member.applied.back();
  for (size_t at = member.history->index_after(from); at < member.history->size(); ++at) {
    const Zxid next = (*member.history)[at].zxid;
    if (next > zxid) {
      break;
    }
    member.applied.push_back(next);
  }
  if (member.leader) {
    const size_t shared = std::min(member.applied.size(), committed_.size());
    if (!std::equal(committed_.begin(), committed_.begin() + static_cast<ptrdiff_t>(shared),
                    member.applied.begin())) {
      violation(member, "commits something else than was committed");
    }
    for (size_t at = shared; at < member.applied.size(); ++at) {
      committed_.push_back(member.applied[at]);
    }
  }
  member.history->trim();
}

void World::check_leader(const Member& member, Epoch epoch) {
  ++result_.reigns;
  const auto [leader, is_first] = leaders_.try_emplace(epoch, member.id);
  if (!is_first) {
    violation(member, "leads epoch " + std::to_string(epoch.value) + " as another did");
  }
  if (member.applied.size() < committed_.size()) {
    violation(member, "leads without all that was committed");
  }
}

void World::check_applied(const Member& member) {
  const bool is_prefix =
      member.applied.size() <= committed_.size() &&
      std::equal(member.applied.begin(), member.applied.end(), committed_.begin());
  if (member.is_serving && !is_prefix) {
    violation(member, "serves what was not committed");
  }
}

// ---- What happens when --------------------------------------------------------------------------

void World::random_step() {
  size_t index = pick(members_.size());
  for (size_t each = 0; each < members_.size(); ++each) {
    if (members_[each].is_serving && members_[each].leader && pick(4) == 0) {
      index = each;
    }
  }
  Member& member = members_[index];
  const size_t dice = pick(600);
  if (dice == 0) {
    crash(member);
  } else if (dice <= 6) {
    if (!member.is_running) {
      member.is_running = true;
      look(member);
    }
  } else if (dice <= 8) {
    std::vector<size_t> among;
    for (size_t each = 0; each < members_.size(); ++each) {
      if (members_[each].is_running && (pick(3) != 0 || each == index)) {
        among.push_back(each);
      }
    }
    elect(among);
  } else if (dice == 9) {
    // At most one disk at a time is lost, as one is what an ensemble of three can bear.
    const bool all_fit = std::ranges::all_of(
        members_, [](const Member& m) { return m.disk.is_fit && m.is_running; });
    if (all_fit && pick(3) == 0) {
      crash(member);
      member.disk = Disk{.is_fit = bug_ == PlantedBug::kWipedDiskVotes};
      note(member, "lost its disk");
    }
  } else if (dice == 10 && !links_.empty()) {
    auto link = links_.begin();
    std::advance(link, static_cast<ptrdiff_t>(pick(links_.size())));
    const Link gone = link->second;
    links_.erase(link);
    step(gone.leader, LinkClosed{gone.id});
    step(gone.learner, LeaderLost{});
  } else if (dice < 90) {
    propose(member);
  } else if (dice < 220) {
    complete_work(index);
  } else if (!links_.empty()) {
    auto link = links_.begin();
    std::advance(link, static_cast<ptrdiff_t>(pick(links_.size())));
    deliver(link->second, pick(2) == 0);
  }
}

/// Everything that is under way happens. False if nothing was.
bool World::settle_once() {
  bool has_happened = false;
  for (size_t index = 0; index < members_.size(); ++index) {
    if (!members_[index].work.empty()) {
      complete_work(index);
      has_happened = true;
    }
  }
  std::vector<LinkId> links;
  for (const auto& [id, link] : links_) {
    links.push_back(link.id);
  }
  for (const LinkId id : links) {
    for (const bool to_learner : {true, false}) {
      Link* const link = find_link(id);
      if (link != nullptr && !(to_learner ? link->to_learner : link->to_leader).empty()) {
        deliver(*link, to_learner);
        has_happened = true;
      }
    }
  }
  return has_happened;
}

void World::converge() {
  constexpr int kElectionsMax = 30;
  for (int count = 0; count < kElectionsMax && !result_.has_converged; ++count) {
    std::vector<size_t> all;
    for (size_t index = 0; index < members_.size(); ++index) {
      if (!members_[index].is_running) {
        members_[index].is_running = true;
        look(members_[index]);
      }
      all.push_back(index);
    }
    elect(all);
    while (settle_once()) {
    }
    for (Member& member : members_) {
      propose(member);
    }
    while (settle_once()) {
    }
    result_.has_converged = std::ranges::all_of(members_, [&](const Member& member) {
      return member.is_serving && member.disk.is_fit && member.applied == committed_;
    });
  }
}

RunResult World::run() {
  constexpr int kSteps = 10000;
  for (int count = 0; count < kSteps; ++count) {
    random_step();
    if (!result_.violations.empty()) {
      return result_;
    }
  }
  note(members_.front(), "from now on everything works");
  converge();
  result_.committed = committed_.size();
  return result_;
}

RunResult run_ensemble(uint64_t seed, PlantedBug bug) { return World(seed, bug).run(); }

}  // namespace quorate::zab::testing
