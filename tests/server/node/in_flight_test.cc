// Which request a transaction is of.
#include "server/node/in_flight.h"

#include <gtest/gtest.h>

namespace quorate::node {
namespace {

using wire::OpCode;

constexpr SessionId kOne{0x100};
constexpr SessionId kOther{0x200};

InFlightRequest request(SessionId session, int32_t cxid, OpCode op, int64_t held = 10,
                        uint64_t connection = 1) {
  return {.slot = {},
          .connection = ConnectionId{connection},
          .session = session,
          .cxid = cxid,
          .op = op,
          .held = Zxid{held}};
}
wire::TxnHeader txn(SessionId session, int32_t cxid, OpCode type, int64_t zxid = 11) {
  return {.session = session, .cxid = cxid, .zxid = Zxid{zxid}, .time = {}, .type = type};
}

TEST(InFlight, TheOldestOfTheSessionIsSettledByItsTransaction) {
  InFlight open;
  open.push(request(kOne, 1, OpCode::kCreate));
  open.push(request(kOther, 1, OpCode::kSetData));
  open.push(request(kOne, 2, OpCode::kDelete));
  EXPECT_EQ(open.settle(txn(kOne, 2, OpCode::kDelete)), nullptr) << "not in its order";
  EXPECT_NE(open.settle(txn(kOther, 1, OpCode::kSetData)), nullptr);
  const InFlightRequest* settled = open.settle(txn(kOne, 1, OpCode::kCreate));
  ASSERT_NE(settled, nullptr);
  EXPECT_EQ(settled->op, OpCode::kCreate);
  EXPECT_EQ(open.settle(txn(kOne, 1, OpCode::kCreate)), nullptr) << "once";
  EXPECT_NE(open.settle(txn(kOne, 2, OpCode::kDelete)), nullptr);
  EXPECT_TRUE(open.empty());
}

TEST(InFlight, ARefusalIsAnErrorTransaction) {
  InFlight open;
  open.push(request(kOne, 5, OpCode::kCreate));
  EXPECT_NE(open.settle(txn(kOne, 5, OpCode::kError)), nullptr);
}

TEST(InFlight, TheTypeAndTheZxidTellRequestsWithTheSameCxidApart) {
  InFlight open;
  open.push(request(kOne, 1, OpCode::kSetData, 20));
  EXPECT_EQ(open.settle(txn(kOne, 1, OpCode::kCreate, 21)), nullptr) << "another type";
  EXPECT_EQ(open.settle(txn(kOne, 1, OpCode::kSetData, 20)), nullptr)
      << "it was in the history when the request was sent";
  EXPECT_NE(open.settle(txn(kOne, 1, OpCode::kSetData, 21)), nullptr);
}

TEST(InFlight, RequestsOfClosedConnectionsCountToo) {
  InFlight open;
  open.push(request(kOne, 1, OpCode::kCreate, 10, 1));
  open.push(request(kOne, 1, OpCode::kCreate, 10, 2));  // The client counts anew.
  const InFlightRequest* first = open.settle(txn(kOne, 1, OpCode::kCreate, 11));
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->connection, ConnectionId{1});
  const InFlightRequest* second = open.settle(txn(kOne, 1, OpCode::kCreate, 12));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->connection, ConnectionId{2});
}

TEST(InFlight, WhatIsLeftIsTakenInTheOrderOfSending) {
  InFlight open;
  for (int32_t cxid = 1; cxid <= 5; ++cxid) {
    open.push(request(cxid % 2 == 0 ? kOther : kOne, cxid, OpCode::kCreate));
  }
  ASSERT_NE(open.settle(txn(kOther, 2, OpCode::kCreate)), nullptr);
  EXPECT_EQ(open.size(), 4U);
  Ring<InFlightRequest> left = open.take();
  for (const int32_t cxid : {1, 3, 4, 5}) {
    EXPECT_EQ(left.pop().cxid, cxid);
  }
  EXPECT_TRUE(left.empty());
  EXPECT_EQ(open.size(), 0U);
  EXPECT_EQ(open.settle(txn(kOne, 1, OpCode::kCreate)), nullptr);
}

}  // namespace
}  // namespace quorate::node
