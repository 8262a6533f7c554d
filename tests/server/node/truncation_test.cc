// A log that is being cut while the role ends: what was taken behind the cut stays.
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "server/wire/learner_info.h"
#include "server/wire/peer_extension.h"
#include "server/wire/txn.h"
#include "tests/server/node/ensemble_member.h"

namespace quorate::node {
namespace {

std::string error_txn(Zxid zxid) {
  std::string bytes;
  wire::encode_txn({.session = SessionId{1}, .cxid = 1, .zxid = zxid, .type = wire::OpCode::kError},
                   wire::ErrorTxn{wire::ErrorCode::kNoNode}, std::nullopt, bytes);
  return bytes;
}

std::string extension() {
  std::string bytes;
  wire::Writer writer(bytes);
  write(writer, wire::PeerExtension{});
  return bytes;
}

EnsembleOptions options() {
  EnsembleOptions ensemble;
  ensemble.accepted = ensemble.current = Epoch{1};
  ensemble.extension = extension();
  return ensemble;
}

/// 1.1 to 1.4.
Recovered recovered() {
  Recovered found{
      .database = tree::Database(tree::TreeOptions{}), .recent_txns = {}, .snapshot_zxid = {}};
  tree::Applied applied;
  for (int64_t counter = 1; counter <= 4; ++counter) {
    const Zxid zxid{(int64_t{1} << 32) + counter};
    const std::string txn = error_txn(zxid);
    EXPECT_TRUE(found.database.apply(*wire::decode_txn(txn), applied));
    found.recent_txns.push_back(txn);
  }
  return found;
}

/// Follows member 3, which has it cut its log behind 1.2.
class Follower : public testing::EnsembleMember {
 public:
  Follower() : EnsembleMember(options(), recovered()) {
    using wire::QuorumPacketType;
    const wire::Vote vote{Epoch{2}, Zxid{0x100000003}, ServerId{3}};
    hear_vote(3, wire::PeerState::kLeading, vote, 1);
    hear_vote(2, wire::PeerState::kFollowing, vote, 1);
    step(LeaderConnected{});
    std::string info;
    wire::Writer writer(info);
    const std::string bytes = extension();
    write(writer, wire::LeaderInfo{.extension = bytes});
    hear(QuorumPacketType::kLeaderInfo, Zxid{int64_t{2} << 32}, info);
    step(EpochsSaved{.accepted = Epoch{2}, .current = Epoch{1}});
    hear(QuorumPacketType::kTrunc, Zxid{0x100000002});
  }

  void hear(wire::QuorumPacketType type, Zxid zxid, std::string data = {}) {
    step(LeaderSent{{.type = type, .zxid = zxid, .data = wire::NullableBytes(data)}});
  }
};

TEST(Truncation, WhatCameBehindTheCutStaysWhenTheRoleEndsFirst) {
  Follower follower;
  follower.hear(wire::QuorumPacketType::kProposal, Zxid{0x200000001}, error_txn(Zxid{0x200000001}));
  EXPECT_EQ(follower.status().proposed_zxid, Zxid{0x200000001});

  // The connection is gone before the disk has done any of it.
  follower.step(LeaderLost{});
  auto left = std::make_shared<tree::Database>(tree::TreeOptions{});
  left->set_last_zxid(Zxid{0x100000002});
  follower.step(LogTruncated{.last = Zxid{0x100000002}, .reloaded = left});
  EXPECT_EQ(follower.status().proposed_zxid, Zxid{0x200000001});
  EXPECT_EQ(follower.status().durable_zxid, Zxid{0x100000002});
  follower.step(LogSynced{.zxid = Zxid{0x200000001}});
  EXPECT_EQ(follower.status().durable_zxid, Zxid{0x200000001});
}

TEST(Truncation, ALogThatEndsEarlierIsWhatTheMemberGoesOnFrom) {
  Follower follower;
  follower.step(LeaderLost{});
  auto left = std::make_shared<tree::Database>(tree::TreeOptions{});
  left->set_last_zxid(Zxid{0x100000001});
  follower.step(LogTruncated{.last = Zxid{0x100000001}, .reloaded = left});
  EXPECT_EQ(follower.status().proposed_zxid, Zxid{0x100000001});
  EXPECT_EQ(follower.status().durable_zxid, Zxid{0x100000001});
}

}  // namespace
}  // namespace quorate::node
