// InFlight: clients' requests that a member of an ensemble has on their way, and what became of
// them.
#pragma once

#include <cstddef>
#include <cstdint>

#include <absl/container/flat_hash_map.h>

#include "server/base/ids.h"
#include "server/base/ring.h"
#include "server/tree/watches.h"
#include "server/wire/opcode.h"
#include "server/wire/txn.h"

namespace quorate::node {

/// A request whose transaction has not been applied here. It outlives its connection: a later
/// request of the same session, on another connection, may have the same cxid.
struct InFlightRequest {
  tree::WatcherId slot;
  ConnectionId connection;
  SessionId session;
  int32_t cxid = 0;
  wire::OpCode op = wire::OpCode::kError;
  Zxid held;  ///< The last that this member had logged when it sent the request: the request's
              ///< transaction comes after it.
  bool is_settled = false;
};

/// Whether the transaction is this request's. A refused request becomes an error transaction.
[[nodiscard]] bool is_of(const wire::TxnHeader& header, const InFlightRequest& request);

/// Requests in the order in which they were sent to the leader, or proposed here. A leader takes
/// the requests of one member in order and each becomes one transaction (refused ones too), so that
/// transactions with a session and cxid of ours settle the oldest such request.
class InFlight {
 public:
  void push(InFlightRequest request);
  [[nodiscard]] bool empty() const { return requests_.empty(); }
  /// Unsettled ones.
  [[nodiscard]] size_t size() const { return count_; }

  /// The request that this transaction is of, which is settled by it; null if it is of none.
  [[nodiscard]] const InFlightRequest* settle(const wire::TxnHeader& header);
  /// Takes all unsettled requests, oldest first.
  [[nodiscard]] Ring<InFlightRequest> take();

 private:
  [[nodiscard]] size_t find(const wire::TxnHeader& header) const;
  void drop_settled();

  Ring<InFlightRequest> requests_;
  size_t count_ = 0;
  absl::flat_hash_map<SessionId, uint32_t> sessions_;  ///< Unsettled requests of each.
  InFlightRequest settled_;                            ///< What settle() returned last.
};

}  // namespace quorate::node
