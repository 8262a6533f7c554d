// Which configuration a member starts with: what holds, and what its history says is in flight.
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "server/wire/txn.h"
#include "tests/server/node/ensemble_member.h"

namespace quorate::node {
namespace {

using testing::participants;

constexpr int64_t kReconfig = 0x100000001;

tree::Database database_with(const std::optional<quorum::Configuration>& reconfig) {
  tree::Database database(tree::TreeOptions{});
  if (reconfig) {
    const std::string text = quorum::to_text(*reconfig);
    std::string txn;
    wire::encode_txn({.session = SessionId{1},
                      .cxid = 1,
                      .zxid = Zxid{reconfig->version.value},
                      .type = wire::OpCode::kReconfig},
                     wire::SetDataTxn{.type = wire::OpCode::kReconfig,
                                      .path = "/zookeeper/config",
                                      .data = text,
                                      .version = -1},
                     std::nullopt, txn);
    tree::Applied applied;
    EXPECT_TRUE(database.apply(*wire::decode_txn(txn), applied));
  }
  return database;
}

/// What the member believes to be the newest.
quorum::Configuration newest(const std::optional<quorum::Configuration>& stored,
                             const std::optional<quorum::Configuration>& in_history) {
  Options options;
  EnsembleOptions ensemble;
  ensemble.configuration = participants({1, 2, 3}, 0x100000000);
  ensemble.last_seen = stored;
  ensemble.reconfig_enabled = true;
  options.ensemble = std::move(ensemble);
  const Node node(std::move(options),
                  {.database = database_with(in_history), .recent_txns = {}, .snapshot_zxid = {}},
                  Now{});
  return node.configuration();
}

TEST(RecoveredConfiguration, AReconfigInTheHistoryIsInFlight) {
  const quorum::Configuration reconfig = participants({1, 2}, kReconfig);
  EXPECT_EQ(newest(reconfig, reconfig), reconfig);
}

TEST(RecoveredConfiguration, OneThatTheLogDoesNotHaveIsNot) {
  EXPECT_EQ(newest(participants({1, 2}, kReconfig), std::nullopt),
            participants({1, 2, 3}, 0x100000000));
}

TEST(RecoveredConfiguration, OneThatCameWithASnapshotIs) {
  const quorum::Configuration reconfig = participants({1, 2}, kReconfig);
  EXPECT_EQ(newest(std::nullopt, reconfig), reconfig);
}

TEST(RecoveredConfiguration, TheFirstOneIsInNoHistory) {
  const quorum::Configuration first = participants({1, 2, 3}, 0x200000000);
  EXPECT_EQ(newest(first, std::nullopt), first);
}

}  // namespace
}  // namespace quorate::node
