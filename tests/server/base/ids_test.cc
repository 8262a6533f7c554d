// Identifiers: the parts of a zxid, order, hashing.
#include "server/base/ids.h"

#include <gtest/gtest.h>

#include <limits>
#include <type_traits>
#include <unordered_set>

namespace quorate {
namespace {

TEST(Ids, PartsOfAZxid) {
  const Zxid zxid{(int64_t{7} << 32) | 0xfffffffe};
  EXPECT_EQ(zxid.epoch(), 7);
  EXPECT_EQ(zxid.counter(), 0xfffffffeU);
  EXPECT_EQ(zxid.next(), (Zxid{(int64_t{7} << 32) | 0xffffffff}));
  EXPECT_EQ((Zxid{-1}).epoch(), -1);
}

TEST(Ids, Order) {
  EXPECT_LT((Zxid{0x1ffffffff}), (Zxid{0x200000000}));
  EXPECT_LT((Zxid{-1}), (Zxid{0}));
  EXPECT_LT((ServerId{1}), (ServerId{2}));
  EXPECT_EQ((SessionId{5}), (SessionId{5}));
}

TEST(Ids, AreDistinctTypes) {
  EXPECT_FALSE((std::is_convertible_v<Zxid, SessionId>));
  EXPECT_FALSE((std::is_convertible_v<int64_t, Zxid>));
  EXPECT_FALSE((std::is_convertible_v<SessionId, int64_t>));
}

TEST(Ids, Hash) {
  const std::unordered_set<SessionId> sessions = {SessionId{1}, SessionId{2}, SessionId{1}};
  EXPECT_EQ(sessions.size(), 2U);
  const std::unordered_set<ConnectionId> connections = {ConnectionId{1}, ConnectionId{1}};
  EXPECT_EQ(connections.size(), 1U);
}

}  // namespace
}  // namespace quorate
