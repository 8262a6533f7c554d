// StatusSource: what the HTTP server asks of the member, answered by its core loop.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "server/admin/file.h"
#include "server/base/ids.h"
#include "server/base/result.h"
#include "server/node/status.h"
#include "server/report/changes.h"
#include "server/report/commands.h"
#include "server/report/inputs.h"

namespace quorate::admin {

/// A finished snapshot, open for reading from its front.
struct SnapshotFile {
  Zxid last_zxid;
  int64_t bytes = 0;
  File file;
};

/// Why an ensemble does not change.
struct ChangeRefusal {
  enum class Kind {
    kInvalid,   ///< The order can never be carried out.
    kConflict,  ///< Not by this member, or not now.
    kLate,      ///< It is not known what came of it.
  };
  Kind kind = Kind::kConflict;
  std::string error;  ///< One word.
  std::string reason;
  std::optional<ServerId> leader;  ///< Who has to be asked instead.
};
using ReconfigAnswer = std::variant<ConfigVersion, ChangeRefusal>;

/// Implemented by the application: each function posts to the core loop and returns at once. An
/// answer may come on any thread, late, or never; the asker has its own deadline. Outlives the
/// server.
class StatusSource {
 public:
  /// Everything that reports are made from.
  virtual void ask_inputs(node::StatusDetail detail,
                          std::function<void(report::Inputs)> answer) = 0;
  /// Performs what a command changes.
  virtual void apply(report::Effect effect, int64_t trace_mask) = 0;
  /// Whether the ids that `scheme` and `payload` prove, for a client at `address`, have every
  /// permission on "/".
  virtual void ask_may_administer(std::string scheme, std::string payload, std::string address,
                                  std::function<void(bool)> answer) = 0;
  /// Takes a snapshot now and opens its file, so that a purge cannot take it away.
  virtual void ask_snapshot(std::function<void(Result<SnapshotFile>)> answer) = 0;
  /// Replaces this member's database by the snapshot in `file`, which stands at its front. The
  /// answer is the zxid that the database then has.
  virtual void ask_restore(File file, std::function<void(Result<Zxid>)> answer) = 0;
  /// Reconfigures the ensemble; the answer comes when that is committed.
  virtual void ask_reconfig(report::ReconfigOrder order,
                            std::function<void(ReconfigAnswer)> answer) = 0;
  /// Begins to leave the lead to another voter: to `target`, or to one that has everything.
  virtual void ask_hand_over(std::optional<ServerId> target,
                             std::function<void(std::optional<ChangeRefusal>)> answer) = 0;

 protected:
  ~StatusSource() = default;
};

}  // namespace quorate::admin
