// ConnectionGate: which sessions may begin.
#include "server/app/connection_gate.h"

#include <gtest/gtest.h>

#include <string>

#include "server/base/bytes.h"
#include "server/wire/handshake.h"

namespace quorate::app {
namespace {

constexpr TimePoint kNow{std::chrono::seconds(1000)};

std::string connect_frame(SessionId session) {
  std::string payload;
  wire::encode(wire::ConnectRequest{.timeout_ms = 1000, .session = session}, payload);
  std::string frame;
  append_big_endian(frame, static_cast<int32_t>(payload.size()));
  return frame + payload;
}

GateOptions three_tokens() {
  return {.throttle = {.tokens_max = 3, .fill_time = std::chrono::hours(1), .fill_count = 1}};
}

/// How many of `attempts` connections get in.
int admitted(ConnectionGate& gate, SessionId session, int attempts) {
  static uint64_t next_id = 1;
  int count = 0;
  for (int i = 0; i < attempts; ++i) {
    const ConnectionId id{next_id++};
    gate.opened(id);
    count += gate.admits(id, connect_frame(session), kNow) ? 1 : 0;
  }
  return count;
}

TEST(ConnectionGate, IsOffWithoutTokens) {
  EXPECT_FALSE(ConnectionGate({}, 1).enabled());
  EXPECT_TRUE(ConnectionGate(three_tokens(), 1).enabled());
}

TEST(ConnectionGate, EachSessionCostsOne) {
  ConnectionGate gate(three_tokens(), 1);
  EXPECT_EQ(admitted(gate, {}, 5), 3);
  EXPECT_EQ(gate.refused(), 2U);
  EXPECT_EQ(gate.deficit().count(), 3U);
  EXPECT_EQ(gate.deficit().max_us(), 3);
}

TEST(ConnectionGate, WeightsTellNewSessionsFromRenewedOnes) {
  GateOptions options = three_tokens();
  options.weight_enabled = true;
  options.new_session_weight = 2;
  options.renewed_session_weight = 1;
  ConnectionGate gate(options, 1);
  EXPECT_EQ(admitted(gate, {}, 2), 1);
  EXPECT_EQ(admitted(gate, SessionId{7}, 2), 1);
}

TEST(ConnectionGate, OnlyTheFirstFramesOfAConnectionAreAsked) {
  ConnectionGate gate({.throttle = {.tokens_max = 1, .fill_time = std::chrono::hours(1)}}, 1);
  gate.opened(ConnectionId{1});
  EXPECT_TRUE(gate.admits(ConnectionId{1}, connect_frame({}), kNow));
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(gate.admits(ConnectionId{1}, connect_frame({}), kNow));
  }
  gate.opened(ConnectionId{2});
  gate.closed(ConnectionId{2});
  EXPECT_TRUE(gate.admits(ConnectionId{2}, connect_frame({}), kNow));
}

TEST(ConnectionGate, WhatIsNoHandshakeIsLeftToTheMachine) {
  ConnectionGate gate({.throttle = {.tokens_max = 1, .fill_time = std::chrono::hours(1)}}, 1);
  EXPECT_EQ(admitted(gate, {}, 1), 1);
  for (const std::string& frame : {std::string(4, '\0'), std::string("\0\0\0\2xy", 6)}) {
    gate.opened(ConnectionId{9});
    EXPECT_TRUE(gate.admits(ConnectionId{9}, frame, kNow));
  }
}

TEST(ConnectionGate, DropsAtRandomWhenTheBucketStaysEmpty) {
  GateOptions options = three_tokens();
  options.throttle.freeze_time = Duration::zero();
  options.throttle.drop_increase = 1.0;
  ConnectionGate gate(options, 1);
  EXPECT_EQ(admitted(gate, {}, 3), 3);
  gate.opened(ConnectionId{1'000'000});
  EXPECT_FALSE(
      gate.admits(ConnectionId{1'000'000}, connect_frame({}), kNow + std::chrono::seconds(1)));
  EXPECT_EQ(gate.drop_probability(), 1.0);
}

}  // namespace
}  // namespace quorate::app
