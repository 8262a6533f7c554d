// One member as one deterministic machine: events in, actions out.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/base/time.h"
#include "server/node/actions.h"
#include "server/node/event.h"
#include "server/node/options.h"
#include "server/node/status.h"
#include "server/quorum/reconfigure.h"
#include "server/tree/database.h"

namespace quorate::node {

/// What a member finds on its disk when it starts.
struct Recovered {
  tree::Database database;
  /// Encoded txns, oldest first, the newest being database.last_zxid(): the committed window.
  std::vector<std::string> recent_txns;
  Zxid snapshot_zxid;  ///< Newest snapshot on disk.
};

/// Why a leader does not leave.
enum class HandOverRefusal : uint8_t {
  kNotLeader,
  kNoQuorum,    ///< Without it there is no synced majority.
  kNoVoter,     ///< The target is no other voter of the configuration.
  kNotSynced,   ///< The target is not connected, or still syncs.
  kNotQuorate,  ///< The target is Apache's, which cannot be told.
};

/// The member. It has no clock, socket, file or thread: the shell feeds it events with the time at
/// which they happened and performs its actions. The same events give the same actions.
///
/// A write becomes a proposal at once (checked against committed and pending state, numbered,
/// encoded, handed to the log) and is committed when the role says so: a standalone member commits
/// what its own log has synced. A read is answered from committed state when all earlier writes of
/// its session are.
/// Not thread-safe: owned by the core loop.
class Node {
 public:
  Node(Options options, Recovered recovered, Now now);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// The first step of a member of an ensemble: it looks for a leader. Once, before any other.
  void begin(Now now, Actions& actions);
  /// Appends to `actions` what has to be done because of `event`.
  void step(const Event& event, Now now, Actions& actions);

  /// When DeadlineReached is due next.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  [[nodiscard]] Status status(Now now, StatusDetail detail = {}) const;

  /// A leader proposes another configuration in its own name: whoever may call this needs no ACL.
  /// The version that it will have, or why it is refused. Requires that the member leads.
  std::variant<ConfigVersion, quorum::Refusal> reconfigure(const wire::ReconfigRequest& request,
                                                           Now now, Actions& actions);
  /// A leader leaves the lead to another voter, after everything that it has proposed; clients are
  /// held meanwhile. To `target`, or to one that has everything; Apache's members elect whom they
  /// will. Nothing happens when it is refused.
  std::optional<HandOverRefusal> hand_over_to(std::optional<ServerId> target, Now now,
                                              Actions& actions);
  /// The same to whoever has everything. False if it is refused.
  bool hand_over(Now now, Actions& actions) { return !hand_over_to(std::nullopt, now, actions); }
  /// Neither handing over nor looking after it.
  [[nodiscard]] bool has_handed_over() const;

  [[nodiscard]] Zxid last_zxid() const;
  /// The voters that the election wants connections to; see election::Election::wanted(). Of a
  /// member of an ensemble only, as the following.
  [[nodiscard]] const std::vector<ServerId>& wanted_peers() const;
  [[nodiscard]] const quorum::Configuration& configuration() const;
  /// Requests that wait for a write: their own or one before them.
  [[nodiscard]] size_t outstanding_count() const;
  /// No request waits for anything.
  [[nodiscard]] bool idle() const;

  /// First step of a restore: closes every connection, refuses new ones, lets no session expire.
  void suspend(Actions& actions);
  /// Suspended, idle, and no snapshot is being written: the database may be replaced.
  [[nodiscard]] bool replaceable() const;
  /// Second step: from now on the state is `database`, whose zxid becomes the greater of its own
  /// and the one behind the present one. So no zxid is used twice, the snapshot of the former state
  /// keeps its name, and the gap in the log keeps later txns from being replayed over the former
  /// state. A snapshot of the new one starts at once; when
  /// its SnapshotFinished reports success the member serves again. Until then nothing is logged,
  /// since the log on disk still belongs to the former state. Requires replaceable().
  void replace_database(tree::Database database, Now now, Actions& actions);

  /// Whether the ids that `scheme` and `payload` prove have all permissions on "/": who may take
  /// and restore snapshots over HTTP.
  [[nodiscard]] bool may_administer(std::string_view scheme, std::string_view payload,
                                    std::string_view address) const;

  /// Checks the invariants that bind the parts (queues against proposals, sessions against
  /// connections). Aborts on a violation. For the tests and the simulation: costs O(everything).
  void check_invariants() const;

 private:
  std::unique_ptr<struct State> state_;
};

}  // namespace quorate::node
