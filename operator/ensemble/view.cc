// Judging members one by one, then the leader, then who is synced with it.
#include "operator/ensemble/view.h"

#include <algorithm>
#include <utility>

namespace quorate::ensemble {

namespace {

void note(MemberView& member, std::string problem, std::string detail) {
  member.problem = std::move(problem);
  member.detail = std::move(detail);
}

/// Identity first: what a member with a wrong id or a foreign disk says counts for nothing.
MemberView judge(const Expected& expected, const std::string& ensemble_id, MemberReport report) {
  MemberView member;
  const std::string& who = expected.name;
  if (report.role == Role::kUnreachable) {
    note(member, "Unreachable", "member " + who + " does not answer: " + report.error);
  } else if (report.myid != expected.myid) {
    note(member, "WrongId",
         "member " + who + " says that it is " + std::to_string(report.myid) +
             ", its recorded id is " + std::to_string(expected.myid));
  } else if (!report.ensemble_id.empty() && report.ensemble_id != ensemble_id) {
    note(member, "ForeignDisk",
         "the disk of " + who + " belongs to ensemble " + report.ensemble_id + ", ours is " +
             ensemble_id);
  } else if (report.disk == Disk::kForeign) {
    note(member, "ForeignDisk", "the disk of " + who + " is foreign: " + report.disk_reason);
  } else {
    member.is_trusted = true;
    if (report.disk != Disk::kOk) {
      note(member, std::string(text_of(report.disk)),
           "the disk of " + who + ": " +
               (report.disk_reason.empty() ? std::string(text_of(report.disk))
                                           : report.disk_reason));
    }
  }
  member.report = std::move(report);
  return member;
}

bool follows(const MemberView& member, const MemberReport& leader) {
  return member.is_trusted && member.report.epoch == leader.epoch &&
         (member.report.role == Role::kFollower || member.report.role == Role::kObserver) &&
         member.report.leader.value_or(leader.myid) == leader.myid;
}

class Builder {
 public:
  explicit Builder(View view) : view_(std::move(view)) {}

  View build() {
    find_leader();
    take_config();
    mark_config();
    mark_synced();
    return std::move(view_);
  }

 private:
  /// Voters of the leader's own configuration that follow it, itself included.
  [[nodiscard]] int supporters(const std::string& name, const MemberReport& leader) const {
    int count = 0;
    for (const ServerLine& server : leader.config) {
      const auto member = view_.members.find(server.name);
      if (server.is_voter && member != view_.members.end() &&
          member->second.report.myid == server.myid &&
          (member->first == name || follows(member->second, leader))) {
        ++count;
      }
    }
    return count;
  }

  [[nodiscard]] static int voters_of(const std::vector<ServerLine>& config) {
    return static_cast<int>(std::ranges::count_if(config, &ServerLine::is_voter));
  }

  void find_leader() {
    for (const auto& [name, member] : view_.members) {
      if (!member.is_trusted || member.report.role != Role::kLeader) {
        continue;
      }
      const int voters = voters_of(member.report.config);
      const int behind = supporters(name, member.report);
      if (voters == 0 || behind < voters / 2 + 1) {
        view_.contradictions.push_back(
            name + " claims to lead epoch " + std::to_string(member.report.epoch) + " with " +
            std::to_string(behind) + " of " + std::to_string(voters) + " voters");
      } else if (view_.leader && view_.epoch >= member.report.epoch) {
        view_.contradictions.push_back(name + " claims to lead epoch " +
                                       std::to_string(member.report.epoch) + " beside " +
                                       *view_.leader);
      } else {
        if (view_.leader) {
          view_.contradictions.push_back(*view_.leader + " claims to lead epoch " +
                                         std::to_string(view_.epoch) + " beside " + name);
        }
        view_.leader = name;
        view_.epoch = member.report.epoch;
      }
    }
  }

  void take_config() {
    if (view_.leader) {
      const MemberReport& leader = view_.members.at(*view_.leader).report;
      view_.config = leader.config;
      view_.config_version = leader.config_version;
      return;
    }
    for (const auto& [name, member] : view_.members) {
      if (member.is_trusted && !member.report.config.empty() &&
          (view_.config.empty() || member.report.config_version > view_.config_version)) {
        view_.config = member.report.config;
        view_.config_version = member.report.config_version;
      }
    }
  }

  void mark_config() {
    for (const ServerLine& server : view_.config) {
      const auto member = view_.members.find(server.name);
      if (member == view_.members.end()) {
        view_.contradictions.push_back("server." + std::to_string(server.myid) + " (" +
                                       server.name + ") of the configuration is no member of ours");
        continue;
      }
      member->second.is_in_config = true;
      member->second.is_voter = server.is_voter;
      if (server.is_voter && member->second.is_trusted &&
          member->second.report.config_version == view_.config_version) {
        ++view_.voters_with_config;
      }
    }
  }

  [[nodiscard]] static int64_t lag_of(const MemberReport& leader, const MemberReport& member) {
    const auto known = std::ranges::find(leader.learners, member.myid, &LearnerReport::myid);
    // Observers acknowledge nothing; what they have applied tells how far they are.
    if (known != leader.learners.end() && member.role != Role::kObserver) {
      // Beyond 2^32 it was taken across epochs: nothing of this one is acknowledged yet.
      return known->lag >> 32 == 0 ? known->lag : static_cast<int64_t>(leader.zxid & 0xffffffff);
    }
    if (leader.zxid >> 32 != member.zxid >> 32) {
      // It has applied nothing of this epoch yet; what it lacks of older ones is not known.
      return leader.zxid > member.zxid ? static_cast<int64_t>(leader.zxid & 0xffffffff) : 0;
    }
    // A member that was asked later may even be ahead.
    return leader.zxid > member.zxid ? static_cast<int64_t>(leader.zxid - member.zxid) : 0;
  }

  void mark_synced() {
    if (!view_.leader) {
      return;
    }
    const MemberReport leader = view_.members.at(*view_.leader).report;
    for (auto& [name, member] : view_.members) {
      if (name == *view_.leader) {
        member.is_synced = member.report.is_serving;
        continue;
      }
      if (!follows(member, leader)) {
        if (member.is_trusted && member.problem.empty()) {
          note(member, "NotFollowing",
               "member " + name + " is " + std::string(text_of(member.report.role)) + " in epoch " +
                   std::to_string(member.report.epoch) + ", the leader's is " +
                   std::to_string(leader.epoch));
        }
        continue;
      }
      member.lag = lag_of(leader, member.report);
      const auto known =
          std::ranges::find(leader.learners, member.report.myid, &LearnerReport::myid);
      if (known != leader.learners.end() && !known->is_synced) {
        note(member, "Syncing", "member " + name + " is still being synced by the leader");
      } else if (member.lag > kLagMax) {
        note(member, "Lagging",
             "member " + name + " lags " + std::to_string(member.lag) + " zxids");
      } else if (!member.report.is_serving) {
        note(member, "NotServing", "member " + name + " follows but does not serve yet");
      } else {
        member.is_synced =
            member.report.disk != Disk::kResyncing && member.report.disk != Disk::kDamaged;
      }
    }
  }

  View view_;
};

}  // namespace

int View::voters() const {
  return static_cast<int>(std::ranges::count_if(config, &ServerLine::is_voter));
}

int View::synced_voters() const {
  return static_cast<int>(std::ranges::count_if(
      members, [](const auto& each) { return each.second.is_voter && each.second.is_synced; }));
}

const MemberView* View::find(const std::string& name) const {
  const auto found = members.find(name);
  return found == members.end() ? nullptr : &found->second;
}

const ServerLine* View::server(const std::string& name) const {
  const auto found = std::ranges::find(config, name, &ServerLine::name);
  return found == config.end() ? nullptr : &*found;
}

View view_of(std::span<const Expected> expected, const std::string& ensemble_id,
             const std::map<std::string, MemberReport>& reports) {
  View view;
  for (const Expected& each : expected) {
    const auto report = reports.find(each.name);
    view.members.emplace(
        each.name, judge(each, ensemble_id,
                         report == reports.end() ? unreachable("not asked") : report->second));
  }
  return Builder(std::move(view)).build();
}

}  // namespace quorate::ensemble
