// What the planner asks the shell to do.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "operator/resources/blueprint.h"

namespace quorate::plan {

struct AddFinalizer {};
/// The last of all: the object goes.
struct RemoveFinalizer {};

/// POST /v1/formed to the leader: the ensemble was formed and serves clients from now on.
struct ConfirmFormed {
  std::string leader;
};

/// POST /v1/reconfig to the leader, by compare-and-set: it fails when the configuration is another
/// than `from_version`.
struct Reconfigure {
  std::string leader;
  std::vector<resources::Server> joining;  ///< New ones, and present ones in a new role.
  std::vector<int> leaving;
  uint64_t from_version = 0;
};

/// POST /v1/transfer-leadership to the leader.
struct TransferLeadership {
  std::string from;
  std::string to;
  int to_id = 0;  ///< myid of `to`.
};

/// Through the eviction API with the uid as precondition: the PodDisruptionBudget may refuse.
struct EvictPod {
  std::string name;
  std::string uid;
};

/// Directly, with the uid as precondition: for members outside the live quorum only.
struct DeletePod {
  std::string name;
  std::string uid;
};

struct LabelPod {
  std::string name;
  std::string uid;
  std::string role;  ///< "voter", "observer".
};

struct GrowClaim {
  std::string name;
  std::string size;
};

/// With the uid as precondition, after a read that is not from a cache.
struct DeleteClaim {
  std::string name;
  std::string uid;
};

/// Sets or removes the label by which a kept volume says that its member has left.
struct RetireClaim {
  std::string name;
  std::string uid;
  bool is_retired = true;
};

/// Writes the ensemble's id on a claim whose member has shown that its disk bears it.
struct StampClaim {
  std::string name;
  std::string uid;
  std::string ensemble_id;
};

/// `keeps_pods`: its Pods stay and are adopted by the next StatefulSet of its name.
struct DeleteSet {
  std::string name;
  std::string uid;
  bool keeps_pods = false;
};

using Action = std::variant<AddFinalizer, RemoveFinalizer, ConfirmFormed, Reconfigure,
                            TransferLeadership, EvictPod, DeletePod, LabelPod, GrowClaim,
                            DeleteClaim, RetireClaim, StampClaim, DeleteSet>;

/// One line, for logs, Events and tests: "evict zoo-a-0 (u7)".
[[nodiscard]] std::string text_of(const Action& action);

/// Whether fewer voters may be available after it: the shell reads members and Pods live before it,
/// plans again, and goes on only if the plan still has it.
[[nodiscard]] bool reduces_quorum(const Action& action);

}  // namespace quorate::plan
