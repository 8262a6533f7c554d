// A log that is being cut while the role ends: what was taken behind the cut stays.
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "server/node/node.h"
#include "server/wire/learner_info.h"
#include "server/wire/peer_extension.h"
#include "server/wire/txn.h"

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

/// Member 1 of three, which has 1.1 to 1.4 in its log.
class Follower {
 public:
  Follower() {
    Options options;
    EnsembleOptions ensemble;
    for (int64_t id = 1; id <= 3; ++id) {
      ensemble.configuration.servers[ServerId{id}].addresses = {
          {.host = "m" + std::to_string(id), .quorum_port = 2888, .election_port = 3888}};
    }
    ensemble.accepted = ensemble.current = Epoch{1};
    ensemble.extension = extension();
    options.ensemble = std::move(ensemble);
    Recovered recovered{
        .database = tree::Database(tree::TreeOptions{}), .recent_txns = {}, .snapshot_zxid = {}};
    tree::Applied applied;
    for (int64_t counter = 1; counter <= 4; ++counter) {
      const Zxid zxid{(int64_t{1} << 32) + counter};
      const std::string txn = error_txn(zxid);
      EXPECT_TRUE(recovered.database.apply(*wire::decode_txn(txn), applied));
      recovered.recent_txns.push_back(txn);
    }
    node_ = std::make_unique<Node>(std::move(options), std::move(recovered), now_);
    node_->begin(now_, actions_);
  }

  /// Returns what that step wants.
  Actions step(const Event& event) {
    actions_.clear();
    node_->step(event, now_, actions_);
    node_->check_invariants();
    return actions_;
  }
  void hear(wire::QuorumPacketType type, Zxid zxid, std::string data = {}) {
    step(LeaderSent{{.type = type, .zxid = zxid, .data = wire::NullableBytes(data)}});
  }
  void hear_vote(int64_t from, wire::PeerState state) {
    step(PeerNotified{ServerId{from},
                      {.state = state,
                       .vote = {Epoch{2}, Zxid{0x100000003}, ServerId{3}},
                       .round = wire::Round{1},
                       .version = wire::kNotificationVersion,
                       .config = wire::NullableBytes()}});
  }
  [[nodiscard]] Status status() const { return node_->status(now_); }

 private:
  Now now_;
  std::unique_ptr<Node> node_;
  Actions actions_;
};

TEST(Truncation, WhatCameBehindTheCutStaysWhenTheRoleEndsFirst) {
  using wire::QuorumPacketType;
  Follower follower;
  follower.hear_vote(3, wire::PeerState::kLeading);
  follower.hear_vote(2, wire::PeerState::kFollowing);
  follower.step(LeaderConnected{});
  std::string info;
  wire::Writer writer(info);
  const std::string bytes = extension();
  write(writer, wire::LeaderInfo{.extension = bytes});
  follower.hear(QuorumPacketType::kLeaderInfo, Zxid{int64_t{2} << 32}, info);
  follower.step(EpochsSaved{.accepted = Epoch{2}, .current = Epoch{1}});
  follower.hear(QuorumPacketType::kTrunc, Zxid{0x100000002});
  follower.hear(QuorumPacketType::kProposal, Zxid{0x200000001}, error_txn(Zxid{0x200000001}));
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
  using wire::QuorumPacketType;
  Follower follower;
  follower.hear_vote(3, wire::PeerState::kLeading);
  follower.hear_vote(2, wire::PeerState::kFollowing);
  follower.step(LeaderConnected{});
  std::string info;
  wire::Writer writer(info);
  const std::string bytes = extension();
  write(writer, wire::LeaderInfo{.extension = bytes});
  follower.hear(QuorumPacketType::kLeaderInfo, Zxid{int64_t{2} << 32}, info);
  follower.step(EpochsSaved{.accepted = Epoch{2}, .current = Epoch{1}});
  follower.hear(QuorumPacketType::kTrunc, Zxid{0x100000002});
  follower.step(LeaderLost{});
  auto left = std::make_shared<tree::Database>(tree::TreeOptions{});
  left->set_last_zxid(Zxid{0x100000001});
  follower.step(LogTruncated{.last = Zxid{0x100000001}, .reloaded = left});
  EXPECT_EQ(follower.status().proposed_zxid, Zxid{0x100000001});
  EXPECT_EQ(follower.status().durable_zxid, Zxid{0x100000001});
}

}  // namespace
}  // namespace quorate::node
