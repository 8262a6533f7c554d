// A member that leads: what its machine wants, and the requests that learners bring.
#include <algorithm>
#include <utility>
#include <variant>

#include "server/auth/identity.h"
#include "server/base/assert.h"
#include "server/base/bytes.h"
#include "server/node/ensemble.h"
#include "server/wire/request.h"
#include "server/zab/leader_actions.h"

namespace quorate::node {
namespace {

using wire::ErrorCode;
using wire::OpCode;

void track_all_sessions(State& state, Now now) {
  for (const tree::SessionRecord& record : state.database.sessions()) {
    state.tracker.add(record.session, std::chrono::milliseconds(record.timeout_ms), now.monotonic);
  }
}

/// False if the session is connected elsewhere: what still comes from its former member is refused.
bool owns(Ensemble& ensemble, SessionId session, ServerId from) {
  return ensemble.owners.try_emplace(session, from).first->second == from;
}

void propose_forwarded_write(State& state, const zab::LeaderActions::Request& from, Now now,
                             Actions& actions) {
  const wire::ForwardedRequest& request = from.request;
  auth::Identities who;
  for (wire::Id& id : wire::decode_ids(from.authors)) {
    who.add(std::move(id));
  }
  const SessionId session = request.session;
  const request::Author author{.session = session,
                               .xid = request.cxid,
                               .who = &who,
                               .session_alive = state.tracker.is_alive(session)};
  if (!owns(*state.ensemble, session, from.from)) {
    propose_error(state, ErrorCode::kSessionMoved, author, now, actions);
    return;
  }
  const wire::DecodedRequest decoded = wire::decode_request(request.op, request.body);
  const auto* const write =
      decoded.request ? std::get_if<wire::WriteRequest>(&*decoded.request) : nullptr;
  if (write == nullptr) {
    // Its member waits for a transaction.
    const ErrorCode error = decoded.request ? ErrorCode::kUnimplemented : decoded.error;
    propose_error(state, error, author, now, actions);
    return;
  }
  ++state.counters.writes;
  propose(state, *write, author, now, actions);
  if (request.op == OpCode::kCloseSession) {
    state.tracker.mark_closing(session);
  }
}

void handle_forwarded(State& state, const zab::LeaderActions::Request& from, Now now,
                      Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  const wire::ForwardedRequest& request = from.request;
  if (request.op == OpCode::kSync) {
    ensemble.leader->step(zab::SyncRequested{from.link}, now.monotonic, ensemble.leader_actions);
    return;
  }
  if (request.op != OpCode::kCreateSession) {
    propose_forwarded_write(state, from, now, actions);
    return;
  }
  int32_t timeout_ms = state.options.session_timeout_ms_min;
  if (request.body.size() >= sizeof(int32_t)) {
    timeout_ms = load_big_endian<int32_t>(request.body.data());
  }
  ensemble.owners[request.session] = from.from;
  state.tracker.add(request.session, std::chrono::milliseconds(timeout_ms), now.monotonic);
  propose_create_session(state, request.session, timeout_ms, now, actions);
}

void handle_revalidation(State& state, const zab::LeaderActions::Revalidate& asked, Now now,
                         Actions& actions) {
  for (const zab::LearnerStatus& learner : state.ensemble->leader->learner_statuses()) {
    if (learner.link == asked.link) {
      move_session(state, asked.session, learner.server, asked.link, now, actions);
    }
  }
}

void answer_move(State& state, const SessionMove& move, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (move.link == LinkId{}) {
    finish_revalidation(state, move.session, move.is_valid, now, actions);
  } else if (ensemble.leader) {
    ensemble.leader->step(zab::SessionRevalidated{move.link, move.session, move.is_valid},
                          now.monotonic, ensemble.leader_actions);
  }
}

void start_stream(State& state, const zab::LeaderActions::Send& send, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  QR_ASSERT(state.database.last_zxid() == send.snapshot_zxid || send.snapshot_zxid.counter() == 0);
  if (state.snapshot.writer) {
    // A database has one writer at a time, and a learner that waits is the more urgent one.
    state.snapshot.writer.reset();
    actions.snapshot_abandoned = true;
  }
  ensemble.stream =
      std::make_unique<tree::SnapshotWriter>(state.database, tree::SnapshotForm::kStream);
  ensemble.stream_link = send.link;
}

void perform_sends(State& state, const zab::LeaderActions& taken, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  QuorumActions& quorum = actions.quorum;
  const size_t offset = quorum.bytes.size();
  quorum.bytes.append(taken.bytes);
  for (zab::LeaderActions::Send send : taken.sends) {
    send.begin += offset;
    send.end += offset;
    if (send.snapshot_follows && ensemble.stream) {
      // One snapshot at a time: the learner comes again.
      quorum.closes.push_back({send.link, zab::CloseReason::kSnapshotBusy});
      ensemble.leader->step(zab::LinkClosed{send.link}, now.monotonic, ensemble.leader_actions);
      continue;
    }
    if (send.snapshot_follows) {
      start_stream(state, send, actions);
    }
    quorum.sends.push_back(send);
  }
}

void note_syncs(State& state, const zab::LeaderActions& taken, Actions& actions) {
  Counters& counters = state.counters;
  for (const auto& [learner, plan] : taken.syncs) {
    switch (plan.method) {
      case zab::SyncMethod::kDiff:
        ++counters.diff_syncs;
        break;
      case zab::SyncMethod::kTrunc:
        ++counters.trunc_syncs;
        break;
      case zab::SyncMethod::kSnap:
        ++counters.snapshot_syncs;
        break;
    }
    counters.log_syncs += plan.from_log ? 1 : 0;
    actions.notes.push_back({.kind = NoteKind::kLearnerSync,
                             .zxid = plan.after,
                             .value = plan.from_log ? 1 : 0,
                             .peer = learner,
                             .detail = zab::name_of(plan.method)});
  }
}

void forget_stream(Ensemble& ensemble, LinkId link) {
  if (ensemble.stream && ensemble.stream_link == link) {
    ensemble.stream.reset();
  }
}

void perform_once(State& state, const zab::LeaderActions& taken, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  QuorumActions& quorum = actions.quorum;
  take_witness(state, taken.witnessed, actions);
  if (taken.last_seen) {
    adopt_configuration(state, *taken.last_seen, false, now, actions);
  }
  if (taken.save_epochs) {
    ensemble.is_saving_epochs = true;
    quorum.save_epochs = taken.save_epochs;
  }
  for (const zab::LeaderActions::Close& close : taken.closes) {
    forget_stream(ensemble, close.link);  // Before another one may begin.
  }
  perform_sends(state, taken, now, actions);
  note_syncs(state, taken, actions);
  for (const zab::LeaderActions::Close& close : taken.closes) {
    quorum.closes.push_back(close);
    actions.notes.push_back({.kind = NoteKind::kLinkClosed, .detail = zab::name_of(close.reason)});
  }
  quorum.probes.insert(quorum.probes.end(), taken.probes.begin(), taken.probes.end());
  quorum.reads.insert(quorum.reads.end(), taken.reads.begin(), taken.reads.end());
  if (taken.committed) {
    commit_up_to(state, *taken.committed, now, actions);
  }
  if (taken.established) {
    // Those too that its first commit has opened.
    ensemble.may_vote = true;
    track_all_sessions(state, now);
  }
  if (taken.established) {
    state.preparer.reset();  // The tree has changed without it.
  }
  if (taken.activated) {
    adopt_configuration(state, taken.activated->configuration, true, now, actions);
  }
  if (taken.established || taken.activated) {
    show_configuration(state, now);
  }
  if (ensemble.hand_over) {
    check_hand_over(state, now, actions);
    if (!ensemble.leader) {
      return;
    }
  }
  if (taken.stepped_down) {
    end_role(state, zab::name_of(*taken.stepped_down), now, actions);
    return;
  }
  if (taken.established) {
    begin_serving(state, *taken.established, now, actions);
  }
  for (const zab::LeaderActions::Request& request : taken.requests) {
    if (state.serving && ensemble.leader) {
      handle_forwarded(state, request, now, actions);
    }
  }
  for (const wire::SessionTouch& touch : taken.touches) {
    state.tracker.touch(touch.session, now.monotonic);
  }
  for (const zab::LeaderActions::Revalidate& asked : taken.revalidations) {
    if (ensemble.leader) {
      handle_revalidation(state, asked, now, actions);
    }
  }
}

bool is_empty(const zab::LeaderActions& actions) {
  return actions.sends.empty() && actions.closes.empty() && !actions.save_epochs &&
         actions.probes.empty() && actions.reads.empty() && actions.requests.empty() &&
         actions.touches.empty() && actions.revalidations.empty() && !actions.last_seen &&
         !actions.established && !actions.committed && !actions.activated &&
         actions.witnessed.empty() && !actions.stepped_down;
}

}  // namespace

Zxid next_zxid(const State& state) {
  const bool leads = state.ensemble && state.ensemble->leader;
  return leads ? state.ensemble->leader->next_zxid() : state.history.last().next();
}

bool proposes(const State& state) {
  const auto& ensemble = state.ensemble;
  // A leader that has stepped down within this step takes nothing any more.
  return state.serving && (!ensemble || (ensemble->leader && ensemble->leader->is_established()));
}

void broadcast(State& state, Zxid zxid, std::string txn, std::optional<quorum::Configuration> next,
               Now now) {
  Ensemble& ensemble = *state.ensemble;
  QR_ASSERT(ensemble.leader);
  Counters& counters = state.counters;
  const auto bytes = static_cast<int64_t>(txn.size());
  counters.proposal_bytes_last = bytes;
  counters.proposal_bytes_max = std::max(counters.proposal_bytes_max, bytes);
  counters.proposal_bytes_min =
      counters.proposal_bytes_min < 0 ? bytes : std::min(counters.proposal_bytes_min, bytes);
  ensemble.leader->step(zab::Proposed{.zxid = zxid, .txn = std::move(txn), .next = std::move(next)},
                        now.monotonic, ensemble.leader_actions);
}

void lead(State& state, const zab::LeaderEvent& event, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (!ensemble.leader) {
    return;  // An answer for a role that is over.
  }
  ensemble.leader->set_log_bytes_max(log_bytes_max(state));
  ensemble.leader->step(event, now.monotonic, ensemble.leader_actions);
  perform_leader(state, now, actions);
}

/// Measured against the snapshot that would be sent, which is the state as it is. ZooKeeper takes
/// the newest file on disk, which may be from when there was next to nothing.
int64_t log_bytes_max(const State& state) {
  // What a snapshot says of a node beside its path and data: lengths, ACL, stat.
  constexpr int64_t kNodeBytes = 76;
  const double factor = state.ensemble->options.snapshot_size_factor;
  const tree::Tree& tree = state.database.tree();
  const int64_t bytes = tree.approximate_data_bytes() + tree.node_count() * kNodeBytes;
  return factor < 0 ? -1 : static_cast<int64_t>(factor * static_cast<double>(bytes));
}

/// What is performed may make the machine want more (a request becomes a proposal), until it wants
/// nothing. Within itself it does nothing: the outer call goes on.
void perform_leader(State& state, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (ensemble.is_performing) {
    return;
  }
  ensemble.is_performing = true;
  while (ensemble.leader && !is_empty(ensemble.leader_actions)) {
    ensemble.leader_taken.clear();
    std::swap(ensemble.leader_taken, ensemble.leader_actions);
    perform_once(state, ensemble.leader_taken, now, actions);
  }
  ensemble.is_performing = false;
}

void move_session(State& state, const wire::SessionTouch& session, ServerId to, LinkId link,
                  Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  ++state.counters.sessions_moved_in;
  SessionMove move{link, session.session};
  if (!state.tracker.is_alive(move.session)) {
    // As much as a move this has to be what a quorum knows: a leader that was replaced and has not
    // noticed may have missed that the session was opened, or expire it all alone.
    move.is_valid = false;
    const Proposal& proposal = propose_error(
        state, ErrorCode::kSessionExpired, request::Author{.session = move.session}, now, actions);
    ensemble.moves[proposal.zxid] = move;
    return;
  }
  state.tracker.add(move.session, std::chrono::milliseconds(session.timeout_ms), now.monotonic);
  ensemble.owners[move.session] = to;
  const Proposal& proposal = propose_error(state, ErrorCode::kSessionMoved,
                                           request::Author{.session = move.session}, now, actions);
  ensemble.moves[proposal.zxid] = move;
}

void confirm_move(State& state, Zxid zxid, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  const auto found = ensemble.moves.find(zxid);
  if (found == ensemble.moves.end()) {
    return;
  }
  const SessionMove move = found->second;
  ensemble.moves.erase(found);
  answer_move(state, move, now, actions);
}

std::variant<quorum::Configuration, quorum::Refusal> plan_reconfig(
    const State& state, const wire::ReconfigRequest& request, const request::Author& author,
    ConfigVersion version) {
  const Ensemble& ensemble = *state.ensemble;
  const quorum::ReconfigureContext context{
      .reconfig_enabled = ensemble.options.reconfig_enabled,
      .has_quorum_mode = true,
      .standalone_enabled = ensemble.options.standalone_enabled};
  if (std::optional<quorum::Refusal> refusal = quorum::refuse_reconfigure(context)) {
    return *std::move(refusal);
  }
  if (!author.session_alive) {
    return quorum::Refusal{.code = ErrorCode::kSessionExpired, .reason = "the session is closing"};
  }
  auto outcome = quorum::reconfigure(context, ensemble.leader->committed_configuration(),
                                     ensemble.leader->last_seen_configuration(), request, version);
  if (const auto* const next = std::get_if<quorum::Configuration>(&outcome)) {
    if (std::optional<quorum::Refusal> refusal =
            quorum::refuse_without_quorum(*next, ensemble.leader->synced())) {
      return *std::move(refusal);
    }
  }
  return outcome;
}

void own_session(State& state, SessionId session) {
  state.ensemble->owners[session] = state.options.server;
}

void forget_session(State& state, SessionId session) { state.ensemble->owners.erase(session); }

bool owns_session(State& state, const Connection& connection) {
  return owns(*state.ensemble, connection.session, state.options.server);
}

bool is_streaming_snapshot(const State& state) { return state.ensemble->stream != nullptr; }

void continue_stream(State& state, LinkId link, Now now, Actions& actions) {
  Ensemble& ensemble = *state.ensemble;
  if (!ensemble.stream || ensemble.stream_link != link) {
    return;
  }
  actions.quorum.snapshot_link = link;
  const bool more =
      ensemble.stream->next(actions.quorum.snapshot_bytes, state.options.snapshot_slice_bytes);
  if (!more) {
    actions.quorum.snapshot_ends = true;
    ensemble.stream.reset();
    lead(state, zab::SnapshotSent{link}, now, actions);
  }
}

}  // namespace quorate::node
