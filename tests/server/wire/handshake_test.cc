// The handshake of clients that send less than today's.
#include "server/wire/handshake.h"

#include <gtest/gtest.h>

#include "tests/server/wire/samples.h"
#include "tests/server/wire/vectors.h"

namespace quorate::wire {
namespace {

TEST(Handshake, OldClientsLeaveOutReadOnly) {
  std::string bytes = apache_records().at("connect_request");
  bytes.pop_back();
  const auto request = decode_connect_request(bytes);
  ASSERT_TRUE(request.has_value());
  EXPECT_FALSE(request->has_read_only_field);
  EXPECT_FALSE(request->read_only);
  EXPECT_EQ(request->password, kPassword);
  std::string again;
  encode(*request, again);
  EXPECT_EQ(again, bytes);
}

TEST(Handshake, ResponseFollowsTheRequest) {
  ConnectResponse response{20000, SessionId{9}, kPassword, false, true};
  std::string bytes;
  encode(response, bytes);
  EXPECT_EQ(bytes.size(), 37U);
  response.has_read_only_field = false;
  bytes.clear();
  encode(response, bytes);
  EXPECT_EQ(bytes.size(), 36U);
  EXPECT_TRUE(decode_connect_response(bytes) == response);
}

TEST(Handshake, ExpiredSessionIsToldSixteenZeroBytes) {
  std::string bytes;
  encode(ConnectResponse{.has_read_only_field = true}, bytes);
  EXPECT_EQ(to_hex(bytes),
            "00000000"
            "00000000"
            "0000000000000000"
            "00000010" +
                std::string(32, '0') + "00");
}

TEST(Handshake, NullPasswordIsEmpty) {
  const std::string bytes = from_hex(
      "00000000"
      "0000000000000000"
      "00007530"
      "0000000000000000"
      "ffffffff"
      "01");
  const auto request = decode_connect_request(bytes);
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->password, "");
  EXPECT_TRUE(request->read_only);
}

TEST(Handshake, ImpossiblePasswordLengths) {
  for (const char* length : {"fffffffe", "80000000", "7fffffff", "00000011"}) {
    const ExactCopy bytes(
        from_hex("00000000"
                 "0000000000000000"
                 "00007530"
                 "0000000000000000" +
                 std::string(length) + std::string(32, '0')));
    EXPECT_FALSE(decode_connect_request(bytes.view()).has_value()) << length;
  }
}

TEST(Handshake, TrailingBytesAreIgnored) {
  const std::string bytes = apache_records().at("connect_request") + "more";
  const auto request = decode_connect_request(bytes);
  ASSERT_TRUE(request.has_value());
  EXPECT_TRUE(request->read_only);
}

}  // namespace
}  // namespace quorate::wire
