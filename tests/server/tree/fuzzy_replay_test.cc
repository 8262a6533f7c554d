// Logs replayed over fuzzy snapshots such as Java servers write, and over exact ones of ours.
#include <gtest/gtest.h>

#include <deque>
#include <random>

#include "server/base/checksum.h"
#include "server/tree/snapshot.h"
#include "tests/server/tree/model.h"
#include "tests/server/tree/random_txns.h"
#include "tests/server/tree/seeds.h"

namespace quorate::tree {
namespace {

/// Whether a leader can have proposed this txn in the model's state; fills in what it would have.
class Leader {
 public:
  bool prepare(const Model& model, wire::TxnRecord& record) {
    if (auto* create = std::get_if<wire::CreateTxn>(&record.txn)) {
      return prepare_create(model, *create);
    }
    if (const auto* remove = std::get_if<wire::DeleteTxn>(&record.txn)) {
      const std::string path(remove->path);
      return model.nodes().contains(path) && model.child_count(path) == 0;
    }
    if (const auto* set = std::get_if<wire::SetDataTxn>(&record.txn)) {
      return set->path == "/" || model.nodes().contains(std::string(set->path));
    }
    if (const auto* set = std::get_if<wire::SetAclTxn>(&record.txn)) {
      return set->path == "/" || model.nodes().contains(std::string(set->path));
    }
    if (auto* close = std::get_if<wire::CloseSessionTxn>(&record.txn)) {
      // The list is what makes the replay right. Where old servers left it out, a path that another
      // session took over within the fuzzy range may keep the former one's data, as in Apache.
      close->paths.emplace();
      for (std::string& path : model.ephemerals_of(record.header.session.value)) {
        close->paths->push_back(strings_.emplace_back(std::move(path)));
      }
      return true;
    }
    if (auto* multi = std::get_if<wire::MultiTxn>(&record.txn)) {
      return prepare_multi(model, record.header, *multi);
    }
    return true;
  }

 private:
  static bool prepare_create(const Model& model, wire::CreateTxn& create) {
    const std::string path(create.path);
    const auto parent = model.nodes().find(path.substr(0, path.rfind('/')));
    if (parent == model.nodes().end() || model.nodes().contains(path)) {
      return false;
    }
    create.parent_cversion = parent->second.stat.cversion + 1;
    return true;
  }

  bool prepare_multi(const Model& model, const wire::TxnHeader& header, wire::MultiTxn& multi) {
    Model after = model;
    std::vector<wire::SubTxn> kept;
    for (wire::SubTxn& op : multi.ops) {
      wire::TxnRecord record{.header = header};
      if (auto* create = std::get_if<wire::CreateTxn>(&op)) {
        record.txn = *create;
      } else if (const auto* remove = std::get_if<wire::DeleteTxn>(&op)) {
        record.txn = *remove;
      } else if (const auto* set = std::get_if<wire::SetDataTxn>(&op)) {
        record.txn = *set;
      } else {
        continue;
      }
      if (prepare(after, record)) {
        if (auto* create = std::get_if<wire::CreateTxn>(&op)) {
          *create = std::get<wire::CreateTxn>(record.txn);
        }
        (void)after.apply(record);
        kept.push_back(op);
      }
    }
    multi.ops = std::move(kept);
    return true;
  }

  std::deque<std::string> strings_;
};

/// Serialises a model as DataTree.serializeNode does: a node's own state and the list of its
/// children at one moment, each child when its turn comes, if it still exists then.
class JavaSnapshot {
 public:
  explicit JavaSnapshot(const Model& model) : model_(model) {
    wire::Writer writer(bytes_);
    writer.put_raw("ZKSN");
    writer.put_int(2);
    writer.put_long(-1);
    writer.put_int(static_cast<int32_t>(model.sessions().size()));
    for (const auto& [session, timeout_ms] : model.sessions()) {
      writer.put_long(session);
      writer.put_int(timeout_ms);
    }
    acls_position_ = bytes_.size();
    pending_.push_back("");
  }

  /// Serialises the next node. False when none is left.
  bool next() {
    if (pending_.empty()) {
      return false;
    }
    const std::string path = pending_.back();
    pending_.pop_back();
    const auto node = model_.nodes().find(path);
    if (node == model_.nodes().end()) {
      return true;
    }
    wire::Writer writer(bytes_);
    writer.put_string(path);
    writer.put_buffer(node->second.data ? wire::NullableBytes(*node->second.data) : std::nullopt);
    writer.put_long(acl_index(node->second.acl));
    wire::write(writer, node->second.stat);
    for (const auto& [other, unused] : model_.nodes()) {
      if (other.starts_with(path + "/") && other.find('/', path.size() + 1) == std::string::npos) {
        pending_.push_back(other);
      }
    }
    return true;
  }

  std::string finish() {
    std::string acls;
    wire::Writer to_acls(acls);
    to_acls.put_int(static_cast<int32_t>(acls_.size()));
    for (const auto& [acl, index] : acls_) {
      to_acls.put_long(index);
      to_acls.put_raw(acl);
    }
    bytes_.insert(acls_position_, acls);
    wire::Writer writer(bytes_);
    writer.put_string("/");
    const uint32_t sum = adler32(kAdlerSeed, bytes_);
    writer.put_long(sum);
    writer.put_string("/");
    return bytes_;
  }

 private:
  int64_t acl_index(const std::string& acl) {
    return acls_.emplace(acl, static_cast<int64_t>(acls_.size()) + 1).first->second;
  }

  const Model& model_;
  std::string bytes_;
  size_t acls_position_ = 0;
  std::vector<std::string> pending_;
  std::map<std::string, int64_t> acls_;
};

/// Txns that a leader proposed, with the model that they lead to.
class History {
 public:
  History(uint32_t seed, RandomTxnOptions options) : txns_(seed, options) {}

  void step() {
    wire::TxnRecord record = txns_.next();
    if (leader_.prepare(model_, record)) {
      (void)model_.apply(record);
      log_.push_back(record);
    }
  }

  [[nodiscard]] const Model& model() const { return model_; }

  /// Replays what follows `zxid` over a snapshot and compares the outcome.
  void expect_replay(const std::string& snapshot, int64_t zxid, bool exact) const {
    auto loaded = load_snapshot(snapshot, {.extended_types_enabled = true});
    ASSERT_TRUE(loaded) << loaded.error().message;
    Database& database = loaded->database;
    database.set_last_zxid(Zxid{zxid});
    Applied applied;
    for (const wire::TxnRecord& record : log_) {
      if (record.header.zxid.value > zxid) {
        ASSERT_TRUE(database.apply(record, applied));
      }
    }
    if (exact) {
      EXPECT_EQ(database.ignored_count(), 0u);
    }
    database.set_last_zxid(Zxid{model_.last_zxid()});
    ASSERT_EQ(dump(database), model_.dump());
  }

 private:
  RandomTxns txns_;
  Leader leader_;
  Model model_;
  std::vector<wire::TxnRecord> log_;
};

void run_fuzzy(uint32_t seed, RandomTxnOptions options) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  History history(seed, options);
  for (int i = 0; i < 150; ++i) {
    history.step();
  }
  const int64_t zxid = history.model().last_zxid();
  JavaSnapshot snapshot(history.model());
  while (snapshot.next()) {
    for (uint32_t i = random() % 8; i > 0; --i) {
      history.step();
    }
  }
  for (int i = 0; i < 50; ++i) {
    history.step();
  }
  history.expect_replay(snapshot.finish(), zxid, false);
}

TEST(FuzzyReplay, LeadsToTheStateOfTheLog) {
  for (uint32_t seed = 0; seed < seed_count(2000) && !HasFailure(); ++seed) {
    run_fuzzy(seed, {.directories = 3, .leaves = 5, .quotas = false, .replays = false});
  }
}

TEST(FuzzyReplay, LeadsToTheStateOfTheLogInLargeDirectories) {
  for (uint32_t seed = 0; seed < seed_count(100) && !HasFailure(); ++seed) {
    run_fuzzy(seed, {.directories = 1, .leaves = 100, .quotas = false, .replays = false});
  }
}

TEST(FuzzyReplay, OverAnExactSnapshotIgnoresNothing) {
  for (uint32_t seed = 0; seed < seed_count(300) && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History history(seed, {.quotas = false, .replays = false});
    for (int i = 0; i < 200; ++i) {
      history.step();
    }
    const int64_t zxid = history.model().last_zxid();
    JavaSnapshot snapshot(history.model());
    while (snapshot.next()) {
    }
    for (int i = 0; i < 200; ++i) {
      history.step();
    }
    history.expect_replay(snapshot.finish(), zxid, true);
  }
}

}  // namespace
}  // namespace quorate::tree
