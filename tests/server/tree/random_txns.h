// Random transactions over a small world of paths, from a seed.
#pragma once

#include <deque>
#include <random>
#include <string>
#include <vector>

#include "server/wire/txn.h"

namespace quorate::tree {

struct RandomTxnOptions {
  int directories = 4;  ///< Names at each level but the last.
  int leaves = 40;      ///< Names at the last level: decides how large directories become.
  bool quotas = true;
  bool nested_quotas = true;      ///< Also quotas below quotas, and users who write statistics.
  bool extended_types = true;     ///< TTL nodes.
  bool replays = true;            ///< Creates over existing nodes, zxids that go back.
  bool directory_deletes = true;  ///< With replays: deletes of directories that are not empty.
};

/// Makes txns that are right for the state that their predecessors lead to, and, with `replays`,
/// such as only occur over a fuzzy snapshot. Knows which paths exist from what it made itself.
class RandomTxns {
 public:
  RandomTxns(uint32_t seed, RandomTxnOptions options);
  /// The next one. Borrows from this object's strings until `forget` or destruction.
  [[nodiscard]] wire::TxnRecord next();
  /// Frees the strings of earlier txns.
  void forget() { strings_.clear(); }

 private:
  uint32_t below(uint32_t bound) { return random_() % bound; }
  bool one_in(uint32_t n) { return below(n) == 0; }
  std::string_view keep(std::string text) { return strings_.emplace_back(std::move(text)); }
  std::string_view any_path();
  std::string_view known_path();
  wire::NullableBytes any_data();
  wire::AclList any_acls();
  wire::CreateTxn create();
  wire::CreateTxn create_quota();
  wire::DeleteTxn remove();
  wire::SetDataTxn set_data();
  wire::MultiTxn multi();
  wire::CloseSessionTxn close();
  wire::Txn any_txn();

  std::mt19937 random_;
  RandomTxnOptions options_;
  std::deque<std::string> strings_;
  std::vector<std::string> known_;  ///< Paths that exist or did; at most 64.
  wire::TxnHeader header_;
};

}  // namespace quorate::tree
