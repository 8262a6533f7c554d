// A naive znode tree, one map from path to node, written straight from the rules: what the real one
// is compared with.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/tree/database.h"

namespace quorate::tree {

struct ModelNode {
  std::optional<std::string> data;
  std::string acl;  ///< Encoded list.
  wire::StatPersisted stat;
  friend bool operator==(const ModelNode&, const ModelNode&) = default;
};

/// What Applied says, with values instead of ids and borrowed bytes.
struct ModelChange {
  ChangeKind kind = ChangeKind::kCreated;
  std::string path;
  std::string acl;
  std::string parent_acl;
  friend auto operator<=>(const ModelChange&, const ModelChange&) = default;
};
struct ModelResult {
  wire::OpCode type = wire::OpCode::kError;
  wire::ErrorCode error = wire::ErrorCode::kOk;
  std::string path;
  wire::Stat stat;
  friend bool operator==(const ModelResult&, const ModelResult&) = default;
};
struct ModelApplied {
  std::vector<ModelResult> results;
  std::vector<ModelChange> changes;
  friend bool operator==(const ModelApplied&, const ModelApplied&) = default;
};

class Model {
 public:
  Model();
  ModelApplied apply(const wire::TxnRecord& record);

  [[nodiscard]] const std::map<std::string, ModelNode>& nodes() const { return nodes_; }
  [[nodiscard]] const std::map<int64_t, int32_t>& sessions() const { return sessions_; }
  [[nodiscard]] int64_t last_zxid() const { return last_zxid_; }
  [[nodiscard]] int32_t child_count(const std::string& path) const;
  [[nodiscard]] int64_t descendant_count(const std::string& path) const;
  [[nodiscard]] wire::Stat stat(const std::string& path) const;
  [[nodiscard]] uint64_t digest() const;
  [[nodiscard]] std::vector<std::string> ephemerals_of(int64_t session) const;
  /// Everything, one line a node, for comparison and for people.
  [[nodiscard]] std::string dump() const;

 private:
  using Path = const std::string&;

  void apply_one(const wire::TxnHeader& header, const wire::Txn& txn, ModelApplied& applied);
  void create(const wire::TxnHeader& header, const wire::CreateTxn& txn, ModelApplied& applied);
  bool remove(const wire::TxnHeader& header, Path path, ModelApplied& applied);
  void set_data(const wire::TxnHeader& header, const wire::SetDataTxn& txn, ModelApplied& applied);
  void set_acl(const wire::SetAclTxn& txn, ModelApplied& applied);
  void close_session(const wire::TxnHeader& header, const wire::CloseSessionTxn& txn,
                     ModelApplied& applied);
  void multi(const wire::TxnHeader& header, const wire::MultiTxn& txn, ModelApplied& applied);
  [[nodiscard]] std::string governing_quota(Path path) const;
  void add_to_stats(Path path, int64_t count, int64_t bytes);
  void count_stats(Path path);

  std::map<std::string, ModelNode> nodes_;  ///< The root is "".
  std::map<int64_t, int32_t> sessions_;
  int64_t last_zxid_ = 0;
};

/// The database as Model::dump() would print it. Checks on the way that its counters, indices and
/// cached digests agree with its nodes.
[[nodiscard]] std::string dump(const Database& database);
/// Applied with values.
[[nodiscard]] ModelApplied with_values(const Database& database, const Applied& applied);
[[nodiscard]] std::string dump(const ModelApplied& applied);

}  // namespace quorate::tree
