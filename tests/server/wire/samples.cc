// The values behind testdata/jute.txt.
#include "tests/server/wire/samples.h"

#include <utility>

namespace quorate::wire {

namespace {

template <typename Kind, typename T>
RequestSample sample(std::string name, OpCode op, const T& request) {
  RequestSample made{std::move(name), op, Request(std::in_place_type<Kind>, request), {}};
  encode(request, made.encoded);
  return made;
}

template <typename T>
RequestSample write_sample(std::string name, OpCode op, const T& request) {
  return sample<WriteRequest>(std::move(name), op, request);
}

template <typename T>
RequestSample read_sample(std::string name, OpCode op, const T& request) {
  return sample<ReadRequest>(std::move(name), op, request);
}

constexpr std::string_view kEmpty("", 0);

MultiRequest sample_multi() {
  return {{CreateRequest{OpCode::kCreate, "/a", kData, two_acls(), 2},
           CreateRequest{OpCode::kCreateTtl, "/t", kEmpty, two_acls(), 5, 5000},
           CreateRequest{OpCode::kCreateContainer, "/c", kEmpty, two_acls(), 4},
           DeleteRequest{"/b", 1}, SetDataRequest{"/s", kData, 2}, CheckRequest{"/k", 3}}};
}

void add_writes(std::vector<RequestSample>& to) {
  to.push_back(write_sample("create", OpCode::kCreate,
                            CreateRequest{OpCode::kCreate, "/a", kData, two_acls(), 3}));
  to.push_back(write_sample("create", OpCode::kCreate2,
                            CreateRequest{OpCode::kCreate2, "/a", kData, two_acls(), 3}));
  to.push_back(write_sample("create", OpCode::kCreateContainer,
                            CreateRequest{OpCode::kCreateContainer, "/a", kData, two_acls(), 3}));
  to.push_back(write_sample("create_null", OpCode::kCreate,
                            CreateRequest{OpCode::kCreate, "/a", std::nullopt, null_acls(), 0}));
  to.push_back(write_sample("create_empty", OpCode::kCreate,
                            CreateRequest{OpCode::kCreate, "/a", kEmpty, no_acls(), 0}));
  to.push_back(write_sample("create_ttl", OpCode::kCreateTtl,
                            CreateRequest{OpCode::kCreateTtl, "/t", kData, two_acls(), 5, 60000}));
  to.push_back(write_sample("delete", OpCode::kDelete, DeleteRequest{"/a/b", 4}));
  to.push_back(write_sample("sync", OpCode::kDeleteContainer, DeleteContainerRequest{"/s"}));
  to.push_back(write_sample("set_data", OpCode::kSetData, SetDataRequest{"/a", kData, -1}));
  to.push_back(write_sample("set_acl", OpCode::kSetAcl, SetAclRequest{"/a", two_acls(), 2}));
  to.push_back(write_sample("check", OpCode::kCheck, CheckRequest{"/a", 9}));
  to.push_back(write_sample("reconfig", OpCode::kReconfig,
                            ReconfigRequest{"server.4=h:1:2", std::nullopt, kEmpty, -1}));
  to.push_back(write_sample("multi", OpCode::kMulti, sample_multi()));
  to.push_back(write_sample("multi_empty", OpCode::kMulti, MultiRequest{}));
}

void add_reads(std::vector<RequestSample>& to) {
  to.push_back(read_sample("exists", OpCode::kExists, ExistsRequest{"/a", true}));
  to.push_back(read_sample("get_data", OpCode::kGetData, GetDataRequest{"/a", false}));
  to.push_back(read_sample("get_acl", OpCode::kGetAcl, GetAclRequest{"/a"}));
  to.push_back(
      read_sample("get_children", OpCode::kGetChildren, GetChildrenRequest{"/a", true, false}));
  to.push_back(
      read_sample("get_children2", OpCode::kGetChildren2, GetChildrenRequest{"/a", true, true}));
  to.push_back(read_sample("multi_read", OpCode::kMultiRead,
                           MultiReadRequest{{GetDataRequest{"/a"}, GetChildrenRequest{"/b"}}}));
  to.push_back(read_sample("sync", OpCode::kSync, SyncRequest{"/s"}));
  to.push_back(read_sample("remove_watches", OpCode::kRemoveWatches,
                           RemoveWatchesRequest{OpCode::kRemoveWatches, "/w", 3}));
  to.push_back(read_sample("check_watches", OpCode::kCheckWatches,
                           RemoveWatchesRequest{OpCode::kCheckWatches, "/w", 1}));
  to.push_back(read_sample(
      "set_watches", OpCode::kSetWatches,
      SetWatchesRequest{OpCode::kSetWatches, Zxid{77}, {"/d"}, {"/e", "/f"}, {}, {}, {}}));
  to.push_back(read_sample(
      "set_watches2", OpCode::kSetWatches2,
      SetWatchesRequest{OpCode::kSetWatches2, Zxid{77}, {"/d"}, {}, {"/c"}, {"/p"}, {"/r", "/q"}}));
  to.push_back(read_sample("get_ephemerals", OpCode::kGetEphemerals, GetEphemeralsRequest{"/e"}));
  to.push_back(read_sample("get_all_children_number", OpCode::kGetAllChildrenNumber,
                           GetAllChildrenNumberRequest{"/n"}));
  to.push_back(read_sample("add_watch", OpCode::kAddWatch, AddWatchRequest{"/w", 1}));
}

}  // namespace

AclList two_acls() {
  static const auto* encoded =
      new std::string(encode_acls({{kPermAll, {"world", "anyone"}}, {1, {"digest", "u:p="}}}));
  return {*encoded};
}

AclList no_acls() { return {std::string_view("\0\0\0\0", 4)}; }

AclList null_acls() { return {std::string_view("\xff\xff\xff\xff", 4)}; }

std::vector<RequestSample> request_samples() {
  std::vector<RequestSample> samples;
  add_writes(samples);
  add_reads(samples);
  samples.push_back(
      sample<ConnectionRequest>("auth", OpCode::kAuth, AuthRequest{0, "digest", kData}));
  samples.push_back(sample<ConnectionRequest>("sasl", OpCode::kSasl, SaslRequest{kData}));
  return samples;
}

std::vector<TxnSample> txn_samples() {
  const auto txn = [](std::string name, OpCode type, Txn body, bool digest = true) {
    const TxnHeader header{SessionId{0x100000000000000}, 7, Zxid{0x200000003},
                           WallMillis{1700000000123}, type};
    TxnSample made{std::move(name), {header, std::move(body), std::nullopt}};
    if (digest) {
      made.record.digest = TxnDigest{2, 0x51c6d660};
    }
    return made;
  };
  const auto create = [](OpCode type, std::string_view path, NullableBytes data, bool ephemeral,
                         int32_t parent_cversion, int64_t ttl_ms = 0) {
    return CreateTxn{type, path, data, two_acls(), ephemeral, parent_cversion, ttl_ms};
  };
  using Paths = std::vector<std::string_view>;
  const auto error = [](ErrorCode code) { return ErrorTxn{code}; };
  const MultiTxn multi{{create(OpCode::kCreate, "/m", kData, false, 1), CheckVersionTxn{"/k", 3},
                        SetDataTxn{OpCode::kSetData, "/s", kData, 4},
                        DeleteTxn{OpCode::kDelete, "/d"}}};
  const MultiTxn failed{{DeleteTxn{OpCode::kDelete, "/d"}, error(ErrorCode::kNoNode),
                         error(ErrorCode::kRuntimeInconsistency)}};
  return {
      txn("txn_create_session", OpCode::kCreateSession, CreateSessionTxn{30000}),
      txn("txn_close_session", OpCode::kCloseSession, CloseSessionTxn{Paths{"/e", "/f"}}),
      txn("txn_close_session_none", OpCode::kCloseSession, CloseSessionTxn{Paths{}}),
      txn("txn_close_session_no_body", OpCode::kCloseSession, CloseSessionTxn{}),
      txn("txn_create", OpCode::kCreate, create(OpCode::kCreate, "/a", kData, true, 12)),
      txn("txn_create2", OpCode::kCreate2, create(OpCode::kCreate2, "/a", std::nullopt, false, 12)),
      txn("txn_container", OpCode::kCreateContainer,
          create(OpCode::kCreateContainer, "/c", kEmpty, false, 13)),
      txn("txn_ttl", OpCode::kCreateTtl, create(OpCode::kCreateTtl, "/t", kData, false, 14, 60000)),
      txn("txn_delete", OpCode::kDelete, DeleteTxn{OpCode::kDelete, "/a"}),
      txn("txn_delete_container", OpCode::kDeleteContainer,
          DeleteTxn{OpCode::kDeleteContainer, "/c"}),
      txn("txn_set_data", OpCode::kSetData, SetDataTxn{OpCode::kSetData, "/a", kData, 6}),
      txn("txn_reconfig", OpCode::kReconfig,
          SetDataTxn{OpCode::kReconfig, "/zookeeper/config", kData, 6}),
      txn("txn_set_acl", OpCode::kSetAcl, SetAclTxn{"/a", two_acls(), 8}),
      txn("txn_error", OpCode::kError, error(ErrorCode::kNodeExists), false),
      txn("txn_multi", OpCode::kMulti, multi),
      txn("txn_multi_failed", OpCode::kMulti, failed),
  };
}

}  // namespace quorate::wire
