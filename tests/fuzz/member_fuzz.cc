// A whole member under clients that send anything, in any order, over a disk and a clock that the
// input drives too.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/member_program.h"
#include "tests/server/wire/samples.h"

namespace quorate::fuzz {
namespace {

using wire::OpCode;

template <typename Request>
std::string body_of(const Request& request) {
  std::string to;
  encode(request, to);
  return to;
}

std::string create(OpCode op, std::string_view path, int32_t flags, int64_t ttl_ms = -1) {
  return body_of(wire::CreateRequest{op, path, "data", wire::open_acl(), flags, ttl_ms});
}

// Every operation on a tree that has something to find.
std::string tour() {
  Program program;
  program.open(0).handshake(0).sync().open(1).handshake(1).sync();
  program.request(0, OpCode::kCreate, create(OpCode::kCreate, "/a", 0));
  program.request(0, OpCode::kGetData, body_of(wire::GetDataRequest{"/a", true}));
  program.request(1, OpCode::kAddWatch, body_of(wire::AddWatchRequest{"/", 1}));
  program.request(1, OpCode::kExists, body_of(wire::ExistsRequest{"/a/e", true}));
  program.request(0, OpCode::kCreate2, create(OpCode::kCreate2, "/a/e", 1));
  program.request(0, OpCode::kCreateContainer, create(OpCode::kCreateContainer, "/c", 4));
  program.request(0, OpCode::kCreateTtl, create(OpCode::kCreateTtl, "/t", 5, 1000)).sync(100);
  program.request(1, OpCode::kGetChildren2, body_of(wire::GetChildrenRequest{"/a", true, true}));
  for (const wire::RequestSample& sample : wire::request_samples()) {
    program.request(0, sample.op, sample.encoded);
  }
  program.sync().snapshot(0).snapshot(3);
  program.request(1, OpCode::kCreate, create(OpCode::kCreate, "/c/s", 2)).sync();
  program.request(1, OpCode::kDelete, body_of(wire::DeleteRequest{"/a/e", -1}));
  program.request(1, OpCode::kWhoAmI, "").request(1, OpCode::kPing, "");
  program.drop(0).time(40).sync().open(2).handshake(2, 2).time(100);
  program.request(2, OpCode::kCloseSession, "").sync().snapshot(15);
  return program.bytes();
}

// Sessions that come, move, expire and are refused while there is no room.
std::string sessions() {
  Program program;
  program.open(0).open(1).open(2).handshake(0).handshake(1).space(1).handshake(2).sync(1).sync();
  program.request(0, OpCode::kCreate, create(OpCode::kCreate, "/e", 1)).space(2);
  program.request(0, OpCode::kCreate, create(OpCode::kCreate, "/f", 1)).space(0);
  program.request(0, OpCode::kCreate, create(OpCode::kCreate, "/g", 3));
  program.open(3).handshake(3, 1).sync().request(3, OpCode::kSync, body_of(wire::SyncRequest{"/"}));
  program.request(3, OpCode::kGetEphemerals, body_of(wire::GetEphemeralsRequest{"/"}));
  program.time(20).time(20).sync().time(255).sync().raw(3, "short").raw(1, "");
  return program.bytes();
}

// A quota, an ACL, authentication and a multi that fails.
std::string rules() {
  Program program;
  program.open(0).handshake(0).sync();
  program.request(0, OpCode::kAuth, body_of(wire::AuthRequest{0, "digest", "u:p"}));
  program.request(0, OpCode::kCreate, create(OpCode::kCreate, "/q", 0));
  for (const std::string_view path : {"/zookeeper/quota/q", "/zookeeper/quota/q/zookeeper_stats"}) {
    program.request(0, OpCode::kCreate, create(OpCode::kCreate, path, 0));
  }
  program.request(0, OpCode::kCreate,
                  body_of(wire::CreateRequest{
                      OpCode::kCreate, "/zookeeper/quota/q/zookeeper_limits",
                      "count=2,bytes=10=;byteHardLimit=20;countHardLimit=2", wire::open_acl()}));
  program.request(0, OpCode::kCreate, create(OpCode::kCreate, "/q/a", 0)).sync();
  program.request(0, OpCode::kCreate, create(OpCode::kCreate, "/q/b", 0)).sync();
  const std::string auth_acl = wire::encode_acls({{31, {"auth", ""}}});
  program.request(0, OpCode::kSetAcl, body_of(wire::SetAclRequest{"/q/a", {auth_acl}, -1}));
  program.request(0, OpCode::kGetAcl, body_of(wire::GetAclRequest{"/q/a"}));
  const wire::MultiRequest multi{
      {wire::CreateRequest{OpCode::kCreate, "/m", "", wire::open_acl(), 0},
       wire::SetDataRequest{"/m", "x", 0}, wire::DeleteRequest{"/m", 5},
       wire::CheckRequest{"/q", 0}}};
  program.request(0, OpCode::kMulti, body_of(multi)).sync();
  program.request(0, OpCode::kMultiRead,
                  body_of(wire::MultiReadRequest{
                      {wire::GetDataRequest{"/q"}, wire::GetChildrenRequest{"/none"}}}));
  return program.bytes();
}

// A connection that ends while writes and, between them, reads wait for the disk.
std::string ends() {
  Program program;
  const std::string get = body_of(wire::GetDataRequest{"/a", false});
  program.open(0).handshake(0).open(1).handshake(1).sync();
  for (const uint8_t connection : {uint8_t{0}, uint8_t{1}}) {
    program.request(connection, OpCode::kCreate, create(OpCode::kCreate, "/a", 0));
    program.request(connection, OpCode::kGetData, get);
    program.request(connection, OpCode::kCreate, create(OpCode::kCreate, "/b", 1));
    program.request(connection, OpCode::kGetData, get);
  }
  program.request(0, OpCode::kAuth, body_of(wire::AuthRequest{0, "nosuch", ""}));
  program.request(1, static_cast<OpCode>(99), "").sync(100).sync().time(1);
  return program.bytes();
}

}  // namespace

std::vector<std::string> seeds() { return {tour(), sessions(), rules(), ends()}; }

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::run_member_program(quorate::fuzz::as_view(data, size));
  return 0;
}
