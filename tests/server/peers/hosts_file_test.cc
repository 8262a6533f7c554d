// The hosts file, and dialling by it.
#include "server/peers/hosts_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "server/peers/dial.h"
#include "tests/server/net/test_certificates.h"
#include "tests/server/peers/loop.h"

namespace quorate::peers {
namespace {

TEST(HostsFile, FindsNamesWithoutRegardToCase) {
  constexpr std::string_view kText =
      "# members\n127.0.1.1 c-a-0.c-members c-a-0\n\n127.0.1.2\tC-B-0 # of zone b\n::1 six\n";
  EXPECT_EQ(find_host(kText, "c-a-0"), "127.0.1.1");
  EXPECT_EQ(find_host(kText, "c-b-0"), "127.0.1.2");
  EXPECT_EQ(find_host(kText, "six"), "::1");
  EXPECT_EQ(find_host(kText, "members"), std::nullopt);
  EXPECT_EQ(find_host(kText, "127.0.1.1"), std::nullopt);
  EXPECT_EQ(find_host("", "c-a-0"), std::nullopt);
}

class DialTest : public testing::Test {
 protected:
  std::optional<Result<Dialled>> dial(std::vector<wire::ElectionAddress> to,
                                      Duration timeout = std::chrono::seconds(5)) {
    std::optional<Result<Dialled>> found;
    const Dial dial(loop.context(), std::move(to), timeout,
                    [&found](Result<Dialled> result) { found = std::move(result); });
    EXPECT_TRUE(loop.run_until([&found] { return found.has_value(); }));
    return found;
  }
  test::Loop loop;
  boost::asio::ip::tcp::acceptor acceptor{loop.context(),
                                          {boost::asio::ip::address_v4::loopback(), 0}};
  uint16_t port = acceptor.local_endpoint().port();
};

TEST_F(DialTest, TakesTheAddressFromTheHostsFile) {
  const net::test::TemporaryDirectory directory;
  ::setenv("QUORATE_HOSTS_FILE", directory.write("hosts", "127.0.0.1 zk-a-0\n").c_str(), 1);
  const auto found = dial({{"zk-a-0", port}});
  ::unsetenv("QUORATE_HOSTS_FILE");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->host, "zk-a-0");
  ::close((*found)->fd);
}

TEST_F(DialTest, TriesTheNextAddress) {
  boost::asio::ip::tcp::acceptor closed(loop.context(),
                                        {boost::asio::ip::address_v4::loopback(), 0});
  const uint16_t dead = closed.local_endpoint().port();
  closed.close();
  const auto found = dial({{"127.0.0.1", dead}, {"localhost", port}});
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->host, "localhost");
  ::close((*found)->fd);

  const auto failed = dial({{"127.0.0.1", dead}});
  ASSERT_TRUE(failed && !*failed);
  EXPECT_EQ(failed->error().message, "127.0.0.1:" + std::to_string(dead) + ": Connection refused");
}

TEST_F(DialTest, SaysWhichNameIsUnknown) {
  const auto failed = dial({{"no-such-host.invalid", port}});
  ASSERT_TRUE(failed && !*failed);
  EXPECT_NE(failed->error().message.find("no-such-host.invalid: "), std::string::npos);
}

TEST_F(DialTest, ADialThatIsDroppedIsSilent) {
  bool called = false;
  {
    const Dial dial(loop.context(), {{"127.0.0.1", port}}, std::chrono::seconds(5),
                    [&called](const Result<Dialled>&) { called = true; });
  }
  const auto other = dial({{"127.0.0.1", port}});
  ASSERT_TRUE(other && *other);
  ::close((*other)->fd);
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace quorate::peers
