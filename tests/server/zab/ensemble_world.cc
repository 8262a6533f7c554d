// The inside of the seeded ensemble: roles, disks, links.
#include "tests/server/zab/ensemble_world.h"

#include <algorithm>
#include <tuple>

#include "server/base/assert.h"
#include "server/wire/peer_extension.h"
#include "tests/server/zab/zab_text.h"

namespace quorate::zab::testing {

// ---- Roles --------------------------------------------------------------------------------------

/// The end of any role: the disk finishes what it has to do, and the state is what the log says.
void World::look(Member& member) {
  member.leader.reset();
  member.learner.reset();
  member.is_serving = false;
  while (!member.work.empty()) {
    do_work(member, member.work.front());
    member.work.pop_front();
  }
  member.applied = member.disk.txns;
  // The newest transactions are in memory; how many depends.
  const std::vector<Zxid>& txns = member.disk.txns;
  const bool is_snapshot_begin = txns.empty() || member.disk.last != txns.back();
  const size_t kept = is_snapshot_begin ? 0 : std::min(txns.size() - 1, pick(6));
  const Zxid base = kept == 0 ? member.disk.last : txns[txns.size() - kept - 1];
  member.history = std::make_unique<History>(base, 6, 1 << 20);
  for (size_t at = txns.size() - kept; at < txns.size(); ++at) {
    member.history->append(txns[at], make_txn(txns[at]));
  }
  member.history->commit(member.history->last());
}

void World::crash(Member& member) {
  if (!member.is_running) {
    return;
  }
  note(member, "crashes");
  member.is_running = false;
  member.is_serving = false;
  member.leader.reset();
  member.learner.reset();
  member.work.clear();
  close_links_of(static_cast<size_t>(&member - members_.data()));
}

/// The best of `members` leads, the others follow.
void World::elect(std::vector<size_t> members) {
  std::optional<size_t> best;
  size_t fit = 0;
  for (const size_t index : members) {
    close_links_of(index);
    look(members_[index]);
    const Disk& disk = members_[index].disk;
    if (!disk.is_fit) {
      continue;
    }
    ++fit;
    const auto rank = [&](size_t of) {
      return std::tuple(members_[of].disk.current, members_[of].disk.last, members_[of].id);
    };
    const bool is_better =
        !best || (bug_ == PlantedBug::kWorstLogLeads ? rank(index) < rank(*best)
                                                     : rank(index) > rank(*best));
    const bool is_voter = bug_ != PlantedBug::kSmallQuorum || index <= members_.size() / 2;
    if (is_better && is_voter) {
      best = index;
    }
  }
  const bool is_majority = fit * 2 > members_.size() || bug_ == PlantedBug::kSmallQuorum;
  if (!best || !is_majority) {
    return;
  }
  lead(*best);
  for (const size_t index : members) {
    if (index != *best) {
      follow(index, *best);
    }
  }
}

void World::lead(size_t index) {
  Member& member = members_[index];
  note(member, "is elected with " + text_of(member.disk.last));
  LeaderOptions options;
  options.self = member.id;
  options.sync.log_bytes_max = pick(2) == 0 ? 1 << 20 : -1;
  options.sync.force_snapshot = pick(2) == 0;
  options.link_bytes_max = 100 + pick(400);
  LeaderStart start{member.disk.accepted, member.disk.current, configuration(), configuration()};
  member.leader = std::make_unique<Leader>(options, start, *member.history, now_);
  LeaderActions actions;
  member.leader->begin(now_, actions);
  perform(index, actions);
}

void World::follow(size_t index, size_t leader) {
  Member& member = members_[index];
  LearnerOptions options;
  options.self = member.id;
  options.leader = members_[leader].id;
  options.is_observer = !member.disk.is_fit;
  if (pick(2) == 0) {
    wire::Writer writer(options.extension);
    write(writer, wire::PeerExtension{.ensemble_id = "e"});
  }
  member.learner = std::make_unique<Learner>(
      options, LearnerStart{member.disk.accepted, member.disk.current, ConfigVersion{1}},
      *member.history, now_);
  const LinkId id{next_link_++};
  links_[id.value] =
      Link{.id = id, .leader = leader, .learner = index, .to_learner = {}, .to_leader = {}};
  step(leader, LinkOpened{id});
  step(index, LeaderConnected{});
}

void World::propose(Member& member) {
  if (member.leader && member.leader->is_established()) {
    const Zxid zxid = member.leader->next_zxid();
    const size_t index = static_cast<size_t>(&member - members_.data());
    add_work(index, AppendWork{zxid});
    step(index, Proposed{zxid, make_txn(zxid), std::nullopt});
    if (member.leader) {
      for (const LearnerStatus& status : member.leader->learner_statuses()) {
        result_.full_links += status.is_synced && status.sent < zxid ? 1 : 0;
      }
    }
    if (bug_ == PlantedBug::kOwnLogCountedEarly && member.leader) {
      step(index, OwnLogSynced{zxid});
    }
  }
}

// ---- Machines -----------------------------------------------------------------------------------

void World::step(size_t index, const LeaderEvent& event) {
  if (members_[index].leader) {
    LeaderActions actions;
    members_[index].leader->step(event, now_, actions);
    perform(index, actions);
  }
}

void World::step(size_t index, const LearnerEvent& event) {
  if (members_[index].learner) {
    LearnerActions actions;
    members_[index].learner->step(event, now_, actions);
    perform(index, actions);
  }
}

void World::perform(size_t index, const LeaderActions& actions) {
  Member& member = members_[index];
  if (actions.save_epochs) {
    add_work(index, EpochsWork{actions.save_epochs->accepted, actions.save_epochs->current});
  }
  if (actions.established) {
    note(member, "established in epoch " + std::to_string(actions.established->value));
    member.is_serving = true;
  }
  if (actions.established) {
    check_leader(member, *actions.established);
  }
  if (actions.committed) {
    apply(member, *actions.committed);
    check_applied(member);
  }
  for (const LeaderActions::Send& each : actions.sends) {
    Link* const link = find_link(each.link);
    if (link == nullptr) {
      continue;
    }
    send(*link, std::string_view(actions.bytes).substr(each.begin, each.end - each.begin), true);
    if (each.snapshot_follows) {
      link->to_learner.push_back(
          {.is_snapshot = true, .zxid = each.snapshot_zxid, .txns = member.applied});
    }
  }
  for (const LeaderActions::Close& each : actions.closes) {
    note(member, std::string("closes a link: ") + zab::name_of(each.reason));
    close_link(each.link);
  }
  for (const LeaderActions::ProbeLog& each : actions.probes) {
    answer_probe(index, each);
  }
  for (const LeaderActions::ReadLog& each : actions.reads) {
    answer_read(index, each);
  }
  if (actions.stepped_down && members_[index].leader) {
    look(member);
  }
}

void World::answer_probe(size_t index, const LeaderActions::ProbeLog& probe) {
  LogProbe found{.floor = std::nullopt, .next = std::nullopt, .is_contiguous = true, .bytes = 10};
  for (const Zxid zxid : members_[index].disk.txns) {
    if (zxid <= probe.wanted.zxid) {
      found.floor = zxid;
    } else if (!found.next) {
      found.next = zxid;
    }
  }
  step(index, LogProbed{probe.link, found});
}

void World::answer_read(size_t index, const LeaderActions::ReadLog& read) {
  ++result_.log_reads;
  LogRead found{.link = read.link, .txns = {}};
  for (const Zxid zxid : members_[index].disk.txns) {
    if (zxid > read.after && zxid <= read.until && found.txns.size() < 2) {
      found.txns.push_back({zxid, make_txn(zxid)});
    }
  }
  step(index, found);
}

void World::perform(size_t index, const LearnerActions& actions) {
  Member& member = members_[index];
  Link* const link = link_of_learner(index);
  if (link != nullptr) {
    send(*link, actions.bytes, false);
  }
  result_.truncations += actions.truncate ? 1 : 0;
  result_.snapshots += actions.receive_snapshot ? 1 : 0;
  if (actions.truncate) {
    add_work(index, TruncateWork{*actions.truncate});
  }
  for (const Zxid zxid : actions.appends) {
    add_work(index, AppendWork{zxid});
    if (bug_ == PlantedBug::kAckBeforeSync) {
      step(index, LogSynced{zxid});
    }
  }
  if (actions.save_epochs) {
    add_work(index, EpochsWork{actions.save_epochs->accepted, actions.save_epochs->current});
  }
  if (!member.learner) {
    return;
  }
  if (actions.up_to_date) {
    note(member, "up to date in epoch " + std::to_string(actions.up_to_date->value));
    member.is_serving = true;
  }
  if (actions.committed) {
    apply(member, *actions.committed);
    check_applied(member);
  }
  if (actions.gave_up) {
    note(member, std::string("gives up: ") + zab::name_of(*actions.gave_up));
    if (link != nullptr) {
      const Link gone = *link;
      links_.erase(gone.id.value);
      step(gone.leader, LinkClosed{gone.id});
    }
    look(member);
    return;
  }
  if (actions.up_to_date && !member.disk.is_fit) {
    member.disk.is_fit = true;  // It joins as a voter the next time.
  }
}

// ---- Disks --------------------------------------------------------------------------------------

void World::add_work(size_t index, DiskWork work) {
  Member& member = members_[index];
  const bool is_reported_early =
      (bug_ == PlantedBug::kEpochsNotDurable && std::holds_alternative<EpochsWork>(work)) ||
      (bug_ == PlantedBug::kSnapshotNotStored && std::holds_alternative<SnapshotWork>(work));
  member.work.push_back(work);
  if (is_reported_early) {
    report_work(index, work);
  }
}

void World::complete_work(size_t index) {
  Member& member = members_[index];
  if (!member.is_running || member.work.empty()) {
    return;
  }
  // Log and snapshots keep their order; the epoch files are written beside them.
  auto next = member.work.begin();
  if (pick(2) == 0) {
    const auto epochs = std::ranges::find_if(
        member.work, [](const DiskWork& each) { return std::holds_alternative<EpochsWork>(each); });
    next = epochs == member.work.end() ? next : epochs;
  }
  const DiskWork work = *next;
  member.work.erase(next);
  do_work(member, work);
  const bool was_reported =
      (bug_ == PlantedBug::kEpochsNotDurable && std::holds_alternative<EpochsWork>(work)) ||
      (bug_ == PlantedBug::kSnapshotNotStored && std::holds_alternative<SnapshotWork>(work));
  if (!was_reported) {
    report_work(index, work);
  }
}

void World::do_work(Member& member, const DiskWork& work) {
  Disk& disk = member.disk;
  if (const auto* append = std::get_if<AppendWork>(&work)) {
    disk.txns.push_back(append->zxid);
    disk.last = append->zxid;
  } else if (const auto* truncate = std::get_if<TruncateWork>(&work)) {
    if (bug_ != PlantedBug::kTruncationLost) {
      std::erase_if(disk.txns, [&](Zxid zxid) { return zxid > truncate->zxid; });
      disk.last = disk.txns.empty() ? Zxid{0} : disk.txns.back();
    }
  } else if (const auto* snapshot = std::get_if<SnapshotWork>(&work)) {
    disk.txns = snapshot->txns;
    disk.last = snapshot->zxid;
  } else if (const auto* epochs = std::get_if<EpochsWork>(&work)) {
    disk.accepted = epochs->accepted;
    disk.current = epochs->current;
  }
}

void World::report_work(size_t index, const DiskWork& work) {
  Member& member = members_[index];
  if (const auto* append = std::get_if<AppendWork>(&work)) {
    if (member.leader) {
      step(index, OwnLogSynced{append->zxid});
    } else {
      step(index, LogSynced{append->zxid});
    }
  } else if (const auto* truncate = std::get_if<TruncateWork>(&work)) {
    std::erase_if(member.applied, [&](Zxid zxid) { return zxid > truncate->zxid; });
    const bool is_lost = bug_ == PlantedBug::kTruncationLost;
    step(index, LogTruncated{is_lost ? truncate->zxid : member.disk.last});
  } else if (const auto* snapshot = std::get_if<SnapshotWork>(&work)) {
    member.applied = snapshot->txns;
    step(index, SnapshotInstalled{snapshot->zxid, true});
  } else if (const auto* epochs = std::get_if<EpochsWork>(&work)) {
    if (member.leader) {
      step(index, LeaderEvent(EpochsSaved{epochs->accepted, epochs->current}));
    } else {
      step(index, LearnerEvent(EpochsSaved{epochs->accepted, epochs->current}));
    }
  }
}

// ---- Links --------------------------------------------------------------------------------------

Link* World::find_link(LinkId id) {
  const auto found = links_.find(id.value);
  return found == links_.end() ? nullptr : &found->second;
}

Link* World::link_of_learner(size_t index) {
  for (auto& [id, link] : links_) {
    if (link.learner == index) {
      return &link;
    }
  }
  return nullptr;
}

/// Packet by packet, so that any may be the last that arrives.
void World::send(Link& link, std::string_view bytes, bool to_learner) {
  while (!bytes.empty()) {
    const wire::QuorumPacketRead read = wire::read_quorum_packet(bytes, 1 << 20);
    QR_ASSERT(read.outcome == wire::ReadOutcome::kWhole);
    (to_learner ? link.to_learner : link.to_leader)
        .push_back({.bytes = std::string(bytes.substr(0, read.size))});
    bytes.remove_prefix(read.size);
  }
}

void World::deliver(Link& link, bool to_learner) {
  std::deque<Parcel>& queue = to_learner ? link.to_learner : link.to_leader;
  if (queue.empty()) {
    return;
  }
  const LinkId id = link.id;
  const size_t leader = link.leader;
  const size_t learner = link.learner;
  const Parcel parcel = std::move(queue.front());
  queue.pop_front();
  if (parcel.is_snapshot) {
    add_work(learner, SnapshotWork{parcel.zxid, parcel.txns});
    step(leader, SnapshotSent{id});
    return;
  }
  const wire::QuorumPacketRead read = wire::read_quorum_packet(parcel.bytes, 1 << 20);
  if (!to_learner) {
    step(leader, LearnerPacket{id, read.packet});
    return;
  }
  step(leader, LinkFlushed{id, parcel.bytes.size()});
  step(learner, LeaderPacket{read.packet});
}

void World::close_link(LinkId id) {
  Link* const link = find_link(id);
  if (link == nullptr) {
    return;
  }
  const size_t learner = link->learner;
  links_.erase(id.value);
  step(learner, LeaderLost{});
}

void World::close_links_of(size_t index) {
  std::vector<Link> gone;
  for (const auto& [id, link] : links_) {
    if (link.leader == index || link.learner == index) {
      gone.push_back(link);
    }
  }
  for (const Link& link : gone) {
    links_.erase(link.id.value);
    step(link.leader, LinkClosed{link.id});
    step(link.learner, LeaderLost{});
  }
}

}  // namespace quorate::zab::testing
