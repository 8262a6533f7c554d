// A database with a Preparer in front of it: writes are prepared, and applied when a test says so.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/auth/identity.h"
#include "server/request/prepare.h"
#include "server/request/read.h"
#include "server/tree/database.h"
#include "server/tree/watches.h"
#include "server/wire/acl.h"
#include "server/wire/error_code.h"
#include "server/wire/request.h"

namespace quorate::request::testing {

/// One entry as a test writes it down.
[[nodiscard]] std::string acl(int32_t perms, std::string_view scheme, std::string_view id);

/// Identities in the order in which a connection gathers them.
[[nodiscard]] auth::Identities identities(std::vector<wire::Id> ids);

/// Somebody who sends requests.
struct Caller {
  SessionId session{1};
  auth::Identities who = identities({{"ip", "10.0.0.1"}});
  bool alive = true;
  int32_t next_xid = 1;
};

/// What a read answered.
struct Answer {
  wire::ErrorCode error = wire::ErrorCode::kOk;
  std::string body;
  std::vector<tree::Notification> missed;
};

/// Every txn that is applied must carry the digest of the tree that results, or the test fails.
class Desk {
 public:
  explicit Desk(PrepareOptions options = default_options());

  /// TTL nodes on; the rest as a server has it that is not configured.
  [[nodiscard]] static PrepareOptions default_options();

  /// Prepares; the txn stays pending.
  wire::ErrorCode prepare(const wire::WriteRequest& request, Caller& caller);
  /// The same, and applies everything that is pending.
  wire::ErrorCode write(const wire::WriteRequest& request, Caller& caller);
  /// As the server itself, which needs no permission.
  wire::ErrorCode write_as_server(const wire::WriteRequest& request);
  wire::ErrorCode create(std::string_view path, std::string_view data = "",
                         std::string_view acls = {});
  void open_session(SessionId session, int32_t timeout_ms);

  /// Applies the oldest pending txn.
  void apply_one();
  void apply_all();
  /// Applies a txn that was not prepared here; nothing may be pending.
  void force(const wire::TxnRecord& record);

  [[nodiscard]] Answer read(const wire::ReadRequest& request, const Caller& caller);

  [[nodiscard]] size_t pending_txns() const { return pending_.size(); }
  [[nodiscard]] const std::string& last_txn() const { return last_txn_; }
  /// Results of the txn that was applied last.
  [[nodiscard]] const tree::Applied& applied() const { return applied_; }
  [[nodiscard]] Preparer& preparer() { return preparer_; }
  [[nodiscard]] tree::Database& database() { return database_; }
  [[nodiscard]] const tree::Tree& tree() const { return database_.tree(); }
  [[nodiscard]] tree::Watches& watches() { return watches_; }
  [[nodiscard]] wire::Stat stat(std::string_view path) const;
  [[nodiscard]] std::optional<std::string> data(std::string_view path) const;
  [[nodiscard]] bool exists(std::string_view path) const;
  [[nodiscard]] Zxid proposed() const { return proposed_; }
  /// The whole state, as a snapshot holds it.
  [[nodiscard]] std::string image();

 private:
  [[nodiscard]] Stamp next_stamp();
  wire::ErrorCode prepare_as(const wire::WriteRequest& request, const Author& author);

  const PrepareOptions options_;
  tree::Database database_;
  Preparer preparer_;
  tree::Watches watches_;
  std::deque<std::string> pending_;
  std::string last_txn_;
  std::string applied_txn_;  ///< Backs `applied_`.
  tree::Applied applied_;
  Zxid proposed_;
  int64_t clock_ms_ = 1'700'000'000'000;
};

}  // namespace quorate::request::testing
