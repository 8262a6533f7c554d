// Operation x permission: every cell of the table, under every way to be granted something.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>

#include "server/wire/reply.h"
#include "server/wire/stat.h"
#include "tests/server/request/desk.h"
#include "tests/server/request/permission_table.h"

namespace quorate::request::testing {
namespace {

using wire::ErrorCode;
using wire::OpCode;

constexpr std::string_view kParent = "/parent";
constexpr std::string_view kNode = "/parent/node";
constexpr std::string_view kFresh = "/parent/fresh";
// Grants nothing; shows whether digests are masked.
const wire::Acl kWitness{0, {"digest", "other:hash"}};

/// A tree for one cell, and the caller who tries the operation.
struct Scene {
  explicit Scene(const PrepareOptions& options) : desk(options) {}

  Desk desk;
  Caller caller;
};

/// How the caller comes by the permissions of a cell.
struct Grantor {
  const char* name;
  wire::Id granted_to;               ///< Id in the entry that grants.
  std::vector<wire::Id> caller_ids;  ///< Besides ip:10.0.0.1.
  bool skip_acl = false;
};

std::string cell_of(ErrorCode error) {
  if (error == ErrorCode::kOk) {
    return "ok";
  }
  return error == ErrorCode::kNoAuth ? "-" : std::to_string(static_cast<int32_t>(error));
}

wire::CreateRequest create_request(OpCode op, int32_t flags = 0, int64_t ttl_ms = -1) {
  return {.op = op,
          .path = kFresh,
          .data = "data",
          .acls = wire::open_acl(),
          .flags = flags,
          .ttl_ms = ttl_ms};
}

std::string write(Scene& scene, const wire::WriteRequest& request) {
  const uint64_t before = scene.desk.tree().digest();
  const ErrorCode error = scene.desk.write(request, scene.caller);
  if (error != ErrorCode::kOk) {
    EXPECT_EQ(scene.desk.tree().digest(), before) << "a refused write changed something";
  }
  return cell_of(error);
}

/// The result of the one operation; the ones around it must not decide.
std::string write_in_multi(Scene& scene, const wire::MultiOp& op) {
  const wire::DeleteRequest harmless{.path = "/elsewhere", .version = -1};
  const ErrorCode error = scene.desk.write(wire::MultiRequest{.ops = {harmless, op}}, scene.caller);
  EXPECT_EQ(scene.desk.exists("/elsewhere"), error != ErrorCode::kOk) << "not all or nothing";
  const std::vector<tree::OpResult>& results = scene.desk.applied().results;
  return results.size() == 2 ? cell_of(results[1].error) : "no result";
}

std::string read(Scene& scene, const wire::ReadRequest& request) {
  const Answer answer = scene.desk.read(request, scene.caller);
  if (answer.error != ErrorCode::kOk) {
    EXPECT_EQ(answer.body, "") << "a refused read answered something";
  }
  return cell_of(answer.error);
}

/// A read with a watch: refused, it must not leave one.
std::string read_and_watch(Scene& scene, const wire::ReadRequest& request) {
  const std::string cell = read(scene, request);
  EXPECT_EQ(scene.desk.watches().count(), cell == "ok" ? 1U : 0U);
  return cell;
}

std::string read_in_multi(Scene& scene, const wire::MultiReadOp& op) {
  const wire::MultiReadOp open = wire::GetDataRequest{.path = "/elsewhere"};
  const Answer answer =
      scene.desk.read(wire::MultiReadRequest{.ops = {op, open, op}}, scene.caller);
  EXPECT_EQ(answer.error, ErrorCode::kOk);
  wire::Reader reader(answer.body);
  const wire::MultiHeader header = wire::read_multi_header(reader);
  return header.type == OpCode::kError ? cell_of(static_cast<ErrorCode>(header.error)) : "ok";
}

std::string get_acl(Scene& scene) {
  const Answer answer = scene.desk.read(wire::GetAclRequest{.path = kNode}, scene.caller);
  if (answer.error != ErrorCode::kOk) {
    return cell_of(answer.error);
  }
  wire::Reader reader(answer.body);
  for (const wire::Acl& entry : wire::decode_acls(wire::read_acl_list(reader))) {
    if (entry.id.scheme == "digest" && entry.id.id == "other:x") {
      return "mask";
    }
    if (entry == kWitness) {
      return "ok";
    }
  }
  // The list under test is the parent's: nothing to mask.
  return "ok";
}

std::string set_watches(Scene& scene, const char* kind) {
  wire::SetWatchesRequest request{.op = OpCode::kSetWatches2,
                                  .relative_zxid = scene.desk.database().last_zxid()};
  const std::map<std::string_view, std::vector<std::string_view>*> lists = {
      {"data", &request.data},
      {"exist", &request.exist},
      {"child", &request.child},
      {"persistent", &request.persistent},
      {"recursive", &request.persistent_recursive}};
  lists.at(kind)->push_back(kNode);
  return read(scene, request);
}

std::string on_watch(Scene& scene, OpCode op) {
  scene.desk.watches().add_data(kNode, tree::WatcherId{1});
  return read(scene, wire::RemoveWatchesRequest{.op = op, .path = kNode, .type = 2});
}

/// The caller's ephemerals go with his session, whatever their parent's ACL says.
std::string close_session(Scene& scene) {
  const bool was_there = scene.desk.exists("/parent/mine");
  const std::string cell = write(scene, wire::CloseSessionRequest{});
  return was_there && !scene.desk.exists("/parent/mine") ? cell : "left behind";
}

using Attempt = std::function<std::string(Scene&)>;

void add_writes(std::map<std::string, Attempt>& attempts) {
  const auto add = [&](const char* name, const wire::WriteRequest& request) {
    attempts[name] = [request](Scene& scene) { return write(scene, request); };
  };
  add("create", create_request(OpCode::kCreate));
  add("create:ephemeral", create_request(OpCode::kCreate, 1));
  add("create:sequential", create_request(OpCode::kCreate, 2));
  add("create2", create_request(OpCode::kCreate2));
  add("createContainer", create_request(OpCode::kCreateContainer, 4));
  add("createTTL", create_request(OpCode::kCreateTtl, 5, 1000));
  add("delete", wire::DeleteRequest{.path = kNode});
  add("setData", wire::SetDataRequest{.path = kNode, .data = "new"});
  add("setACL", wire::SetAclRequest{.path = kNode, .acls = wire::open_acl()});
  add("check", wire::CheckRequest{.path = kNode});
  add("deleteContainer", wire::DeleteContainerRequest{.path = kNode});
  add("reconfig", wire::ReconfigRequest{.joining = "server.2=h:2888:3888"});
  attempts["closeSession"] = close_session;

  const auto add_multi = [&](const char* name, const wire::MultiOp& op) {
    attempts[name] = [op](Scene& scene) { return write_in_multi(scene, op); };
  };
  add_multi("multi/create", create_request(OpCode::kCreate));
  add_multi("multi/create2", create_request(OpCode::kCreate2));
  add_multi("multi/createContainer", create_request(OpCode::kCreateContainer, 4));
  add_multi("multi/createTTL", create_request(OpCode::kCreateTtl, 5, 1000));
  add_multi("multi/delete", wire::DeleteRequest{.path = kNode});
  add_multi("multi/setData", wire::SetDataRequest{.path = kNode, .data = "new"});
  add_multi("multi/check", wire::CheckRequest{.path = kNode});
}

void add_reads(std::map<std::string, Attempt>& attempts) {
  const auto add = [&](const char* name, const wire::ReadRequest& request) {
    attempts[name] = [request](Scene& scene) { return read(scene, request); };
  };
  const auto add_watching = [&](const char* name, const wire::ReadRequest& request) {
    attempts[name] = [request](Scene& scene) { return read_and_watch(scene, request); };
  };
  add_watching("exists", wire::ExistsRequest{.path = kNode, .watch = true});
  add("exists:missing", wire::ExistsRequest{.path = kFresh, .watch = true});
  add_watching("getData", wire::GetDataRequest{.path = kNode, .watch = true});
  add_watching("getChildren", wire::GetChildrenRequest{.path = kNode, .watch = true});
  add_watching("getChildren2",
               wire::GetChildrenRequest{.path = kNode, .watch = true, .with_stat = true});
  add("getAllChildrenNumber", wire::GetAllChildrenNumberRequest{.path = kNode});
  add("getEphemerals", wire::GetEphemeralsRequest{.prefix = kNode});
  add("sync", wire::SyncRequest{.path = kNode});
  add("whoAmI", wire::WhoAmIRequest{});
  add("addWatch/persistent", wire::AddWatchRequest{.path = kNode, .mode = 0});
  add("addWatch/recursive", wire::AddWatchRequest{.path = kNode, .mode = 1});
  attempts["getACL"] = get_acl;
  attempts["checkWatches"] = [](Scene& scene) { return on_watch(scene, OpCode::kCheckWatches); };
  attempts["removeWatches"] = [](Scene& scene) { return on_watch(scene, OpCode::kRemoveWatches); };
  for (const char* kind : {"data", "exist", "child"}) {
    attempts[std::string("setWatches/") + kind] = [kind](Scene& scene) {
      return set_watches(scene, kind);
    };
  }
  for (const char* kind : {"persistent", "recursive"}) {
    attempts[std::string("setWatches2/") + kind] = [kind](Scene& scene) {
      return set_watches(scene, kind);
    };
  }
  attempts["multiRead/getData"] = [](Scene& scene) {
    return read_in_multi(scene, wire::GetDataRequest{.path = kNode});
  };
  attempts["multiRead/getChildren"] = [](Scene& scene) {
    return read_in_multi(scene, wire::GetChildrenRequest{.path = kNode});
  };
}

const std::map<std::string, Attempt>& attempts() {
  static const std::map<std::string, Attempt> all = [] {
    std::map<std::string, Attempt> made;
    add_writes(made);
    add_reads(made);
    return made;
  }();
  return all;
}

bool is_event(const PermissionRow& row) { return row.operation.starts_with("event/"); }

/// /parent, /parent/node and an ephemeral of the caller, one of the former two under `perms`.
std::unique_ptr<Scene> make_scene(const PermissionRow& row, const Grantor& grantor, int32_t perms) {
  PrepareOptions options = Desk::default_options();
  options.skip_acl = grantor.skip_acl;
  auto scene = std::make_unique<Scene>(options);
  Desk& desk = scene->desk;
  const std::string restricted = wire::encode_acls({{perms, grantor.granted_to}, kWitness});
  EXPECT_EQ(desk.create(kParent), ErrorCode::kOk);
  EXPECT_EQ(desk.create("/elsewhere"), ErrorCode::kOk);
  EXPECT_EQ(desk.create(kNode, "data", row.on_parent ? "" : restricted), ErrorCode::kOk);
  scene->caller.who = identities({{"ip", "10.0.0.1"}});
  for (const wire::Id& id : grantor.caller_ids) {
    EXPECT_TRUE(scene->caller.who.add(id));
  }
  if (row.operation == "closeSession") {
    wire::CreateRequest mine = create_request(OpCode::kCreate, 1);
    mine.path = "/parent/mine";
    EXPECT_EQ(desk.write(mine, scene->caller), ErrorCode::kOk);
  }
  if (row.on_parent) {
    EXPECT_EQ(desk.write_as_server(wire::SetAclRequest{.path = kParent, .acls = {restricted}}),
              ErrorCode::kOk);
  }
  return scene;
}

/// What the cell says for a caller who is granted nothing: the permission is refused wherever some
/// permission is needed.
std::string cell_without_grant(const PermissionRow& row) {
  for (const std::string& cell : row.cells) {
    if (cell == "-") {
      return "-";
    }
  }
  return row.cells[0];
}

/// What it says for one who may do everything.
std::string cell_with_all(const PermissionRow& row) {
  for (const std::string& cell : row.cells) {
    if (cell == "ok") {
      return "ok";
    }
  }
  return row.cells[0];
}

using Expected = std::function<std::string(const PermissionRow&, size_t column)>;

void check_table(const Grantor& grantor, const Expected& expected) {
  for (const PermissionRow& row : permission_rows()) {
    if (is_event(row)) {
      continue;
    }
    const auto attempt = attempts().find(row.operation);
    ASSERT_NE(attempt, attempts().end()) << "nobody tries " << row.operation;
    for (size_t column = 0; column < kGrants.size(); ++column) {
      SCOPED_TRACE(row.operation + (row.on_parent ? ", parent's" : ", node's") + " ACL grants " +
                   std::to_string(kGrants[column]) + " by " + grantor.name);
      const auto scene = make_scene(row, grantor, kGrants[column]);
      EXPECT_EQ(attempt->second(*scene), expected(row, column));
    }
  }
}

std::string as_it_stands(const PermissionRow& row, size_t column) { return row.cells[column]; }

class GrantedBy : public ::testing::TestWithParam<Grantor> {};

TEST_P(GrantedBy, EveryCellHolds) { check_table(GetParam(), as_it_stands); }

INSTANTIATE_TEST_SUITE_P(
    Permissions, GrantedBy,
    ::testing::Values(
        Grantor{"world", {"world", "anyone"}, {}}, Grantor{"ip", {"ip", "10.0.0.0/8"}, {}},
        Grantor{"digest", {"digest", "user:hash"}, {{"digest", "user:hash"}}},
        Grantor{"x509", {"x509", "CN=client"}, {{"x509", "CN=client"}}},
        Grantor{"one_of_two", {"digest", "b:hash"}, {{"digest", "a:hash"}, {"digest", "b:hash"}}}),
    [](const auto& tested) { return tested.param.name; });

class GrantedToOthers : public ::testing::TestWithParam<Grantor> {};

TEST_P(GrantedToOthers, CountsForNothing) {
  check_table(GetParam(), [](const PermissionRow& row, size_t) { return cell_without_grant(row); });
}

INSTANTIATE_TEST_SUITE_P(
    Permissions, GrantedToOthers,
    ::testing::Values(Grantor{"other_user", {"digest", "user:hash"}, {{"digest", "user:hasH"}}},
                      Grantor{"nobody_known", {"digest", "user:hash"}, {}},
                      Grantor{"other_network", {"ip", "10.1.0.0/16"}, {}},
                      Grantor{"other_scheme", {"digest", "user:hash"}, {{"x509", "user:hash"}}},
                      Grantor{"other_subject", {"x509", "CN=client"}, {{"x509", "CN=other"}}}),
    [](const auto& tested) { return tested.param.name; });

class AboveAcls : public ::testing::TestWithParam<Grantor> {};

TEST_P(AboveAcls, MayDoEverything) {
  check_table(GetParam(), [](const PermissionRow& row, size_t) { return cell_with_all(row); });
}

INSTANTIATE_TEST_SUITE_P(
    Permissions, AboveAcls,
    ::testing::Values(Grantor{"super", {"digest", "user:hash"}, {{"super", ""}}},
                      Grantor{"skip_acl", {"digest", "user:hash"}, {}, true}),
    [](const auto& tested) { return tested.param.name; });

TEST(PermissionTable, NamesEveryOperationOnceAndIsReadable) {
  std::map<std::string, int> seen;
  for (const PermissionRow& row : permission_rows()) {
    EXPECT_EQ(++seen[row.operation + (row.on_parent ? " parent" : " node")], 1) << row.operation;
    for (const std::string& cell : row.cells) {
      EXPECT_TRUE(cell == "ok" || cell == "-" || cell == "mask" || cell.starts_with("-"))
          << row.operation << ": " << cell;
      EXPECT_FALSE(cell.empty()) << row.operation;
    }
  }
  for (const auto& [name, attempt] : attempts()) {
    EXPECT_TRUE(seen.contains(name + " node") || seen.contains(name + " parent")) << name;
  }
}

}  // namespace
}  // namespace quorate::request::testing
