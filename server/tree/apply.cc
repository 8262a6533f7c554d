// Application of transactions to the database, one function for each type.
// Source of the rules: ZooKeeper 3.9 DataTree.processTxn and FileTxnSnapLog.processTransaction.
#include <algorithm>
#include <variant>

#include "server/tree/database.h"
#include "server/tree/owner.h"

namespace quorate::tree {
namespace {

/// Empty for an error.
std::string_view path_of(const wire::SubTxn& txn) {
  return std::visit(
      [](const auto& op) {
        if constexpr (requires { op.path; }) {
          return op.path;
        } else {
          return std::string_view();
        }
      },
      txn);
}

}  // namespace

/// Applies one record. Each operator() returns false for a txn that no server can have written.
class TxnApplier {
 public:
  TxnApplier(Database& database, const wire::TxnHeader& header, Applied& applied)
      : database_(database), tree_(database.tree_), header_(header), applied_(applied) {}

  bool operator()(const wire::CreateSessionTxn& txn) {
    database_.put_session(header_.session, txn.timeout_ms);
    add_result(wire::OpCode::kCreateSession);
    return true;
  }
  bool operator()(const wire::CloseSessionTxn& txn);
  bool operator()(const wire::CreateTxn& txn);
  bool operator()(const wire::DeleteTxn& txn);
  bool operator()(const wire::SetDataTxn& txn);
  bool operator()(const wire::SetAclTxn& txn);
  bool operator()(const wire::CheckVersionTxn& txn) {
    add_result(wire::OpCode::kCheck, txn.path);
    return true;
  }
  bool operator()(const wire::ErrorTxn& txn) {
    add_result(wire::OpCode::kError).error = txn.error;
    applied_.error = txn.error;
    return true;
  }
  bool operator()(const wire::MultiTxn& txn);

 private:
  OpResult& add_result(wire::OpCode type, std::string_view path = {}) {
    OpResult& result = applied_.results.emplace_back();
    result.type = type;
    result.path = path;
    return result;
  }
  /// Notes an operation that found its effect, or that of a later one, in a fuzzy snapshot.
  bool ignore(OpResult& result, wire::ErrorCode error) {
    result.error = error;
    ++database_.ignored_count_;
    return true;
  }
  bool remove(std::string_view path);
  void fail_multi(const wire::MultiTxn& txn);

  Database& database_;
  Tree& tree_;
  const wire::TxnHeader& header_;
  Applied& applied_;
};

bool TxnApplier::operator()(const wire::CreateTxn& txn) {
  int64_t owner = txn.ephemeral ? header_.session.value : 0;
  if (txn.type == wire::OpCode::kCreateContainer) {
    owner = kContainerOwner;
  }
  if (txn.type == wire::OpCode::kCreateTtl) {
    if (txn.ttl_ms <= 0 || txn.ttl_ms > kTtlMsMax) {
      return false;
    }
    owner = ttl_owner(txn.ttl_ms);
  }
  if (!Tree::is_applicable(txn.path)) {
    return false;
  }
  const WriteResult created = tree_.create({.path = txn.path,
                                            .data = txn.data,
                                            .acls = txn.acls,
                                            .owner = owner,
                                            .parent_cversion = txn.parent_cversion,
                                            .zxid = header_.zxid,
                                            .time = header_.time});
  OpResult& result = add_result(txn.type, txn.path);
  if (created.error != wire::ErrorCode::kOk) {
    if (created.error == wire::ErrorCode::kNodeExists && txn.type == wire::OpCode::kCreate) {
      tree_.raise_parent_cversion(txn.path, txn.parent_cversion, header_.zxid);
    }
    return ignore(result, created.error);
  }
  result.stat = created.stat;
  applied_.changes.push_back({.kind = ChangeKind::kCreated,
                              .path = txn.path,
                              .acl = created.acl,
                              .parent_acl = created.parent_acl});
  return true;
}

bool TxnApplier::remove(std::string_view path) {
  const WriteResult removed = tree_.remove(path, header_.zxid);
  if (removed.error != wire::ErrorCode::kOk) {
    return false;
  }
  applied_.changes.push_back({.kind = ChangeKind::kDeleted,
                              .path = path,
                              .acl = removed.acl,
                              .parent_acl = removed.parent_acl});
  return true;
}

bool TxnApplier::operator()(const wire::DeleteTxn& txn) {
  if (!Tree::is_applicable(txn.path)) {
    return false;
  }
  OpResult& result = add_result(txn.type, txn.path);
  return remove(txn.path) || ignore(result, wire::ErrorCode::kNoNode);
}

bool TxnApplier::operator()(const wire::SetDataTxn& txn) {
  const WriteResult written =
      tree_.set_data(txn.path, txn.data, txn.version, header_.zxid, header_.time);
  OpResult& result = add_result(txn.type, txn.path);
  if (written.error != wire::ErrorCode::kOk) {
    return ignore(result, written.error);
  }
  result.stat = written.stat;
  applied_.changes.push_back(
      {.kind = ChangeKind::kDataChanged, .path = txn.path, .acl = written.acl});
  return true;
}

bool TxnApplier::operator()(const wire::SetAclTxn& txn) {
  const WriteResult written = tree_.set_acl(txn.path, txn.acls, txn.version);
  OpResult& result = add_result(wire::OpCode::kSetAcl, txn.path);
  if (written.error != wire::ErrorCode::kOk) {
    return ignore(result, written.error);
  }
  result.stat = written.stat;
  return true;
}

bool TxnApplier::operator()(const wire::CloseSessionTxn& txn) {
  database_.sessions_.erase(header_.session);
  add_result(wire::OpCode::kCloseSession);
  if (txn.paths) {
    for (const std::string_view path : *txn.paths) {
      if (!Tree::is_applicable(path)) {
        return false;
      }
      database_.ignored_count_ += remove(path) ? 0 : 1;
    }
  }
  // What the txn does not name: all of them in logs of old servers, none otherwise.
  applied_.owned_paths = tree_.ephemerals_of(header_.session);
  for (const std::string& path : applied_.owned_paths) {
    remove(path);
  }
  return true;
}

bool TxnApplier::operator()(const wire::MultiTxn& txn) {
  const auto is_error = [](const wire::SubTxn& op) {
    return std::holds_alternative<wire::ErrorTxn>(op);
  };
  if (std::ranges::any_of(txn.ops, is_error)) {
    fail_multi(txn);
    return true;
  }
  for (const auto ahead : {Tree::Ahead::kEntry, Tree::Ahead::kNode}) {
    for (const wire::SubTxn& op : txn.ops) {
      tree_.prefetch(path_of(op), ahead);
    }
  }
  return std::ranges::all_of(txn.ops,
                             [this](const wire::SubTxn& op) { return std::visit(*this, op); });
}

// Nothing is applied. What precedes the first error counts as 0, the errors say their own codes,
// what is not an error behind the first one is RuntimeInconsistency.
void TxnApplier::fail_multi(const wire::MultiTxn& txn) {
  bool failed = false;
  for (const wire::SubTxn& op : txn.ops) {
    OpResult& result = add_result(wire::OpCode::kError);
    if (const auto* error = std::get_if<wire::ErrorTxn>(&op)) {
      failed = true;
      result.error = error->error;
    } else if (failed) {
      result.error = wire::ErrorCode::kRuntimeInconsistency;
    }
  }
}

bool Database::apply(const wire::TxnRecord& record, Applied& applied) {
  applied.clear();
  tree_.purge_acls();
  if (!std::visit(TxnApplier(*this, record.header, applied), record.txn)) {
    return false;
  }
  last_zxid_ = std::max(last_zxid_, record.header.zxid);
  return true;
}

}  // namespace quorate::tree
