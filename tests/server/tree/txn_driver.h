// Applies txns to a database with headers that count up, for tests that tell a story.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "server/tree/database.h"

namespace quorate::tree {

class TxnDriver {
 public:
  explicit TxnDriver(TreeOptions options = {}) : database_(options) {}

  /// Applies at the next zxid, 10 ms later; the result of its first operation.
  const OpResult& apply(wire::Txn txn, int64_t session = 1) {
    txn_ = std::move(txn);
    zxid_ = zxid_.next();
    now_.value += 10;
    return apply_at(zxid_, session);
  }
  /// The same txn once more, as a replay over a snapshot that has it already.
  const OpResult& replay(wire::Txn txn, int64_t zxid, int64_t session = 1) {
    txn_ = std::move(txn);
    return apply_at(Zxid{zxid}, session);
  }
  const OpResult& create(std::string_view path, std::string_view data = "") {
    return apply(wire::CreateTxn{.path = path, .data = data, .acls = wire::open_acl()});
  }
  const OpResult& create_ephemeral(std::string_view path, int64_t session) {
    return apply(wire::CreateTxn{.path = path, .acls = wire::open_acl(), .ephemeral = true},
                 session);
  }
  const OpResult& remove(std::string_view path) { return apply(wire::DeleteTxn{.path = path}); }

  Database& database() { return database_; }
  Tree& tree() { return database_.tree(); }
  const Applied& applied() const { return applied_; }
  [[nodiscard]] int64_t zxid() const { return zxid_.value; }
  [[nodiscard]] int64_t now() const { return now_.value; }
  wire::Stat stat(std::string_view path) { return tree().stat(node(path)); }
  NodeId node(std::string_view path) {
    const NodeId found = tree().find(path);
    EXPECT_TRUE(found) << path;
    return found;
  }
  /// "kind path" of each change.
  std::vector<std::string> changes() const {
    static constexpr const char* kKinds[] = {"created ", "deleted ", "changed "};
    std::vector<std::string> all;
    for (const Change& change : applied_.changes) {
      all.push_back(kKinds[static_cast<int>(change.kind)] + std::string(change.path));
    }
    return all;
  }

 private:
  const OpResult& apply_at(Zxid zxid, int64_t session) {
    const wire::TxnRecord record{
        .header = {.session = SessionId{session}, .zxid = zxid, .time = now_}, .txn = txn_};
    EXPECT_TRUE(database_.apply(record, applied_));
    static const OpResult kNothing;
    return applied_.results.empty() ? kNothing : applied_.results.front();
  }

  Database database_;
  Applied applied_;
  wire::Txn txn_;
  Zxid zxid_;
  WallMillis now_{1000};
};

}  // namespace quorate::tree
