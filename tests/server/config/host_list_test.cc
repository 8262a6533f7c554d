// Hosts and addresses to listen on.
#include "server/config/host_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace quorate::config {
namespace {

TEST(HostList, Hosts) {
  for (const char* text : {"localhost", "127.0.0.1", "zk-0.zk.svc.cluster.local.", "a_b", "::1",
                           "fe80::1%eth0", "::ffff:10.0.0.1", "m\xc3\xbcller.example"}) {
    const Result<std::string> host = parse_host(text);
    ASSERT_TRUE(host.ok()) << text;
    EXPECT_EQ(*host, text);
  }
  EXPECT_EQ(*parse_host("[::1]"), "::1");
  EXPECT_EQ(*parse_host("  ::1\t"), "::1");
}

TEST(HostList, NoHosts) {
  for (const std::string& text :
       {std::string(), std::string("a b"), std::string("a:1"), std::string("[::1]:2181"),
        std::string("[a]"), std::string("["), std::string("[]"), std::string("http://a"),
        std::string("a/24"), std::string("a,b"), std::string("a\nb"), std::string(300, 'a')}) {
    EXPECT_FALSE(parse_host(text).ok()) << text;
  }
}

TEST(HostList, Lists) {
  const Result<std::vector<std::string>> hosts = parse_hosts(" a ,, [::1],a,::1,b ");
  ASSERT_TRUE(hosts.ok());
  EXPECT_EQ(*hosts, (std::vector<std::string>{"a", "::1", "b"}));
  EXPECT_EQ(hosts_text(*hosts), "a,[::1],b");
  EXPECT_FALSE(parse_hosts("").ok());
  EXPECT_FALSE(parse_hosts(" , ").ok());
  EXPECT_FALSE(parse_hosts("a,b:1").ok());
}

}  // namespace
}  // namespace quorate::config
