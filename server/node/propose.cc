// Giving a write its zxid and handing its txn to the log.
#include <utility>

#include "server/node/state.h"

namespace quorate::node {
namespace {

request::Stamp next_stamp(State& state, Now now) {
  return {.zxid = next_zxid(state), .time = now.wall};
}

Proposal& log_proposal(State& state, Zxid zxid, std::string txn, Now now, Actions& actions,
                       std::optional<quorum::Configuration> next = std::nullopt) {
  append_to_log(zxid, txn, actions);
  ++state.counters.proposals;
  Proposal& proposal = state.proposals.push(Proposal{.zxid = zxid,
                                                     .origin = Proposal::Origin::kServer,
                                                     .slot = {},
                                                     .connection = {},
                                                     .proposed_at = now.monotonic});
  if (state.ensemble) {
    broadcast(state, zxid, std::move(txn), std::move(next), now);
  } else {
    state.history.append(zxid, std::move(txn));
  }
  return proposal;
}

}  // namespace

void append_to_log(Zxid zxid, std::string_view txn, Actions& actions) {
  const size_t begin = actions.log_bytes.size();
  actions.log_bytes.append(txn);
  actions.appends.push_back({zxid, begin, actions.log_bytes.size()});
}

Proposal& propose(State& state, const wire::WriteRequest& request, const request::Author& author,
                  Now now, Actions& actions) {
  if (const auto* const reconfig = std::get_if<wire::ReconfigRequest>(&request);
      reconfig != nullptr && state.ensemble) {
    return propose_reconfig(state, *reconfig, author, now, actions);
  }
  const request::Stamp stamp = next_stamp(state, now);
  std::string txn = state.history.take_buffer();
  const request::Prepared prepared = state.preparer.prepare(request, author, stamp, txn);
  if (prepared.error == wire::ErrorCode::kQuotaExceeded) {
    ++state.counters.quota_exceeded;
    count_quota_exceeded(state.namespaces, request, txn);
    actions.notes.push_back(
        {.kind = NoteKind::kQuotaExceeded, .session = author.session, .zxid = stamp.zxid});
  }
  return log_proposal(state, stamp.zxid, std::move(txn), now, actions);
}

Proposal& propose_reconfig(State& state, const wire::ReconfigRequest& request,
                           const request::Author& author, Now now, Actions& actions) {
  const request::Stamp stamp = next_stamp(state, now);
  auto outcome = plan_reconfig(state, request, author, ConfigVersion{stamp.zxid.value});
  if (const auto* const refusal = std::get_if<quorum::Refusal>(&outcome)) {
    actions.notes.push_back({.kind = NoteKind::kReconfigRefused,
                             .session = author.session,
                             .value = static_cast<int64_t>(refusal->code),
                             .text = refusal->reason});
    return propose_error(state, refusal->code, author, now, actions);
  }
  quorum::Configuration& next = std::get<quorum::Configuration>(outcome);
  const std::string text = quorum::to_text(next);
  std::string txn = state.history.take_buffer();
  const request::Prepared prepared = state.preparer.prepare_reconfig(text, author, stamp, txn);
  if (prepared.error != wire::ErrorCode::kOk) {
    return log_proposal(state, stamp.zxid, std::move(txn), now, actions);
  }
  actions.notes.push_back({.kind = NoteKind::kReconfigProposed, .zxid = stamp.zxid, .text = text});
  return log_proposal(state, stamp.zxid, std::move(txn), now, actions, std::move(next));
}

Proposal& propose_error(State& state, wire::ErrorCode error, const request::Author& author, Now now,
                        Actions& actions) {
  const request::Stamp stamp = next_stamp(state, now);
  std::string txn = state.history.take_buffer();
  state.preparer.prepare_error(error, author, stamp, txn);
  return log_proposal(state, stamp.zxid, std::move(txn), now, actions);
}

Proposal& propose_create_session(State& state, SessionId session, int32_t timeout_ms, Now now,
                                 Actions& actions) {
  const request::Stamp stamp = next_stamp(state, now);
  std::string txn = state.history.take_buffer();
  state.preparer.prepare_create_session(session, timeout_ms, stamp, txn);
  Proposal& proposal = log_proposal(state, stamp.zxid, std::move(txn), now, actions);
  proposal.origin = Proposal::Origin::kCreateSession;
  return proposal;
}

}  // namespace quorate::node
