// A member's shell: performing what the machine wants.
#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/base/bytes.h"
#include "server/wire/election_message.h"
#include "server/wire/reply.h"
#include "tests/sim/member.h"

namespace quorate::sim {
namespace {

HostId host_of(ServerId server) { return static_cast<HostId>(server.value - 1); }

const char* name_of_state(int64_t state) {
  constexpr const char* kNames[] = {"looking", "following", "leading", "observing"};
  return kNames[state & 3];
}

}  // namespace

bool Member::store_configurations() {
  for (const node::QuorumActions::Configure& configure : actions_.quorum.configurations) {
    if (!survives_step("before a configuration")) {
      return false;
    }
    const bool holds = configure.is_committed || context_.has(Bug::kActivatedEarly);
    const bool is_lost = configure.is_committed && context_.has(Bug::kConfigurationLost);
    if (!is_lost) {
      (holds ? disk_.committed : disk_.last_seen) = configure.configuration;
    }
    if (configure.is_committed) {
      holds_ = configure.configuration;
    }
    note(text("stores the configuration %llx%s: ",
              static_cast<unsigned long long>(configure.configuration.version.value),
              configure.is_committed ? "" : ", proposed") +
         quorum::to_text(configure.configuration));
    memberships_.stored(id_, configure.configuration, configure.is_committed);
    if (!survives_step("behind a configuration")) {
      return false;
    }
  }
  return true;
}

/// Who knows that it is no voter, nor is to become one, says so.
void Member::check_votes(const node::QuorumActions& quorum) {
  for (const node::QuorumActions::Notify& notify : quorum.notifications) {
    const wire::ElectionFrameRead read = wire::read_election_frame(
        std::string_view(quorum.bytes).substr(notify.begin, notify.end - notify.begin));
    const std::optional<wire::Notification> said = wire::decode_notification(read.payload);
    QR_ASSERT(said);
    memberships_.votes(id_, holds_, node_->configuration(), said->vote,
                       said->state == wire::PeerState::kLooking);
  }
}

bool Member::perform() {
  node::QuorumActions& quorum = actions_.quorum;
  if (!store_configurations()) {
    return false;
  }
  if (quorum.marks_unfit) {
    if (!survives_step("before a mark")) {
      return false;
    }
    disk_.is_fit = !*quorum.marks_unfit;
    note(disk_.is_fit ? "has a disk that is fit" : "has a disk that is not fit");
  }
  if (quorum.witness) {
    disk_.witness = *quorum.witness;
  }
  check_votes(quorum);
  if (quorum.save_epochs) {
    save_epochs(quorum.save_epochs->accepted, quorum.save_epochs->current);
  }
  perform_quorum(actions_);
  for (const node::Actions::Append& append : actions_.appends) {
    auto txn = std::make_shared<const std::string>(
        actions_.log_bytes.substr(append.begin, append.end - append.begin));
    const Zxid before = logged_.empty() ? log_base_ : logged_.rbegin()->first;
    checker_.logged(id_, append.zxid, txn, before);
    logged_[append.zxid] = txn;
    add_work(AppendWork{append.zxid, std::move(txn)});
  }
  perform_notes(actions_);
  perform_clients(actions_);
  perform_snapshot(actions_);
  actions_.clear();
  return true;
}

void Member::perform_notes(const node::Actions& actions) {
  for (const node::Note& each : actions.notes) {
    switch (each.kind) {
      case node::NoteKind::kRoleChanged:
        note(text("%s m%lld (%s)", name_of_state(each.value),
                  static_cast<long long>(each.peer.value), each.detail));
        is_serving_ = false;
        is_elected_ = each.value == static_cast<int64_t>(wire::PeerState::kLeading);
        set_leads(false);
        break;
      case node::NoteKind::kServing:
        note(text("serves, %s, epoch %lld, zxid %llx", name_of_state(each.value),
                  static_cast<long long>(each.zxid.epoch()),
                  static_cast<unsigned long long>(node_->last_zxid().value)));
        is_serving_ = true;
        set_leads(each.value == static_cast<int64_t>(wire::PeerState::kLeading));
        disk_.is_older = false;
        if (leads_) {
          memberships_.leads(id_, holds_);
        }
        checker_.serves(id_, leads_, Epoch{each.zxid.epoch()}, node_->last_zxid(), logged_);
        break;
      case node::NoteKind::kSessionExpired:
        note(text("expires session %llx", static_cast<unsigned long long>(each.session.value)));
        break;
      case node::NoteKind::kLinkClosed:
        note(text("closes a link: %s", each.detail));
        break;
      default:  // The others are for the log.
        break;
    }
  }
}

void Member::set_leads(bool leads) {
  if (leads != leads_) {
    leads_ = leads;
    context_.change_leading(leads);
  }
}

// ---- Peers ------------------------------------------------------------------------------------

void Member::perform_quorum(node::Actions& actions) {
  node::QuorumActions& quorum = actions.quorum;
  if (quorum.leaves_role) {
    leave_role();
  }
  listens_quorum_ = listens_quorum_ || quorum.listens;
  if (quorum.connect) {
    leader_wanted_ = quorum.connect->leader;
    leader_dials_ = 0;
    dial_leader();
  }
  const std::string_view bytes = quorum.bytes;
  for (const node::QuorumActions::Notify& notify : quorum.notifications) {
    const auto wire = mesh_.find(notify.to);
    if (wire != mesh_.end()) {
      network_.send(wire->second, host_,
                    {.bytes = std::string(bytes.substr(notify.begin, notify.end - notify.begin))});
    }
  }
  if (quorum.wanted_changed) {
    mesh_up();
  }
  if (quorum.truncate) {
    const Zxid zxid = quorum.truncate->zxid;
    note(text("truncates to %llx", static_cast<unsigned long long>(zxid.value)));
    logged_.erase(logged_.upper_bound(zxid), logged_.end());
    checker_.forget_behind(id_, zxid);
    add_work(TruncateWork{zxid, quorum.truncate->reload});
  }
  if (!quorum.snapshot_bytes.empty() || quorum.snapshot_ends) {
    // Asked for before what the end of the stream has set free.
    network_.send(quorum.snapshot_link.value, host_,
                  {.bytes = quorum.snapshot_bytes, .is_snapshot = true});
    if (!quorum.snapshot_ends) {
      want_slice(quorum.snapshot_link);
    }
  }
  for (const zab::LeaderActions::Send& send : quorum.sends) {
    if (!links_.contains(send.link.value)) {
      continue;
    }
    network_.send(send.link.value, host_,
                  {.bytes = std::string(bytes.substr(send.begin, send.end - send.begin))});
    if (send.snapshot_follows) {
      note(text("sends a snapshot of %llx",
                static_cast<unsigned long long>(send.snapshot_zxid.value)));
      want_slice(send.link);
    }
  }
  for (const zab::LeaderActions::Close& close : quorum.closes) {
    links_.erase(close.link.value);
    network_.close(close.link.value, host_);
  }
  for (const zab::LeaderActions::ProbeLog& probe : quorum.probes) {
    add_work(ReadWork(probe));
  }
  for (const zab::LeaderActions::ReadLog& read : quorum.reads) {
    add_work(ReadWork(read));
  }
  if (!quorum.leader_bytes.empty() && leader_wire_) {
    network_.send(*leader_wire_, host_, {.bytes = to_leader(quorum.leader_bytes)});
  }
  if (quorum.receive_snapshot && leader_wire_) {
    receiving_ = std::make_unique<tree::SnapshotStream>();
    receiving_zxid_ = *quorum.receive_snapshot;
    logged_.clear();
    log_base_ = receiving_zxid_;
    checker_.forget_behind(id_, Zxid{});
  }
}

void Member::leave_role() {
  if (context_.has(Bug::kHandOverDrops)) {
    for (const auto& [wire, link] : links_) {
      if (link.port == Port::kClient) {
        network_.close(wire, host_);
        report(node::ConnectionClosed{ConnectionId{wire}});
      }
    }
    std::erase_if(links_, [](const auto& each) { return each.second.port == Port::kClient; });
  }
  ++role_;
  listens_quorum_ = false;
  leader_wanted_.reset();
  leader_wire_.reset();
  std::erase_if(links_, [&](const auto& each) {
    if (each.second.port != Port::kQuorum) {
      return false;
    }
    network_.close(each.first, host_);
    return true;
  });
  if (receiving_) {
    receiving_.reset();
    report(node::SnapshotReceived{receiving_zxid_, nullptr});
  }
}

void Member::mesh_up() {
  for (const ServerId peer : node_->wanted_peers()) {
    if (!mesh_.contains(peer)) {
      dial_peer(peer);
    }
  }
}

void Member::dial_peer(ServerId peer) {
  if (!is_dialing_[peer]) {
    is_dialing_[peer] = true;
    network_.dial(host_, host_of(peer), Port::kElection, 0);
  }
}

void Member::dial_leader() {
  ++leader_dials_;
  network_.dial(host_, host_of(*leader_wanted_), Port::kQuorum, role_);
}

void Member::want_slice(LinkId link) {
  const Duration delay = context_.random.between(Duration(20), Duration(500));
  context_.queue.after(delay, [this, life = life_, link] {
    if (life != life_) {
      return;
    }
    when_running([this, link] {
      if (links_.contains(link.value)) {
        step(node::LearnerSnapshotWanted{link});
      }
    });
  });
}

// ---- Clients ----------------------------------------------------------------------------------

void Member::perform_clients(const node::Actions& actions) {
  const std::string_view bytes = actions.bytes;
  for (const node::Actions::Send& send : actions.sends) {
    send_client_frames(send.connection, bytes.substr(send.begin, send.end - send.begin));
  }
  for (const node::Actions::Close& close : actions.closes) {
    const Wire wire = close.connection.value;
    links_.erase(wire);
    paused_clients_.erase(wire);
    network_.close(wire, host_);
    report(node::ConnectionClosed{close.connection});
  }
  for (const ConnectionId connection : actions.pauses) {
    paused_clients_[connection.value];
  }
  for (const ConnectionId connection : actions.resumes) {
    const auto paused = paused_clients_.find(connection.value);
    if (paused == paused_clients_.end()) {
      continue;
    }
    const std::string frames = std::move(paused->second);
    paused_clients_.erase(paused);
    if (!frames.empty()) {
      on_message(connection.value, {.bytes = frames});
    }
  }
}

void Member::send_client_frames(ConnectionId connection, std::string_view frames) {
  const Wire wire = connection.value;
  std::vector<std::string> out;
  bool is_answer = links_.contains(wire) && links_[wire].is_established;
  while (!frames.empty()) {
    const size_t size = wire::kFrameHeaderBytes + load_big_endian<uint32_t>(frames.data());
    const std::string frame(frames.substr(0, size));
    frames.remove_prefix(size);
    const bool is_watch =
        is_answer && load_big_endian<int32_t>(frame.data() + 4) == wire::kNotificationXid;
    if (is_watch && context_.has(Bug::kLostWatch) && context_.random.one_in(20)) {
      continue;
    }
    if (is_watch && context_.has(Bug::kDoubledWatch) && context_.random.one_in(20)) {
      out.push_back(frame);
    }
    if (is_watch && context_.has(Bug::kLateWatch) && context_.random.one_in(20)) {
      held_[wire] += frame;
      continue;
    }
    out.push_back(frame);
    if (links_.contains(wire)) {
      links_[wire].is_established = true;
    }
    is_answer = true;
    if (const auto held = held_.find(wire); held != held_.end() && !is_watch) {
      out.push_back(held->second);
      held_.erase(held);
    }
  }
  if (context_.has(Bug::kSwappedReplies) && out.size() >= 2 && context_.random.one_in(4)) {
    std::swap(out[out.size() - 1], out[out.size() - 2]);
  }
  for (std::string& frame : out) {
    network_.send(wire, host_, {.bytes = std::move(frame)});
  }
}

// ---- Own snapshots ----------------------------------------------------------------------------

void Member::perform_snapshot(node::Actions& actions) {
  if (actions.snapshot_abandoned) {
    snapshot_bytes_.clear();
    report(node::SnapshotFinished{snapshot_zxid_, false});
  }
  if (actions.snapshot_begins) {
    snapshot_zxid_ = actions.snapshot_zxid;
    snapshot_bytes_.clear();
  }
  snapshot_bytes_ += actions.snapshot_bytes;
  if (actions.snapshot_ends) {
    add_work(SnapshotWork{snapshot_zxid_, std::move(snapshot_bytes_)});
    snapshot_bytes_ = std::string();
  } else if (actions.snapshot_begins || !actions.snapshot_bytes.empty()) {
    report(node::SnapshotWanted{});
  }
}

}  // namespace quorate::sim
