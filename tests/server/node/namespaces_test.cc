// Namespaces: which bytes count for whom, and that names cost no more than the table's bound.
#include "server/node/namespaces.h"

#include <gtest/gtest.h>

#include "tests/server/node/harness.h"

namespace quorate::node::testing {
namespace {

using wire::ErrorCode;
using wire::OpCode;

constexpr int64_t kStat = wire::kStatBytes;

// ---- The table --------------------------------------------------------------------------------

TEST(Namespaces, AreTheFirstComponentOfAPath) {
  Namespaces namespaces;
  NamespaceTraffic* a = namespaces.at("/a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->name, "a");
  EXPECT_EQ(namespaces.at("/a/b/c"), a);
  NamespaceTraffic* ab = namespaces.at("/ab/c");
  EXPECT_EQ(ab->name, "ab");
  EXPECT_EQ(namespaces.at("/a"), a);
  EXPECT_EQ(namespaces.at("/ab"), ab);
  EXPECT_EQ(namespaces.at("/a"), a) << "not the one before, whose name begins so too";
}

TEST(Namespaces, TheRootIsInNone) {
  Namespaces namespaces;
  EXPECT_EQ(namespaces.at("/"), nullptr);
  EXPECT_EQ(namespaces.at(""), nullptr);
  static_cast<void>(namespaces.at("/a"));
  EXPECT_EQ(namespaces.at("/"), nullptr);
  EXPECT_EQ(namespaces.at(""), nullptr);
  EXPECT_EQ(namespaces.traffic().size(), 1U);
}

TEST(Namespaces, NamesBeyondTheBoundShareAPlace) {
  Namespaces namespaces;
  for (int index = 0; index < 10000; ++index) {
    namespaces.at("/n" + std::to_string(index) + "/x")->reads.record(Duration(10));
  }
  const std::vector<NamespaceTraffic> traffic = namespaces.traffic();
  ASSERT_EQ(traffic.size(), Namespaces::kNamesMax + 1);
  EXPECT_EQ(traffic.front().name, kOtherNamespace);
  EXPECT_EQ(traffic.front().reads.count(), 10000 - Namespaces::kNamesMax);
  uint64_t count = 0;
  for (const NamespaceTraffic& each : traffic) {
    count += each.reads.count();
  }
  EXPECT_EQ(count, 10000U) << "nothing is lost";
  EXPECT_EQ(namespaces.at("/n7")->name, "n7") << "the first ones keep theirs";
  EXPECT_EQ(namespaces.at("/n9999")->name, kOtherNamespace);
}

TEST(Namespaces, LongNamesShareAPlace) {
  Namespaces namespaces;
  const std::string fits(Namespaces::kNameBytesMax, 'n');
  EXPECT_EQ(namespaces.at("/" + fits)->name, fits);
  EXPECT_EQ(namespaces.at("/" + fits + "n/x")->name, kOtherNamespace);
  EXPECT_EQ(namespaces.at("/" + fits + "m")->name, kOtherNamespace);
  EXPECT_EQ(namespaces.traffic().size(), 2U);
}

TEST(Namespaces, ResetForgetsAll) {
  Namespaces namespaces;
  namespaces.at("/a")->reads.record(Duration(10));
  namespaces.reset();
  EXPECT_TRUE(namespaces.traffic().empty());
  EXPECT_EQ(namespaces.at("/a")->reads.count(), 0U);
}

// ---- Bytes ------------------------------------------------------------------------------------

class NamespacesOfAMember : public ::testing::Test {
 protected:
  NamespaceTraffic of(std::string_view name) {
    for (NamespaceTraffic& traffic : status().namespaces) {
      if (traffic.name == name) {
        return traffic;
      }
    }
    return {.name = "absent"};
  }
  Status status() { return world_.node().status(world_.now(), {.namespaces = true}); }
  /// Forgets what came before, so that a test sees one request's bytes.
  void reset() { world_.step(ServerStatsReset{}); }

  static Options options() {
    Options options = World::default_options();
    options.prepare.enforce_quota = true;
    return options;
  }

  World world_{options()};
  Client& client_ = world_.open();
};

TEST_F(NamespacesOfAMember, Writes) {
  EXPECT_EQ(world_.create(client_, "/a", "12345"), ErrorCode::kOk);
  EXPECT_EQ(of("a").writes.sum_us(), 2 + 5);
  reset();
  EXPECT_EQ(world_.create(client_, "/a/bc", "1"), ErrorCode::kOk);
  EXPECT_EQ(world_.set(client_, "/a/bc", "1234567"), ErrorCode::kOk);
  EXPECT_EQ(world_.remove(client_, "/a/bc"), ErrorCode::kOk);
  EXPECT_EQ(of("a").writes.count(), 3U);
  EXPECT_EQ(of("a").writes.sum_us(), (5 + 1) + (5 + 7) + 5);
  EXPECT_EQ(of("a").reads.count(), 0U);
}

TEST_F(NamespacesOfAMember, FailedWritesCountNothing) {
  EXPECT_EQ(world_.set(client_, "/a", "x"), ErrorCode::kNoNode);
  const wire::MultiRequest multi{
      .ops = {wire::CreateRequest{
                  .op = OpCode::kCreate, .path = "/a", .data = "x", .acls = wire::open_acl()},
              wire::DeleteRequest{.path = "/b"}}};
  world_.call(client_, OpCode::kMulti, multi);
  EXPECT_FALSE(world_.get(client_, "/a"));
  EXPECT_TRUE(status().namespaces.empty());
}

TEST_F(NamespacesOfAMember, OperationsOfAMulti) {
  const auto create = [](std::string_view path) {
    return wire::CreateRequest{
        .op = OpCode::kCreate, .path = path, .data = "xyz", .acls = wire::open_acl()};
  };
  const wire::MultiRequest multi{.ops = {create("/a"), create("/b"), create("/b/c"),
                                         wire::CheckRequest{.path = "/a"},
                                         wire::SetDataRequest{.path = "/a", .data = "12345"},
                                         wire::DeleteRequest{.path = "/b/c"}}};
  ASSERT_EQ(world_.call(client_, OpCode::kMulti, multi).header.error, ErrorCode::kOk);
  EXPECT_EQ(of("a").writes.count(), 2U);
  EXPECT_EQ(of("a").writes.sum_us(), (2 + 3) + (2 + 5));
  EXPECT_EQ(of("b").writes.count(), 3U);
  EXPECT_EQ(of("b").writes.sum_us(), (2 + 3) + (4 + 3) + 4);
}

TEST_F(NamespacesOfAMember, EphemeralsOfAClosedSessionAreDeletions) {
  constexpr int32_t kEphemeral = 1;
  ASSERT_EQ(world_.create(client_, "/a"), ErrorCode::kOk);
  Client& other = world_.open();
  ASSERT_EQ(world_.create(other, "/a/e", "", kEphemeral), ErrorCode::kOk);
  ASSERT_EQ(world_.create(other, "/f", "", kEphemeral), ErrorCode::kOk);
  reset();
  world_.send(other, OpCode::kCloseSession, wire::CloseSessionRequest{});
  world_.sync();
  EXPECT_EQ(of("a").writes.sum_us(), 4);
  EXPECT_EQ(of("f").writes.sum_us(), 2);
}

TEST_F(NamespacesOfAMember, Reads) {
  world_.create(client_, "/a", "12345");
  world_.create(client_, "/a/child");
  world_.create(client_, "/a/other");
  reset();
  ASSERT_TRUE(world_.get(client_, "/a"));
  EXPECT_EQ(of("a").reads.sum_us(), 2 + 5 + kStat);
  reset();
  world_.call(client_, OpCode::kExists, wire::ExistsRequest{.path = "/a/child"});
  EXPECT_EQ(of("a").reads.sum_us(), 8 + kStat);
  for (const bool with_stat : {false, true}) {
    reset();
    world_.call(client_, with_stat ? OpCode::kGetChildren2 : OpCode::kGetChildren,
                wire::GetChildrenRequest{.path = "/a", .with_stat = with_stat});
    EXPECT_EQ(of("a").reads.sum_us(), 2 + 5 + 5 + kStat) << with_stat;
  }
  EXPECT_EQ(of("a").reads.count(), 1U);
  EXPECT_EQ(of("a").writes.count(), 0U);
}

TEST_F(NamespacesOfAMember, NullDataAndNoChildrenCountAsNothing) {
  wire::CreateRequest request{.op = OpCode::kCreate, .path = "/a", .acls = wire::open_acl()};
  request.data = std::nullopt;
  ASSERT_EQ(world_.call(client_, OpCode::kCreate, request).header.error, ErrorCode::kOk);
  EXPECT_EQ(of("a").writes.sum_us(), 2);
  world_.get(client_, "/a");
  world_.call(client_, OpCode::kGetChildren, wire::GetChildrenRequest{.path = "/a"});
  EXPECT_EQ(of("a").reads.sum_us(), 2 * (2 + kStat));
}

TEST_F(NamespacesOfAMember, FailedReadsAndThoseOfTheRootCountNothing) {
  EXPECT_FALSE(world_.get(client_, "/a"));
  EXPECT_TRUE(world_.get(client_, "/"));
  world_.call(client_, OpCode::kGetChildren, wire::GetChildrenRequest{.path = "/"});
  EXPECT_TRUE(status().namespaces.empty());
}

TEST_F(NamespacesOfAMember, OperationsOfAMultiRead) {
  world_.create(client_, "/a", "12345");
  world_.create(client_, "/b");
  world_.create(client_, "/b/child");
  reset();
  const wire::MultiReadRequest request{
      .ops = {wire::GetDataRequest{.path = "/a"}, wire::GetDataRequest{.path = "/nope"},
              wire::GetChildrenRequest{.path = "/b"}, wire::GetDataRequest{.path = "/b"}}};
  world_.call(client_, OpCode::kMultiRead, request);
  EXPECT_EQ(of("a").reads.sum_us(), 2 + 5 + kStat);
  EXPECT_EQ(of("b").reads.count(), 2U);
  EXPECT_EQ(of("b").reads.sum_us(), (2 + 5 + kStat) + (2 + kStat));
  EXPECT_EQ(status().namespaces.size(), 2U);
}

TEST_F(NamespacesOfAMember, AskedForOnly) {
  world_.create(client_, "/a");
  EXPECT_TRUE(world_.node().status(world_.now()).namespaces.empty());
}

// ---- Quotas -----------------------------------------------------------------------------------

class QuotasOfAMember : public NamespacesOfAMember {
 protected:
  void limit(const std::string& path, std::string_view text) {
    std::string at = "/zookeeper/quota";
    for (size_t begin = 0; begin < path.size();) {
      const size_t end = std::min(path.find('/', begin + 1), path.size());
      at += path.substr(begin, end - begin);
      world_.create(client_, at);
      begin = end;
    }
    ASSERT_EQ(world_.create(client_, at + "/zookeeper_limits", text), ErrorCode::kOk);
    ASSERT_EQ(world_.create(client_, at + "/zookeeper_stats", "count=0,bytes=0"), ErrorCode::kOk);
  }
};

TEST_F(QuotasOfAMember, AreSummedByNamespace) {
  world_.create(client_, "/a");
  world_.create(client_, "/a/b", "12345");
  world_.create(client_, "/a/c", "123");
  world_.create(client_, "/d");
  limit("/a/b", "count=5,bytes=100");
  limit("/a/c", "count=-1,bytes=-1=;byteHardLimit=50;countHardLimit=7");
  limit("/d", "count=9,bytes=-1");
  const std::vector<NamespaceQuota> quotas = status().quotas;
  ASSERT_EQ(quotas.size(), 2U);
  EXPECT_EQ(quotas[0].name, "a");
  EXPECT_TRUE(quotas[0].has_limits);
  EXPECT_EQ(quotas[0].count_limit, 5 + 7) << "a hard limit counts before a soft one";
  EXPECT_EQ(quotas[0].bytes_limit, 100 + 50);
  EXPECT_TRUE(quotas[0].has_usage);
  EXPECT_EQ(quotas[0].count_used, 2);
  EXPECT_EQ(quotas[0].bytes_used, 5 + 3);
  EXPECT_EQ(quotas[1].name, "d");
  EXPECT_EQ(quotas[1].count_limit, 9);
  EXPECT_EQ(quotas[1].bytes_limit, -1);
}

TEST_F(QuotasOfAMember, RefusalsAreCounted) {
  world_.create(client_, "/a");
  limit("/a", "count=-1,bytes=-1=;byteHardLimit=10;countHardLimit=3");
  reset();
  EXPECT_EQ(world_.create(client_, "/a/b", "12345678901"), ErrorCode::kQuotaExceeded);
  EXPECT_EQ(world_.set(client_, "/a", "12345678901"), ErrorCode::kQuotaExceeded);
  EXPECT_EQ(of("a").quota_exceeded, 2U);
  const wire::MultiRequest multi{
      .ops = {wire::CreateRequest{
                  .op = OpCode::kCreate, .path = "/free", .data = "", .acls = wire::open_acl()},
              wire::SetDataRequest{.path = "/a", .data = "12345678901"}}};
  world_.call(client_, OpCode::kMulti, multi);
  EXPECT_EQ(of("a").quota_exceeded, 3U);
  EXPECT_EQ(of("free").name, "absent");
  EXPECT_EQ(of("a").writes.count(), 0U);
}

TEST_F(QuotasOfAMember, NamesBeyondTheBoundShareAPlace) {
  for (size_t index = 0; index < Namespaces::kNamesMax + 20; ++index) {
    limit("/n" + std::to_string(index), "count=5,bytes=-1=;byteHardLimit=100");
  }
  const std::vector<NamespaceQuota> quotas = status().quotas;
  ASSERT_EQ(quotas.size(), Namespaces::kNamesMax + 1);
  EXPECT_EQ(quotas.front().name, kOtherNamespace);
  EXPECT_EQ(quotas.front().count_limit, 5 * 20);
  EXPECT_EQ(quotas.front().bytes_limit, 100 * 20);
}

}  // namespace
}  // namespace quorate::node::testing
