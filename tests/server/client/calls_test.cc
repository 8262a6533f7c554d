// Every typed call: the request that a server decodes, and the reply that the caller gets.
#include "server/client/calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/wire/reply.h"
#include "server/wire/request.h"

namespace quorate::client {
namespace {

using testing::ElementsAre;

template <typename R, typename T>
R decode_write(const Call<T>& call) {
  const auto decoded = wire::decode_request(call.request.op, call.request.body);
  EXPECT_TRUE(decoded.request.has_value());
  return std::get<R>(std::get<wire::WriteRequest>(*decoded.request));
}

template <typename R, typename T>
R decode_read(const Call<T>& call) {
  const auto decoded = wire::decode_request(call.request.op, call.request.body);
  EXPECT_TRUE(decoded.request.has_value());
  return std::get<R>(std::get<wire::ReadRequest>(*decoded.request));
}

wire::Stat some_stat() {
  wire::Stat stat;
  stat.mzxid = Zxid{12};
  stat.version = 3;
  return stat;
}

const Calls kCalls("/app");

TEST(Calls, CreateChoosesTheOpcodeByModeAndStat) {
  struct Case {
    CreateMode mode;
    bool with_stat;
    wire::OpCode op;
  };
  using Mode = CreateMode;
  for (const Case& one : {Case{Mode::kPersistent, false, wire::OpCode::kCreate},
                          Case{Mode::kEphemeralSequential, true, wire::OpCode::kCreate2},
                          Case{Mode::kContainer, false, wire::OpCode::kCreateContainer},
                          Case{Mode::kPersistentWithTtl, false, wire::OpCode::kCreateTtl}}) {
    NewNode node;
    node.mode = one.mode;
    node.with_stat = one.with_stat;
    node.ttl_ms = one.op == wire::OpCode::kCreateTtl ? 500 : -1;
    const auto call = kCalls.create("/a", node);
    EXPECT_EQ(call.request.op, one.op);
    const auto request = decode_write<wire::CreateRequest>(call);
    EXPECT_EQ(request.path, "/app/a");
    EXPECT_EQ(request.flags, static_cast<int32_t>(one.mode));
    EXPECT_EQ(request.ttl_ms, node.ttl_ms);
    EXPECT_EQ(wire::decode_acls(request.acls), node.acls);
  }
}

TEST(Calls, DataKeepsNullAndEmptyApart) {
  NewNode node;
  node.data = std::nullopt;
  EXPECT_EQ(decode_write<wire::CreateRequest>(kCalls.create("/a", node)).data, std::nullopt);
  EXPECT_EQ(decode_write<wire::SetDataRequest>(kCalls.set("/a", "")).data, std::string_view());
  EXPECT_EQ(decode_write<wire::SetDataRequest>(kCalls.set("/a", std::nullopt)).data, std::nullopt);
}

TEST(Calls, TheRootOfAChrootIsTheChroot) {
  EXPECT_EQ(decode_read<wire::GetDataRequest>(kCalls.get("/")).path, "/app");
  EXPECT_EQ(decode_read<wire::GetDataRequest>(Calls().get("/")).path, "/");
}

TEST(Calls, WatchesAreNotedWithTheServersPath) {
  EXPECT_EQ(kCalls.get("/a").request.watch.kind, WatchIntent::Kind::kNone);
  const auto call = kCalls.get("/a", true);
  EXPECT_EQ(call.request.watch.kind, WatchIntent::Kind::kData);
  EXPECT_EQ(call.request.watch.path, "/app/a");
  EXPECT_TRUE(decode_read<wire::GetDataRequest>(call).watch);
}

TEST(Calls, ReadsCreatedPathsWithoutTheChroot) {
  std::string body;
  wire::Writer writer(body);
  writer.put_string("/app/a0000000001");
  auto outcome = read_reply(kCalls.create("/a", {}), Reply{wire::ErrorCode::kOk, Zxid{9}, body});
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.value.path, "/a0000000001");
  EXPECT_EQ(outcome.zxid, Zxid{9});
  EXPECT_FALSE(outcome.value.stat.has_value());
  wire::write(writer, some_stat());
  NewNode node;
  node.with_stat = true;
  outcome = read_reply(kCalls.create("/a", node), Reply{wire::ErrorCode::kOk, {}, body});
  EXPECT_EQ(outcome.value.stat, some_stat());
}

TEST(Calls, ATruncatedReplyIsAMarshallingError) {
  std::string body;
  wire::Writer writer(body);
  writer.put_string("data");
  wire::write(writer, some_stat());
  for (size_t size = 0; size < body.size(); ++size) {
    const auto outcome =
        read_reply(kCalls.get("/a"), Reply{wire::ErrorCode::kOk, {}, body.substr(0, size)});
    EXPECT_EQ(outcome.error, wire::ErrorCode::kMarshallingError) << size;
  }
  const auto whole = read_reply(kCalls.get("/a"), Reply{wire::ErrorCode::kOk, {}, body});
  EXPECT_EQ(whole.value.data, "data");
  EXPECT_EQ(whole.value.stat, some_stat());
}

TEST(Calls, AnErrorHasNoBody) {
  const auto outcome = read_reply(kCalls.get("/a"), Reply{wire::ErrorCode::kNoNode, Zxid{3}, {}});
  EXPECT_EQ(outcome.error, wire::ErrorCode::kNoNode);
}

TEST(Calls, MultiCarriesEveryOperationAndReadsEveryResult) {
  MultiOp create{MultiOp::Kind::kCreate, "/n", -1, {}, {}};
  create.node.data = "d";
  const std::vector<MultiOp> ops{create,
                                 {MultiOp::Kind::kSet, "/s", 4, {}, "x"},
                                 {MultiOp::Kind::kDelete, "/d", -1, {}, {}},
                                 {MultiOp::Kind::kCheck, "/c", 2, {}, {}}};
  const auto call = kCalls.multi(ops);
  const auto request = decode_write<wire::MultiRequest>(call);
  ASSERT_EQ(request.ops.size(), 4U);
  EXPECT_EQ(std::get<wire::CreateRequest>(request.ops[0]).path, "/app/n");
  EXPECT_EQ(std::get<wire::SetDataRequest>(request.ops[1]).version, 4);
  EXPECT_EQ(std::get<wire::DeleteRequest>(request.ops[2]).path, "/app/d");
  EXPECT_EQ(std::get<wire::CheckRequest>(request.ops[3]).version, 2);

  std::string body;
  wire::Writer writer(body);
  wire::write_multi_header(writer, wire::OpCode::kCreate, false, 0);
  writer.put_string("/app/n");
  wire::write_multi_header(writer, wire::OpCode::kSetData, false, 0);
  wire::write(writer, some_stat());
  wire::write_multi_header(writer, wire::OpCode::kDelete, false, 0);
  wire::write_multi_header(writer, wire::OpCode::kError, false, -101);
  writer.put_int(-101);
  wire::write_multi_header(writer, wire::OpCode::kError, true, -1);
  const auto outcome = read_reply(call, Reply{wire::ErrorCode::kOk, {}, body});
  ASSERT_TRUE(outcome.ok());
  ASSERT_EQ(outcome.value.size(), 4U);
  EXPECT_EQ(outcome.value[0].path, "/n");
  EXPECT_EQ(outcome.value[1].stat, some_stat());
  EXPECT_EQ(outcome.value[2].type, wire::OpCode::kDelete);
  EXPECT_EQ(outcome.value[3].error, wire::ErrorCode::kNoNode);
}

TEST(Calls, MultiReadReadsDataAndChildren) {
  const auto call = kCalls.multi_read({{false, "/a"}, {true, "/b"}});
  const auto request = decode_read<wire::MultiReadRequest>(call);
  EXPECT_EQ(std::get<wire::GetDataRequest>(request.ops[0]).path, "/app/a");
  EXPECT_EQ(std::get<wire::GetChildrenRequest>(request.ops[1]).path, "/app/b");
  std::string body;
  wire::Writer writer(body);
  wire::write_multi_header(writer, wire::OpCode::kGetData, false, 0);
  writer.put_string("v");
  wire::write(writer, some_stat());
  wire::write_multi_header(writer, wire::OpCode::kGetChildren, false, 0);
  writer.put_int(2);
  writer.put_string("x");
  writer.put_string("y");
  wire::write_multi_header(writer, wire::OpCode::kError, true, -1);
  const auto outcome = read_reply(call, Reply{wire::ErrorCode::kOk, {}, body});
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.value[0].data, "v");
  EXPECT_THAT(outcome.value[1].children, ElementsAre("x", "y"));
}

TEST(Calls, AnUnknownResultInAMultiIsAMarshallingError) {
  std::string body;
  wire::Writer writer(body);
  wire::write_multi_header(writer, wire::OpCode::kSync, false, 0);
  const auto outcome = read_reply(kCalls.multi({}), Reply{wire::ErrorCode::kOk, {}, body});
  EXPECT_EQ(outcome.error, wire::ErrorCode::kMarshallingError);
}

TEST(Calls, ReconfigKeepsAbsentPartsNull) {
  ReconfigChange change;
  change.joining = "server.2=a:1:2;3";
  change.version = 7;
  const auto call = kCalls.reconfig(change);
  const auto request = decode_write<wire::ReconfigRequest>(call);
  EXPECT_EQ(request.joining, "server.2=a:1:2;3");
  EXPECT_EQ(request.leaving, std::nullopt);
  EXPECT_EQ(request.new_members, std::nullopt);
  EXPECT_EQ(request.config_version, 7);
}

TEST(Calls, TheConfigurationHasNoChroot) {
  EXPECT_EQ(decode_read<wire::GetDataRequest>(kCalls.config()).path, "/zookeeper/config");
}

TEST(Chroot, IsCutOffPathsBelowItOnly) {
  EXPECT_EQ(without_chroot("/app/a", "/app"), "/a");
  EXPECT_EQ(without_chroot("/app", "/app"), "/");
  EXPECT_EQ(without_chroot("/application", "/app"), "/application");
  EXPECT_EQ(without_chroot("/a", ""), "/a");
}

}  // namespace
}  // namespace quorate::client
