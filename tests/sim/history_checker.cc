// What the clients asked for and were told, held against what was committed.
#include "tests/sim/history_checker.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "server/base/assert.h"
#include "server/base/overloaded.h"

namespace quorate::sim {
namespace {

using wire::ErrorCode;
using wire::OpCode;

OpCode type_of(OpKind kind) {
  switch (kind) {
    case OpKind::kCreate:
      return OpCode::kCreate;
    case OpKind::kDelete:
      return OpCode::kDelete;
    case OpKind::kSet:
      return OpCode::kSetData;
    case OpKind::kMulti:
      return OpCode::kMulti;
    case OpKind::kClose:
      return OpCode::kCloseSession;
    case OpKind::kReconfig:
      return OpCode::kReconfig;
    case OpKind::kCheck:
    case OpKind::kGet:
    case OpKind::kExists:
    case OpKind::kChildren:
    case OpKind::kSync:
      break;
  }
  return OpCode::kError;
}

bool is_of_step(const wire::SubTxn& txn, const OpStep& step) {
  return std::visit(Overloaded{
                        [&](const wire::CreateTxn& create) {
                          return step.kind == OpKind::kCreate &&
                                 create.path.starts_with(step.path) &&
                                 create.data == wire::NullableBytes(step.data);
                        },
                        [&](const wire::DeleteTxn& gone) {
                          return step.kind == OpKind::kDelete && gone.path == step.path;
                        },
                        [&](const wire::SetDataTxn& set) {
                          if (step.kind == OpKind::kReconfig) {
                            return set.path == kConfigPath;
                          }
                          return step.kind == OpKind::kSet && set.path == step.path &&
                                 set.data == wire::NullableBytes(step.data);
                        },
                        [&](const wire::CheckVersionTxn& check) {
                          return step.kind == OpKind::kCheck && check.path == step.path;
                        },
                        [&](const wire::ErrorTxn&) { return true; },
                    },
                    txn);
}

/// By what the transaction says; the xids of a session may repeat on another connection.
bool is_of(const wire::TxnRecord& record, const Operation& operation) {
  const wire::TxnHeader& header = record.header;
  if (header.cxid != operation.xid) {
    return false;
  }
  if (header.type == OpCode::kError) {
    return true;
  }
  if (header.type != type_of(operation.kind)) {
    return false;
  }
  return std::visit(Overloaded{
                        [](const wire::CreateSessionTxn&) { return false; },
                        [](const wire::CloseSessionTxn&) { return true; },
                        [](const wire::SetAclTxn&) { return false; },
                        [&](const wire::MultiTxn& multi) {
                          bool is_same = multi.ops.size() == operation.steps.size();
                          for (size_t index = 0; is_same && index < multi.ops.size(); ++index) {
                            is_same = is_of_step(multi.ops[index], operation.steps[index]);
                          }
                          return is_same;
                        },
                        [&](const auto& single) {
                          return is_of_step(wire::SubTxn(single), operation.steps.front());
                        },
                    },
                    record.txn);
}

}  // namespace

std::string describe(const Operation& operation) {
  constexpr const char* kNames[] = {"create", "delete",   "set",  "check", "multi",   "get",
                                    "exists", "children", "sync", "close", "reconfig"};
  std::string out = kNames[static_cast<size_t>(operation.kind)];
  for (const OpStep& step : operation.steps) {
    out += " " + step.path;
    if (step.kind == OpKind::kCreate || step.kind == OpKind::kSet) {
      out += "=" + step.data;
    }
    if (step.kind == OpKind::kCreate && step.flags != 0) {
      out += text("(%d)", step.flags);
    }
  }
  if (operation.kind == OpKind::kReconfig) {
    const Reconfig& asked = operation.reconfig;
    out += asked.joining.empty() ? "" : " joining " + asked.joining;
    out += asked.leaving.empty() ? "" : " leaving " + asked.leaving;
    out += asked.members.empty() ? "" : " members " + asked.members;
    out += " version " + hex(asked.version);
  }
  return out + text(" xid %d", operation.xid);
}

// ---- Sessions ---------------------------------------------------------------------------------

void HistoryChecker::session_opened(SessionId session, int32_t timeout_ms) {
  SessionFacts& facts = sessions_[session];
  facts.timeout_ms = timeout_ms;
  facts.heard = context_.now();
}

void HistoryChecker::session_heard(SessionId session) { sessions_[session].heard = context_.now(); }

void HistoryChecker::session_refused(const std::string& who, SessionId session) {
  if (model_.sessions().contains(session)) {
    context_.violate(who, "is told that session " + hex(session.value) +
                              " has expired, which no transaction says");
  }
}

size_t HistoryChecker::abandoned_count() const {
  return static_cast<size_t>(std::ranges::count_if(
      abandoned_, [&](SessionId session) { return model_.sessions().contains(session); }));
}

/// A member may serve until it has noticed that it is alone; a leader that its followers left and
/// its follower one after the other.
Duration HistoryChecker::stale_max() const {
  const Settings& settings = context_.settings;
  // A learner that may have but little on its way is behind for as long as it takes; it does not
  // know how far.
  const bool is_throttled = settings.link_bytes_max < 100000;
  return 2 * settings.silence_max + 4 * settings.heartbeat + 8 * settings.delay_max +
         std::chrono::milliseconds(is_throttled ? 10000 : 300);
}

void HistoryChecker::commit_close(const wire::TxnRecord& record) {
  const SessionId session = record.header.session;
  const auto found = sessions_.find(session);
  if (found != sessions_.end() && !found->second.is_closing) {
    const SessionFacts& facts = found->second;
    const Duration timeout = std::chrono::milliseconds(facts.timeout_ms);
    const Duration silent = context_.now() - facts.heard;
    // What a member that has lost its leader has heard is lost, and clocks differ by some percent.
    if (silent + stale_max() + timeout / 20 < timeout) {
      context_.violate("-", text("session %llx of %d ms expires after %lld ms of silence",
                                 static_cast<unsigned long long>(session.value), facts.timeout_ms,
                                 static_cast<long long>(silent.count() / 1000)));
    }
  }
  model_.close_session(session, record.header.zxid);
}

// ---- Commits ----------------------------------------------------------------------------------

void HistoryChecker::on_commit(const wire::TxnRecord& record, ServerId by) {
  const wire::TxnHeader& header = record.header;
  last_ = header.zxid;
  if (header.type == OpCode::kCreateSession) {
    model_.open_session(header.session);
    return;
  }
  if (header.type == OpCode::kCloseSession && header.cxid == 0) {
    commit_close(record);
    return;
  }
  if (header.cxid == 0) {
    commit_order(record);  // Or the move of a session.
    return;
  }
  commit_request(record, by);
}

/// The oldest request that the transaction may be of. Xids repeat on other connections, and an
/// error has no content to tell them apart; but once a session goes on over another connection,
/// only the refusal of what came before it is still to come.
std::deque<HistoryChecker::Handle>::iterator HistoryChecker::find_asked(
    const wire::TxnRecord& record, SessionFacts& facts) {
  const auto* const error = std::get_if<wire::ErrorTxn>(&record.txn);
  const bool is_late = error != nullptr && error->error == ErrorCode::kSessionMoved;
  const auto fits = [&](const Handle& each) { return is_of(record, *each); };
  const auto found = std::ranges::find_if(facts.unresolved, [&](const Handle& each) {
    return fits(each) && (is_late || each->connection >= facts.connection_last);
  });
  return found != facts.unresolved.end() ? found : std::ranges::find_if(facts.unresolved, fits);
}

void HistoryChecker::commit_request(const wire::TxnRecord& record, ServerId by) {
  const wire::TxnHeader& header = record.header;
  SessionFacts& facts = sessions_[header.session];
  const auto found = find_asked(record, facts);
  if (found == facts.unresolved.end()) {
    context_.violate(name_of(by),
                     text("commits %llx of session %llx xid %d, which is done already or was "
                          "never asked for",
                          static_cast<unsigned long long>(header.zxid.value),
                          static_cast<unsigned long long>(header.session.value), header.cxid));
    return;
  }
  const Handle operation = *found;
  // Those before it on its connection were refused or lost on their way: they must not come any
  // more.
  std::erase_if(facts.unresolved, [&](const Handle& each) {
    return each == operation ||
           (each->id < operation->id && each->connection == operation->connection);
  });
  check_order(*operation, facts);
  check_txn(*operation, record);
  context_.trace.mix(static_cast<uint64_t>(header.zxid.value));
}

void HistoryChecker::check_order(const Operation& operation, SessionFacts& facts) {
  if (last_ <= operation.floor) {
    context_.violate("-", describe(operation) + " is committed as " + hex(last_.value) +
                              ", before what somebody had seen when it was asked for: " +
                              hex(operation.floor.value));
  }
  if (operation.state == Operation::State::kRefused) {
    context_.violate("-", describe(operation) + " was refused and is committed");
  }
  facts.connection_last = std::max(facts.connection_last, operation.connection);
}

namespace {

/// Why nothing was done for the session, whatever it asked for: a multi says so in its first
/// operation that fails.
std::optional<ErrorCode> refusal_of_session(const wire::TxnRecord& record) {
  const auto is_refused = [](const wire::ErrorTxn* error) {
    return error != nullptr && is_of_session(error->error);
  };
  if (const auto* const error = std::get_if<wire::ErrorTxn>(&record.txn); is_refused(error)) {
    return error->error;
  }
  if (const auto* const multi = std::get_if<wire::MultiTxn>(&record.txn)) {
    for (const auto& op : multi->ops) {
      if (const auto* const error = std::get_if<wire::ErrorTxn>(&op); is_refused(error)) {
        return error->error;
      }
    }
  }
  return std::nullopt;
}

}  // namespace

void HistoryChecker::check_txn(Operation& operation, const wire::TxnRecord& record) {
  operation.committed = record.header.zxid;
  const auto* const error = std::get_if<wire::ErrorTxn>(&record.txn);
  if (const std::optional<ErrorCode> refusal = refusal_of_session(record)) {
    operation.error = *refusal;
    return;
  }
  const auto owner = sessions_.find(operation.session);
  if (owner != sessions_.end() && operation.connection < owner->second.connection_last) {
    context_.violate("-", describe(operation) + " of an earlier connection is committed as " +
                              hex(record.header.zxid.value) + " behind one of a later");
  }
  if (operation.kind == OpKind::kClose) {
    commit_close(record);
    return;
  }
  if (operation.kind == OpKind::kReconfig) {
    check_reconfig(operation, record);
    return;
  }
  operation.results = model_.apply(operation, record.header.zxid);
  const ErrorCode expected = operation.results.back().error;
  ErrorCode actual = error != nullptr ? error->error : ErrorCode::kOk;
  if (const auto* const multi = std::get_if<wire::MultiTxn>(&record.txn)) {
    for (size_t index = 0; index < multi->ops.size(); ++index) {
      const auto* const failed = std::get_if<wire::ErrorTxn>(&multi->ops[index]);
      const ErrorCode code = failed != nullptr ? failed->error : ErrorCode::kOk;
      if (actual == ErrorCode::kOk && code != operation.results[index].error) {
        actual = code == ErrorCode::kOk ? ErrorCode::kDataInconsistency : code;
      }
    }
  } else if (actual == expected) {
    operation.error = expected;
    return;
  }
  if (actual != ErrorCode::kOk) {
    context_.violate(
        "-",
        describe(operation) + " is committed as " + hex(record.header.zxid.value) +
            text(" with error %d, not %d", static_cast<int>(actual), static_cast<int>(expected)));
  }
}

// ---- Reconfigurations -------------------------------------------------------------------------

/// What /v1/reconfig wanted: nobody's request.
void HistoryChecker::commit_order(const wire::TxnRecord& record) {
  if (record.header.type != OpCode::kReconfig) {
    return;
  }
  const auto order = orders_.find(record.header.zxid);
  if (order == orders_.end()) {
    context_.violate("-", "the reconfig " + hex(record.header.zxid.value) + " was never ordered");
    return;
  }
  check_reconfig(*order->second, record);
}

void HistoryChecker::check_reconfig(Operation& operation, const wire::TxnRecord& record) {
  const Zxid zxid = record.header.zxid;
  const auto* const error = std::get_if<wire::ErrorTxn>(&record.txn);
  const ErrorCode actual = error != nullptr ? error->error : ErrorCode::kOk;
  const ErrorCode expected = model_.plan(operation.reconfig, zxid).error;
  const bool is_authors = expected == ErrorCode::kOk || expected == ErrorCode::kNoAuth;
  operation.committed = zxid;
  operation.error = actual;
  operation.results = {{.error = actual, .path = {}}};
  const bool is_of_moment = actual == ErrorCode::kReconfigInProgress ||
                            (actual == ErrorCode::kNewConfigNoQuorum && is_authors);
  const bool is_unsure = actual == ErrorCode::kBadVersion && model_.members().version == 0 &&
                         operation.reconfig.version != -1;
  if (actual != expected && !is_of_moment && !is_unsure) {
    context_.violate(
        "-", describe(operation) + " is committed as " + hex(zxid.value) +
                 text(" with %d, not %d", static_cast<int>(actual), static_cast<int>(expected)));
    return;
  }
  if (actual != ErrorCode::kOk) {
    return;
  }
  operation.results = model_.apply(operation, zxid);
  const auto* const set = std::get_if<wire::SetDataTxn>(&record.txn);
  if (set == nullptr || set->data != wire::NullableBytes(operation.results.front().path)) {
    context_.violate("-", describe(operation) + " is committed as " + hex(zxid.value) +
                              " and makes another configuration");
  }
  context_.servers.clear();
  for (const auto& [id, spec] : model_.members().specs) {
    context_.servers.push_back(static_cast<size_t>(id) - 1);
  }
}

}  // namespace quorate::sim
