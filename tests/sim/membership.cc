// Configurations and what they promise.
#include "tests/sim/membership.h"

#include <algorithm>
#include <utility>

namespace quorate::sim {
namespace {

/// For so long somebody may not know yet that a configuration is replaced.
constexpr Duration kForgotten = std::chrono::seconds(20);

}  // namespace

Members members_of(const quorum::Configuration& configuration) {
  Members members;
  for (const auto& [id, spec] : configuration.servers) {
    members.specs[id.value] = quorum::to_text(spec);
  }
  members.version = configuration.version.value;
  return members;
}

// ---- Majorities -------------------------------------------------------------------------------

bool MembershipChecker::has_majority(const Members& members, Zxid zxid) const {
  const auto logged = durable_.find(zxid);
  size_t voters = 0;
  size_t holders = 0;
  for (const auto& [id, spec] : members.specs) {
    const ServerId server{id};
    if (!members.is_voter(server)) {
      continue;
    }
    ++voters;
    const auto installed = installed_.find(server);
    const bool has_it = (logged != durable_.end() && logged->second.contains(server)) ||
                        (installed != installed_.end() && installed->second >= zxid);
    holders += has_it ? 1 : 0;
  }
  return holders > voters / 2;
}

void MembershipChecker::on_commit(const wire::TxnRecord& record, ServerId by) {
  const Zxid zxid = record.header.zxid;
  const Members before = now();
  history_.on_commit(record, by);
  if (!has_majority(before, zxid)) {
    context_.violate(name_of(by), "commits " + hex(zxid.value) +
                                      ", which no majority has durable, of " + before.text());
  }
  if (now().version != before.version) {
    ++count_;
    before_ = before;
    changed_at_ = context_.now();
    proposed_.erase(proposed_.begin(), proposed_.upper_bound(now().version));
    if (!has_majority(now(), zxid)) {
      context_.violate(name_of(by), "commits the reconfig " + hex(zxid.value) +
                                        ", which no majority has durable, of " + now().text());
    }
  }
  durable_.erase(durable_.begin(), durable_.upper_bound(zxid));
}

std::vector<Members> MembershipChecker::at_stake() const {
  std::vector<Members> all = {now()};
  if (context_.now() - changed_at_ < kForgotten && count_ > 0) {
    all.push_back(before_);
  }
  for (const auto& [at, members] : asked_) {
    if (context_.now() - at < kForgotten) {
      all.push_back(members);
    }
  }
  for (const auto& [version, members] : proposed_) {
    all.push_back(members);
  }
  return all;
}

// ---- What members store -----------------------------------------------------------------------

void MembershipChecker::check_text(ServerId member, const quorum::Configuration& configuration) {
  const std::string text = quorum::to_text(configuration);
  const auto [known, is_first] = texts_.try_emplace(configuration.version.value, text);
  if (!is_first && known->second != text && configuration.version.value != 0) {
    context_.violate(name_of(member), "has another configuration of version " +
                                          hex(configuration.version.value) + ": " + text);
  }
}

void MembershipChecker::started(ServerId member, const quorum::Configuration& holds) {
  const auto known = versions_.find(member);
  if (known != versions_.end() && holds.version < known->second) {
    context_.violate(name_of(member), "starts with configuration " + hex(holds.version.value) +
                                          " and has had " + hex(known->second.value));
  }
}

void MembershipChecker::stored(ServerId member, const quorum::Configuration& configuration,
                               bool holds) {
  check_text(member, configuration);
  if (!holds) {
    if (configuration.version.value > now().version &&
        Zxid{configuration.version.value}.counter()) {
      proposed_[configuration.version.value] = members_of(configuration);
    }
    return;
  }
  ConfigVersion& version = versions_[member];
  if (configuration.version < version) {
    context_.violate(name_of(member), "goes back from configuration " + hex(version.value) +
                                          " to " + hex(configuration.version.value));
  }
  version = configuration.version;
  unchecked_.push_back({member, configuration});
}

void MembershipChecker::check_stored(ServerId member) {
  for (const Stored& each : std::exchange(unchecked_, {})) {
    const Zxid made{each.configuration.version.value};
    if (made.counter() == 0) {
      continue;  // Of the first leader.
    }
    if (each.member != member && made > now_zxid()) {
      // That one crashed in the step in which it committed it: nobody has applied it yet.
      unchecked_.push_back(each);
      continue;
    }
    const Members& members = history_.model().members_at(made);
    if (members.version != made.value || members.text() != quorum::to_text(each.configuration)) {
      context_.violate(name_of(member), "takes for its configuration what is not committed: " +
                                            quorum::to_text(each.configuration));
    }
  }
}

namespace {

/// By the model's rule: Configuration::is_voter may be planted.
bool is_voter_of(const quorum::Configuration& configuration, ServerId server) {
  return members_of(configuration).is_voter(server);
}

}  // namespace

void MembershipChecker::votes(ServerId member, const quorum::Configuration& holds,
                              const quorum::Configuration& newest, const wire::Vote& vote,
                              bool is_looking) {
  const bool may_vote = is_voter_of(holds, member) || is_voter_of(newest, member);
  if (is_looking && vote != wire::kNoVote && !may_vote) {
    context_.violate(name_of(member), "votes and is no voter");
  }
}

void MembershipChecker::leads(ServerId member, const quorum::Configuration& holds) {
  if (!is_voter_of(holds, member)) {
    context_.violate(name_of(member), "leads and is no voter");
  }
}

}  // namespace quorate::sim
