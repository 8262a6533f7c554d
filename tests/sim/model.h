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
  Model();

  /// Carries a write out. On an error nothing changes.
  std::vector<StepResult> apply(const Operation& operation, Zxid zxid);
  void open_session(SessionId session) { sessions_.insert(session); }
  void close_session(SessionId session, Zxid zxid);

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
  void undo(Zxid zxid);

  std::map<std::string, History> nodes_;
  std::set<SessionId> sessions_;
  std::vector<std::string> changed_;  ///< Of the transaction at hand.
};

[[nodiscard]] std::string parent_of(const std::string& path);

}  // namespace quorate::sim
