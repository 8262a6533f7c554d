// Packets of the quorum port and their bodies, against what Apache's classes encode.
#include "server/wire/quorum_packet.h"

#include <gtest/gtest.h>

#include "server/wire/learner_info.h"
#include "tests/server/wire/vectors.h"

namespace quorate::wire {
namespace {

constexpr size_t kBytesMax = 1 << 20;

template <typename Body>
std::string body_of(const Body& body) {
  std::string bytes;
  Writer writer(bytes);
  write(writer, body);
  return bytes;
}

/// Reads Apache's packet `name`, which must encode to the same bytes again.
QuorumPacket expect_packet(const std::string& name, const std::string& bytes) {
  const QuorumPacketRead read = read_quorum_packet(bytes, kBytesMax);
  EXPECT_EQ(read.outcome, ReadOutcome::kWhole) << name;
  EXPECT_EQ(read.size, bytes.size()) << name;
  std::string again;
  encode(read.packet, again);
  EXPECT_EQ(to_hex(again), to_hex(bytes)) << name;
  return read.packet;
}

TEST(QuorumPacket, FollowerAndObserverInfo) {
  for (const auto& [name, type] : {std::pair("follower_info", QuorumPacketType::kFollowerInfo),
                                   std::pair("observer_info", QuorumPacketType::kObserverInfo)}) {
    const std::string bytes = quorum_vector(name);
    const QuorumPacket packet = expect_packet(name, bytes);
    EXPECT_EQ(packet.type, type);
    EXPECT_EQ(packet.zxid, Zxid{0x500000000});
    EXPECT_EQ(packet.authors, IdList{});
    const auto info = decode_learner_info(packet.data);
    ASSERT_TRUE(info);
    EXPECT_EQ(*info,
              (LearnerInfo{ServerId{3}, kQuorumProtocolVersion, ConfigVersion{0x100000002}, {}}));
    EXPECT_EQ(to_hex(body_of(*info)), to_hex(quorum_vector("learner_info")));
  }
}

TEST(QuorumPacket, LearnerInfoOfOldPeers) {
  const std::string whole = quorum_vector("learner_info");
  EXPECT_FALSE(decode_learner_info(std::nullopt));
  EXPECT_FALSE(decode_learner_info(whole.substr(0, 7)));
  EXPECT_EQ(decode_learner_info(whole.substr(0, 8)), (LearnerInfo{.sid = ServerId{3}}));
  EXPECT_EQ(decode_learner_info(whole.substr(0, 12)),
            (LearnerInfo{.sid = ServerId{3}, .protocol_version = kQuorumProtocolVersion}));
  EXPECT_EQ(decode_learner_info(whole + "more")->extension, "more");
}

TEST(QuorumPacket, LeaderInfoAndAckEpoch) {
  const std::string info = quorum_vector("leader_info");
  EXPECT_EQ(decode_leader_info(expect_packet("leader_info", info).data), LeaderInfo{});
  EXPECT_EQ(body_of(LeaderInfo{}).size(), 4U);
  EXPECT_FALSE(decode_leader_info("abc"));
  EXPECT_EQ(decode_leader_info(body_of(LeaderInfo{}) + "more")->extension, "more");

  const std::string first = quorum_vector("ack_epoch");
  const std::string again = quorum_vector("ack_epoch_again");
  EXPECT_EQ(decode_ack_epoch(expect_packet("ack_epoch", first).data), AckEpoch{Epoch{5}});
  EXPECT_EQ(decode_ack_epoch(expect_packet("ack_epoch_again", again).data), AckEpoch{});
  EXPECT_EQ(body_of(AckEpoch{}), std::string(4, '\xff'));
  EXPECT_EQ(body_of(AckEpoch{Epoch{5}}), std::string("\0\0\0\5", 4));
  EXPECT_FALSE(decode_ack_epoch(std::nullopt));
}

TEST(QuorumPacket, WithoutData) {
  const std::string ack = quorum_vector("ack");
  const QuorumPacket packet = expect_packet("ack", ack);
  EXPECT_EQ(packet, (QuorumPacket{QuorumPacketType::kAck, Zxid{0x600000001}, std::nullopt, {}}));
  EXPECT_EQ(ack.size(), kQuorumPacketBytesMin);
  const std::string up_to_date = quorum_vector("up_to_date");
  EXPECT_EQ(expect_packet("up_to_date", up_to_date).zxid, Zxid{-1});
}

// Apache reads the data of an answer to PING without a look whether there are any.
TEST(QuorumPacket, AnswerToPingIsEmptyNotNull) {
  const std::string bytes = quorum_vector("ping_answer_empty");
  const QuorumPacket packet = expect_packet("ping_answer_empty", bytes);
  ASSERT_TRUE(packet.data.has_value());
  EXPECT_EQ(SessionTouches::decode(packet.data)->count(), 0U);
  EXPECT_FALSE(SessionTouches::decode(std::nullopt));

  const std::string two = body_of(SessionTouch{SessionId{1}, 10}) + body_of(SessionTouch{{2}, 20});
  const auto touches = SessionTouches::decode(two);
  ASSERT_TRUE(touches);
  EXPECT_EQ(touches->count(), 2U);
  EXPECT_EQ(touches->at(1), (SessionTouch{SessionId{2}, 20}));
  EXPECT_FALSE(SessionTouches::decode(std::string_view(two).substr(1)));
}

TEST(QuorumPacket, ForwardedRequest) {
  const std::string bytes = quorum_vector("request");
  const QuorumPacket packet = expect_packet("request", bytes);
  const auto request = decode_forwarded_request(packet.data);
  ASSERT_TRUE(request);
  EXPECT_EQ(*request, (ForwardedRequest{SessionId{0x1234}, 7, OpCode::kSetData, "\1\2"}));
  const std::vector<Id> authors = {{"ip", "10.0.0.1"}, {"digest", "u:p="}};
  EXPECT_EQ(decode_ids(packet.authors), authors);
  EXPECT_EQ(encode_ids(authors), packet.authors.encoded);

  std::string built;
  Writer writer(built);
  const size_t start = begin_quorum_packet(writer, QuorumPacketType::kRequest, Zxid{-1});
  write(writer, *request);
  end_quorum_packet(writer, start, packet.authors);
  EXPECT_EQ(to_hex(built), to_hex(bytes));
  EXPECT_FALSE(decode_forwarded_request(packet.data->substr(0, 15)));
}

TEST(QuorumPacket, Activation) {
  const std::string bytes = quorum_vector("commit_and_activate");
  const auto commit = decode_activation(expect_packet("commit_and_activate", bytes).data);
  EXPECT_EQ(commit, (Activation{ServerId{3}, {}}));
  const Activation inform{ServerId{3}, "txn"};
  EXPECT_EQ(decode_activation(body_of(inform)), inform);
  EXPECT_FALSE(decode_activation("1234567"));
}

TEST(QuorumPacket, Revalidate) {
  const SessionTouch request{SessionId{9}, 4000};
  EXPECT_EQ(decode_revalidate_request(body_of(request)), request);
  EXPECT_FALSE(decode_revalidate_request(body_of(request).substr(1)));
  const RevalidateResponse response{SessionId{9}, true};
  EXPECT_EQ(body_of(response).size(), 9U);
  EXPECT_EQ(decode_revalidate_response(body_of(response)), response);
  EXPECT_FALSE(decode_revalidate_response(body_of(response).substr(1)));
}

// ---- The stream -------------------------------------------------------------------------------

TEST(QuorumPacketStream, EveryPrefixNeedsMoreAndNeverMoreThanThereIs) {
  for (const std::string name : {"request", "ack", "follower_info", "ping_answer_empty"}) {
    const std::string bytes = quorum_vector(name);
    for (size_t size = 0; size < bytes.size(); ++size) {
      const ExactCopy prefix(bytes.substr(0, size));
      const QuorumPacketRead read = read_quorum_packet(prefix.view(), kBytesMax);
      EXPECT_EQ(read.outcome, ReadOutcome::kNeedsMore) << name << " cut to " << size;
      EXPECT_GT(read.size, size) << name;
      EXPECT_LE(read.size, bytes.size()) << name;
    }
  }
}

TEST(QuorumPacketStream, TakesOnePacketOfMany) {
  const std::string first = quorum_vector("request");
  const std::string second = quorum_vector("ack");
  const QuorumPacketRead read = read_quorum_packet(first + second, kBytesMax);
  EXPECT_EQ(read.outcome, ReadOutcome::kWhole);
  EXPECT_EQ(read.size, first.size());
}

std::string packet_with(int32_t type, int32_t data_size, int32_t author_count) {
  std::string bytes;
  Writer writer(bytes);
  writer.put_int(type);
  writer.put_long(0);
  writer.put_int(data_size);
  if (data_size > 0) {
    writer.put_raw(std::string(static_cast<size_t>(data_size), 'd'));
  }
  writer.put_int(author_count);
  return bytes;
}

ReadOutcome outcome_of(const std::string& bytes, size_t bytes_max = kBytesMax) {
  return read_quorum_packet(bytes, bytes_max).outcome;
}

TEST(QuorumPacketStream, RefusesWhatNobodySends) {
  EXPECT_EQ(outcome_of(packet_with(0, -1, -1)), ReadOutcome::kMalformed);
  EXPECT_EQ(outcome_of(packet_with(20, -1, -1)), ReadOutcome::kMalformed);
  EXPECT_EQ(outcome_of(packet_with(-1, -1, -1)), ReadOutcome::kMalformed);
  EXPECT_EQ(outcome_of(packet_with(3, -2, -1)), ReadOutcome::kMalformed);
  EXPECT_EQ(outcome_of(packet_with(3, -1, -2)), ReadOutcome::kMalformed);
  EXPECT_EQ(outcome_of(packet_with(3, -1, 0x7fffffff)), ReadOutcome::kMalformed);
  EXPECT_EQ(outcome_of(packet_with(3, -1, 0)), ReadOutcome::kWhole);
}

// The length field alone is enough to refuse a packet, before anything of it is kept.
TEST(QuorumPacketStream, RefusesTooLargeByItsLength) {
  const std::string head = packet_with(2, 100, -1).substr(0, 16);
  EXPECT_EQ(outcome_of(head, 120), ReadOutcome::kNeedsMore);
  EXPECT_EQ(outcome_of(head, 115), ReadOutcome::kMalformed);
  EXPECT_EQ(outcome_of(packet_with(2, 100, -1), 120), ReadOutcome::kWhole);
  EXPECT_EQ(outcome_of(packet_with(2, 100, -1), 119), ReadOutcome::kMalformed);
}

}  // namespace
}  // namespace quorate::wire
