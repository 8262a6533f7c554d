// From a write request to the transaction that will be logged: every check, against pending state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "server/auth/identity.h"
#include "server/auth/permission.h"
#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/request/pending.h"
#include "server/tree/owner.h"
#include "server/tree/tree.h"
#include "server/wire/error_code.h"
#include "server/wire/request.h"
#include "server/wire/txn.h"

namespace quorate::request {

struct PrepareOptions {
  bool skip_acl = false;
  bool enforce_quota = false;
  bool extended_types_enabled = false;
  bool emulate_353_ttl = false;
  bool digest_enabled = true;
  bool close_session_paths_enabled = true;  ///< zookeeper.closeSessionTxn.enabled.
  bool reconfig_enabled = false;
  auth::Schemes schemes;               ///< What an ACL may name.
  size_t txn_bytes_max = 2 * 1048575;  ///< jute.maxbuffer and its extra: no reader takes more.
};

/// Who asks: the session, its xid, its identities.
struct Author {
  SessionId session;
  int32_t xid = 0;
  const auth::Identities* who = nullptr;  ///< Null: the server itself (expiry, reaper).
  bool session_alive = true;              ///< False: the session is closing or gone.
};

/// Place of a txn in the history.
struct Stamp {
  Zxid zxid;
  WallMillis time;
};

/// Result of preparing: on an error, the error txn was encoded instead.
struct Prepared {
  wire::ErrorCode error = wire::ErrorCode::kOk;
};

/// Turns writes into txns in the order of their zxids. Checks and their order are ZooKeeper's
/// PrepRequestProcessor; state is the tree plus all pending txns.
/// Not thread-safe: owned by the core loop.
class Preparer {
 public:
  Preparer(const tree::Tree& tree, PrepareOptions options);

  /// Appends header, txn and digest for `request`, or an error txn if it is refused.
  Prepared prepare(const wire::WriteRequest& request, const Author& author, Stamp stamp,
                   std::string& to);
  /// Appends the txn of a reconfig to the configuration with this text, or the refusal if the
  /// author may not write it. Everything else was checked; see quorum/reconfigure.h.
  Prepared prepare_reconfig(std::string_view configuration, const Author& author, Stamp stamp,
                            std::string& to);
  /// Appends a createSession txn.
  void prepare_create_session(SessionId session, int32_t timeout_ms, Stamp stamp, std::string& to);
  /// Appends an error txn: a request that could not even be read, but whose kind takes a zxid.
  void prepare_error(wire::ErrorCode error, const Author& author, Stamp stamp, std::string& to);
  /// The txn `zxid` has been applied to the tree.
  void applied(Zxid zxid) { pending_.applied(zxid); }
  /// The tree was replaced or changed without this preparer, or what is pending will not come: it
  /// is forgotten.
  void reset() { pending_.reset(); }
  [[nodiscard]] size_t pending_count() const { return pending_.size(); }

 private:
  /// Backs views of a txn that the request does not hold.
  struct Scratch {
    std::string path;
    std::string acls;
  };
  struct Operation {
    wire::ErrorCode error = wire::ErrorCode::kOk;
    wire::SubTxn txn;
  };
  struct Step {
    const Author& author;
    Stamp stamp;
    bool in_multi = false;
  };

  Operation create(const wire::CreateRequest& request, const Step& step, Scratch& scratch);
  wire::ErrorCode check_create_flags(const wire::CreateRequest& request) const;
  /// Where a create takes place, or why it does not.
  struct Site {
    wire::ErrorCode error = wire::ErrorCode::kOk;
    Pending::View parent;
    wire::StatPersisted parent_stat;
    Pending::View node;  ///< Does not exist.
  };
  Site find_site(const wire::CreateRequest& request, const Step& step, Scratch& scratch) const;
  void record_create(const wire::CreateTxn& txn, const Site& site, const Step& step);
  Operation remove(const wire::DeleteRequest& request, const Step& step);
  Operation remove_container(const wire::DeleteContainerRequest& request, const Step& step);
  void record_delete(const Pending::View& parent_view, const Pending::View& node_view,
                     std::string_view path, const Step& step);
  Operation set_data(const wire::SetDataRequest& request, const Step& step);
  Operation check(const wire::CheckRequest& request, const Step& step) const;
  Operation operation(const wire::MultiOp& op, const Step& step, Scratch& scratch);

  Prepared finish(const Operation& operation, const Author& author, Stamp stamp, std::string& to);
  Prepared set_acl(const wire::SetAclRequest& request, const Step& step, std::string& to);
  Prepared multi(const wire::MultiRequest& request, const Author& author, Stamp stamp,
                 std::string& to);
  Prepared close_session(const Author& author, Stamp stamp, std::string& to);
  void encode(const wire::TxnHeader& header, const wire::Txn& txn, std::string& to);

  [[nodiscard]] bool allowed(wire::AclList acls, int32_t wanted, const Author& author) const;
  [[nodiscard]] tree::OwnerRules owner_rules() const;

  const tree::Tree& tree_;
  const PrepareOptions options_;
  Pending pending_;
};

}  // namespace quorate::request
