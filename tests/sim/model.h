// What a tree of znodes is, written down a second time: every state that it ever had.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "tests/sim/operation.h"

namespace quorate::sim {

inline constexpr const char* kConfigPath = "/zookeeper/config";

/// Who is in the ensemble, by the lines of its configuration.
struct Members {
  std::map<int64_t, std::string> specs;
  int64_t version = 0;  ///< Of the reconfig that made it; 0 before any.

  [[nodiscard]] bool contains(ServerId server) const { return specs.contains(server.value); }
  [[nodiscard]] bool is_voter(ServerId server) const;
  [[nodiscard]] size_t voter_count() const;
  [[nodiscard]] std::string text() const;
};

}  // namespace quorate::sim

namespace quorate::sim {

/// A node from one change of it to the next.
struct NodeVersion {
  Zxid zxid;  ///< Of the change.
  bool exists = false;
  bool is_data_change = false;   ///< Created, deleted, or its data set.
  bool is_child_change = false;  ///< A child created or deleted, or the node itself deleted.
  Zxid czxid;
  Zxid mzxid;
  Zxid pzxid;
  int32_t version = 0;
  int32_t created_children = 0;  ///< Ever, since the node is.
  SessionId owner;               ///< Of an ephemeral.
  std::string data;
  std::set<std::string> children;  ///< Names.
};

/// Independent of the code that is tested: requests are carried out in the order of their zxids, on
/// the simplest of structures. It keeps all of the past, so that a read can be held against the
/// state at its zxid.
class Model {
 public:
  explicit Model(Members members);

  /// Carries a write out. On an error nothing changes.
  std::vector<StepResult> apply(const Operation& operation, Zxid zxid);
  void open_session(SessionId session) { sessions_.insert(session); }
  void close_session(SessionId session, Zxid zxid);

  /// What a reconfig comes to if nothing but the configuration and its author decides: the first
  /// refusal, in ZooKeeper's order, or the members behind it.
  struct Plan {
    wire::ErrorCode error = wire::ErrorCode::kOk;
    Members next;
  };
  [[nodiscard]] Plan plan(const Reconfig& reconfig, Zxid zxid) const;
  /// The configuration at `zxid`, and the present one.
  [[nodiscard]] const Members& members_at(Zxid zxid) const;
  [[nodiscard]] const Members& members() const { return members_.rbegin()->second; }

  /// The node at `zxid`; null if it does not exist then.
  [[nodiscard]] const NodeVersion* at(const std::string& path, Zxid zxid) const;
  /// The first change behind `after` that a watch on data, or on children, is told of.
  [[nodiscard]] std::optional<Zxid> first_change(const std::string& path, bool of_children,
                                                 Zxid after) const;
  [[nodiscard]] const std::set<SessionId>& sessions() const { return sessions_; }
  [[nodiscard]] std::vector<std::string> paths() const;

 private:
  using History = std::vector<NodeVersion>;

  [[nodiscard]] const NodeVersion* now(const std::string& path) const;
  NodeVersion& change(const std::string& path, Zxid zxid);
  StepResult apply_step(const OpStep& step, SessionId session, Zxid zxid);
  StepResult create(const OpStep& step, SessionId session, Zxid zxid);
  StepResult remove(const OpStep& step, Zxid zxid);
  StepResult reconfigure(const Reconfig& reconfig, Zxid zxid);
  void undo(Zxid zxid);

  std::map<std::string, History> nodes_;
  std::map<Zxid, Members> members_;  ///< By what made them.
  std::set<SessionId> sessions_;
  std::vector<std::string> changed_;  ///< Of the transaction at hand.
};

[[nodiscard]] std::string parent_of(const std::string& path);

}  // namespace quorate::sim
