// Preparing a multi: all operations or none, with the error vector that clients expect.
#include <deque>
#include <utility>
#include <variant>

#include "server/request/prepare.h"

#include "server/base/overloaded.h"

namespace quorate::request {
namespace {

using wire::ErrorCode;
using wire::OpCode;

/// Apache reads create modes while it decodes a multi, so that a bad mode spoils the whole request.
bool has_undecodable_mode(const wire::MultiOp& op) {
  const auto* create = std::get_if<wire::CreateRequest>(&op);
  if (create == nullptr || create->op == OpCode::kCreateTtl) {
    return false;
  }
  return create->flags < 0 || create->flags > 4;
}

/// Creates in a multi are rebuilt from their mode: a container flag makes a container whatever the
/// opcode, a createTTL without a TTL mode is a plain create.
wire::CreateRequest normalised(wire::CreateRequest create) {
  const bool ttl_mode = create.flags == 5 || create.flags == 6;
  if (create.op == OpCode::kCreateTtl && !ttl_mode) {
    create.op = OpCode::kCreate;
    create.ttl_ms = -1;
  }
  if (create.flags == 4) {
    create.op = OpCode::kCreateContainer;
  }
  return create;
}

}  // namespace

Preparer::Operation Preparer::operation(const wire::MultiOp& op, const Step& step,
                                        Scratch& scratch) {
  return std::visit(
      Overloaded{
          [&](const wire::CreateRequest& request) {
            const wire::CreateRequest create_request = normalised(request);
            const ErrorCode error = check_create_flags(create_request);
            return error == ErrorCode::kOk ? create(create_request, step, scratch)
                                           : Operation{.error = error};
          },
          [&](const wire::DeleteRequest& request) { return remove(request, step); },
          [&](const wire::DeleteContainerRequest& request) {
            return remove_container(request, step);
          },
          [&](const wire::SetDataRequest& request) { return set_data(request, step); },
          [&](const wire::CheckRequest& request) { return check(request, step); },
      },
      op);
}

Prepared Preparer::multi(const wire::MultiRequest& request, const Author& author, Stamp stamp,
                         std::string& to) {
  for (const wire::MultiOp& op : request.ops) {
    if (has_undecodable_mode(op) || std::holds_alternative<wire::DeleteContainerRequest>(op)) {
      prepare_error(ErrorCode::kMarshallingError, author, stamp, to);
      return Prepared{ErrorCode::kMarshallingError};
    }
  }
  for (const auto ahead : {tree::Tree::Ahead::kEntry, tree::Tree::Ahead::kNode}) {
    for (const wire::MultiOp& op : request.ops) {
      tree_.prefetch(std::visit([](const auto& of) { return of.path; }, op), ahead);
    }
  }
  const Step step{.author = author, .stamp = stamp, .in_multi = true};
  std::deque<Scratch> scratch;  // Stable addresses: txns hold views of it.
  wire::MultiTxn txn;
  txn.ops.reserve(request.ops.size());
  ErrorCode failure = ErrorCode::kOk;
  pending_.begin();
  for (const wire::MultiOp& op : request.ops) {
    if (failure != ErrorCode::kOk) {
      txn.ops.emplace_back(wire::ErrorTxn{ErrorCode::kRuntimeInconsistency});
      continue;
    }
    Operation prepared = operation(op, step, scratch.emplace_back());
    if (prepared.error == ErrorCode::kOk) {
      txn.ops.push_back(std::move(prepared.txn));
      continue;
    }
    failure = prepared.error;
    pending_.rollback();
    txn.ops.emplace_back(wire::ErrorTxn{failure});
  }
  if (failure == ErrorCode::kOk) {
    pending_.commit();
  }
  encode({.session = author.session,
          .cxid = author.xid,
          .zxid = stamp.zxid,
          .time = stamp.time,
          .type = OpCode::kMulti},
         std::move(txn), to);
  return Prepared{failure};
}

}  // namespace quorate::request
