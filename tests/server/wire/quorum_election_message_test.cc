// The election port: hello, frames and notifications, against what Apache's members send.
#include "server/wire/election_message.h"

#include <gtest/gtest.h>

#include "server/wire/peer_extension.h"
#include "tests/server/wire/vectors.h"

namespace quorate::wire {
namespace {

std::string hello_with(int64_t version, int64_t sid, std::string_view addresses) {
  std::string bytes;
  Writer writer(bytes);
  writer.put_long(version);
  writer.put_long(sid);
  writer.put_string(addresses);
  return bytes;
}

std::vector<ElectionAddress> addresses_in(std::string_view text, int64_t version = -65535) {
  const ElectionHelloRead read = read_election_hello(hello_with(version, 4, text));
  EXPECT_EQ(read.outcome, ReadOutcome::kWhole) << text;
  return read.hello.addresses;
}

TEST(ElectionHello, OfApache) {
  const std::string bytes = quorum_vector("sent_hello");
  const ElectionHelloRead read = read_election_hello(bytes);
  EXPECT_EQ(read.outcome, ReadOutcome::kWhole);
  EXPECT_EQ(read.size, bytes.size());
  EXPECT_EQ(read.hello.sid, ServerId{5});
  ASSERT_EQ(read.hello.addresses.size(), 1U);
  EXPECT_EQ(read.hello.addresses[0].host, "127.0.0.1");
  std::string again;
  encode(read.hello, again);
  EXPECT_EQ(to_hex(again), to_hex(bytes));
}

TEST(ElectionHello, BareId) {
  const std::string bytes("\0\0\0\0\0\0\0\7rest", 12);
  const ElectionHelloRead read = read_election_hello(bytes);
  EXPECT_EQ(read.outcome, ReadOutcome::kWhole);
  EXPECT_EQ(read.size, 8U);
  EXPECT_EQ(read.hello, (ElectionHello{ServerId{7}, {}}));
}

TEST(ElectionHello, SeveralAddresses) {
  const std::vector<ElectionAddress> two = {{"a.example", 3888}, {"fe80::1", 3889}};
  EXPECT_EQ(addresses_in("a.example:3888|[fe80::1]:3889"), two);
  std::string bytes;
  encode(ElectionHello{ServerId{4}, two}, bytes);
  EXPECT_EQ(to_hex(bytes), to_hex(hello_with(-65535, 4, "a.example:3888|[fe80::1]:3889")));
}

TEST(ElectionHello, WildcardsMeanNothingToOthers) {
  EXPECT_TRUE(addresses_in("0.0.0.0:3888").empty());
  EXPECT_TRUE(addresses_in("[::]:3888|[0:0:0:0:0:0:0:0]:3888").empty());
  EXPECT_EQ(addresses_in("0.0.0.0:3888|b:3888").size(), 1U);
}

TEST(ElectionHello, AnonymousObserver) {
  const auto read = read_election_hello(hello_with(-65536, kAnonymousServerId.value, "a:1"));
  EXPECT_EQ(read.hello.sid, kAnonymousServerId);
}

TEST(ElectionHello, NeedsMore) {
  const std::string bytes = quorum_vector("sent_hello");
  for (size_t size = 0; size < bytes.size(); ++size) {
    const ExactCopy prefix(bytes.substr(0, size));
    const ElectionHelloRead read = read_election_hello(prefix.view());
    EXPECT_EQ(read.outcome, ReadOutcome::kNeedsMore) << size;
    EXPECT_GT(read.size, size);
  }
}

TEST(ElectionHello, Malformed) {
  for (const std::string& bytes :
       {hello_with(-65534, 4, "a:1"), hello_with(-1, 4, "a:1"), hello_with(-65536, 4, ""),
        hello_with(-65536, 4, std::string(2049, 'a')), hello_with(-65536, 4, "a"),
        hello_with(-65536, 4, ":1"), hello_with(-65536, 4, "a:"), hello_with(-65536, 4, "a:65536"),
        hello_with(-65536, 4, "a:1x"), hello_with(-65536, 4, "[::1:1"),
        hello_with(-65536, 4, "a:1||b:2"), hello_with(-65536, 4, "a:-1")}) {
    EXPECT_EQ(read_election_hello(bytes).outcome, ReadOutcome::kMalformed) << to_hex(bytes);
  }
}

TEST(ElectionFrame, Bounds) {
  std::string bytes("\0\0\0\2ab!", 7);
  const ElectionFrameRead read = read_election_frame(bytes);
  EXPECT_EQ(read.outcome, ReadOutcome::kWhole);
  EXPECT_EQ(read.size, 6U);
  EXPECT_EQ(read.payload, "ab");
  EXPECT_EQ(read_election_frame(bytes.substr(0, 3)).outcome, ReadOutcome::kNeedsMore);
  EXPECT_EQ(read_election_frame(bytes.substr(0, 5)).size, 6U);
  for (const int32_t size : {0, -1, 524289}) {
    std::string bad;
    Writer(bad).put_int(size);
    EXPECT_EQ(read_election_frame(bad).outcome, ReadOutcome::kMalformed) << size;
  }
  std::string largest;
  Writer(largest).put_int(524288);
  EXPECT_EQ(read_election_frame(largest).outcome, ReadOutcome::kNeedsMore);
}

// ---- Notifications ----------------------------------------------------------------------------

constexpr Vote kVote{Epoch{5}, Zxid{0x500000007}, ServerId{3}};

TEST(Notification, OfApache) {
  const std::string bytes = quorum_vector("notification");
  const auto notification = decode_notification(bytes);
  ASSERT_TRUE(notification);
  EXPECT_EQ(notification->state, PeerState::kLooking);
  EXPECT_EQ(notification->vote, kVote);
  EXPECT_EQ(notification->round, Round{4});
  EXPECT_EQ(notification->version, kNotificationVersion);
  EXPECT_EQ(notification->config, "server.1=a:1:2:participant\nversion=100000000");
  std::string frame;
  encode_frame(*notification, frame);
  EXPECT_EQ(to_hex(frame.substr(4)), to_hex(bytes));
}

TEST(Notification, SentByAMember) {
  const std::string bytes = quorum_vector("sent_frame");
  const ElectionFrameRead frame = read_election_frame(bytes);
  ASSERT_EQ(frame.outcome, ReadOutcome::kWhole);
  const auto notification = decode_notification(frame.payload);
  ASSERT_TRUE(notification);
  EXPECT_EQ(notification->vote, (Vote{Epoch{0}, Zxid{0}, ServerId{5}}));
  EXPECT_EQ(notification->round, Round{1});
  EXPECT_TRUE(notification->config->ends_with("\nversion=0"));
  EXPECT_TRUE(notification->extension.empty());
  std::string again;
  encode_frame(*notification, again);
  EXPECT_EQ(to_hex(again), to_hex(bytes));
}

TEST(Notification, OfFortyBytesCountsAsVersion0) {
  const auto notification = decode_notification(quorum_vector("notification_40"));
  ASSERT_TRUE(notification);
  EXPECT_EQ(notification->state, PeerState::kLeading);
  EXPECT_EQ(notification->vote, kVote);
  EXPECT_EQ(notification->version, 0);
  EXPECT_FALSE(notification->config);
}

TEST(Notification, OfTwentyEightBytesTakesTheEpochOfTheZxid) {
  const auto notification = decode_notification(quorum_vector("notification_40").substr(0, 28));
  ASSERT_TRUE(notification);
  EXPECT_EQ(notification->vote, kVote);
  EXPECT_EQ(notification->version, 0);
}

TEST(Notification, OtherSizesAreDropped) {
  const std::string whole = quorum_vector("notification");
  for (size_t size = 0; size < whole.size(); ++size) {
    const ExactCopy prefix(whole.substr(0, size));
    EXPECT_EQ(decode_notification(prefix.view()).has_value(), size == 28 || size == 40) << size;
  }
}

TEST(Notification, UnknownStatesAndSizesOfConfigurations) {
  std::string bytes = quorum_vector("notification");
  bytes[3] = 4;
  EXPECT_FALSE(decode_notification(bytes));
  bytes = quorum_vector("notification");
  bytes[40] = '\xff';  // A negative size.
  EXPECT_FALSE(decode_notification(bytes));
}

TEST(Notification, Version1HasNoConfiguration) {
  std::string bytes = quorum_vector("notification");
  bytes[39] = 1;
  const auto notification = decode_notification(bytes);
  ASSERT_TRUE(notification);
  EXPECT_EQ(notification->version, 1);
  EXPECT_FALSE(notification->config);
}

// The text may hold names of any script, and goes out as it came in: ZOOKEEPER-4787.
TEST(Notification, Zookeeper4787ConfigurationIsUtf8) {
  Notification notification{.vote = kVote, .version = 2, .config = "server.1=z\xc3\xbcrich:1:2"};
  std::string frame;
  encode_frame(notification, frame);
  EXPECT_EQ(decode_notification(std::string_view(frame).substr(4)), notification);
}

// ---- Extensions -------------------------------------------------------------------------------

PeerExtension full_extension() {
  return {.ensemble_id = "3f2a",
          .capabilities = 5,
          .last_logged = Zxid{0x900000007},
          .accepted_epoch = Epoch{9},
          .next_configuration = "server.1=m1:2888:3888:participant\nversion=900000001",
          .witness = "0123456789abcdefghijklmn"};
}

std::string encoded(const PeerExtension& extension) {
  std::string bytes;
  Writer writer(bytes);
  write(writer, extension);
  return bytes;
}

TEST(PeerExtension, TravelsBehindANotification) {
  const std::string extension = encoded(full_extension());
  const Notification notification{.version = 2, .config = "version=0", .extension = extension};
  std::string frame;
  encode_frame(notification, frame);
  const auto read = decode_notification(std::string_view(frame).substr(4));
  ASSERT_TRUE(read);
  EXPECT_EQ(decode_peer_extension(read->extension), full_extension());
}

TEST(PeerExtension, FieldsAreOptional) {
  EXPECT_EQ(decode_peer_extension(encoded({})), PeerExtension{});
  PeerExtension one;
  one.last_logged = Zxid{0};
  EXPECT_EQ(decode_peer_extension(encoded(one)), one);
}

TEST(WitnessedDisks, TravelAsTheyAre) {
  const std::vector<WitnessedDisk> disks = {
      {.server = ServerId{1}, .accepted = Epoch{5}, .durable = Zxid{0x500000007}},
      {.server = ServerId{255}, .accepted = Epoch{0}, .durable = Zxid{0}}};
  std::string bytes;
  encode(disks, bytes);
  EXPECT_EQ(bytes.size(), 2 * kWitnessedDiskBytes);
  EXPECT_EQ(decode_witnessed_disks(bytes), disks);
  EXPECT_FALSE(decode_witnessed_disks(bytes + "x"));
  EXPECT_FALSE(
      decode_witnessed_disks(std::string((kWitnessedDisksMax + 1) * kWitnessedDiskBytes, 'x')));
}

TEST(PeerExtension, ForeignBytesAreNone) {
  EXPECT_FALSE(decode_peer_extension(""));
  EXPECT_FALSE(decode_peer_extension("version=0 and more"));
  const std::string whole = encoded(full_extension());
  for (size_t size = 0; size < whole.size(); ++size) {
    const ExactCopy prefix(whole.substr(0, size));
    EXPECT_FALSE(decode_peer_extension(prefix.view())) << size;
  }
}

TEST(PeerExtension, LaterFieldsArePassedOver) {
  std::string bytes = encoded({});
  bytes += std::string("\x63\0\2hi", 5);
  store_big_endian(bytes.data() + 4, int32_t{5});
  EXPECT_EQ(decode_peer_extension(bytes), PeerExtension{});
}

TEST(PeerExtension, WrongSizesAreRefused) {
  for (const char tag : {'\1', '\2', '\3', '\5'}) {
    std::string bytes = encoded({});
    bytes += std::string(1, tag) + std::string("\0\0", 2);
    store_big_endian(bytes.data() + 4, int32_t{3});
    EXPECT_FALSE(decode_peer_extension(bytes)) << int{tag};
  }
}

// ---- Votes ------------------------------------------------------------------------------------

TEST(Vote, OrderIsEpochThenZxidThenServer) {
  const Vote base{Epoch{2}, Zxid{20}, ServerId{2}};
  EXPECT_GT((Vote{Epoch{3}, Zxid{1}, ServerId{1}}), base);
  EXPECT_GT((Vote{Epoch{2}, Zxid{21}, ServerId{1}}), base);
  EXPECT_GT((Vote{Epoch{2}, Zxid{20}, ServerId{3}}), base);
  EXPECT_LT((Vote{Epoch{1}, Zxid{99}, ServerId{9}}), base);
  EXPECT_LT(kNoVote, (Vote{Epoch{0}, Zxid{0}, ServerId{0}}));
}

}  // namespace
}  // namespace quorate::wire
