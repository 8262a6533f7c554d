// Edit distance, and the key that was meant.
#include "server/config/suggest.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::config {
namespace {

TEST(EditDistance, CountsSingleEdits) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", "abc"), 0U);
  EXPECT_EQ(edit_distance("abc", "abd"), 1U);
  EXPECT_EQ(edit_distance("abc", "ab"), 1U);
  EXPECT_EQ(edit_distance("abc", "xabc"), 1U);
  EXPECT_EQ(edit_distance("abcd", "acbd"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
  EXPECT_EQ(edit_distance("ABC", "abc"), 0U);
}

TEST(EditDistance, IsSymmetric) {
  for (const char* a : {"", "tickTime", "tikcTime", "snapCount"}) {
    for (const char* b : {"", "tickTime", "xTime", "syncLimit"}) {
      EXPECT_EQ(edit_distance(a, b), edit_distance(b, a)) << a << " " << b;
    }
  }
}

TEST(ClosestKey, FindsWhatWasMeant) {
  EXPECT_EQ(closest_key("tickTme"), "tickTime");
  EXPECT_EQ(closest_key("ticktime"), "tickTime");
  EXPECT_EQ(closest_key("clientPrt"), "clientPort");
  EXPECT_EQ(closest_key("autopurge.snapRetainCnt"), "autopurge.snapRetainCount");
  EXPECT_EQ(closest_key("servr.3"), "server.3");
  EXPECT_EQ(closest_key("Server.12"), "server.12");
  EXPECT_EQ(closest_key("zookeeper.preAllocSize"), "preAllocSize");
  EXPECT_EQ(closest_key("requestThrotleLimit"), "requestThrottleLimit");
  EXPECT_EQ(closest_key("ssl.keystore.location"), "ssl.keyStore.location");
}

TEST(ClosestKey, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(closest_key(""), "");
  EXPECT_EQ(closest_key("x"), "");
  EXPECT_EQ(closest_key("completely.different"), "");
  EXPECT_EQ(closest_key("java.net.preferIPv4Stack"), "");
  EXPECT_EQ(closest_key("server."), "");
}

TEST(ClosestKey, LongNamesCostNothing) { EXPECT_EQ(closest_key(std::string(1 << 20, 'a')), ""); }

}  // namespace
}  // namespace quorate::config
