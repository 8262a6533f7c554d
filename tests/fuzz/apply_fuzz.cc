// Transactions of a log whose checksums are right, applied one after the other: records of `int
// length` and that many bytes. Whatever decodes is applied; the database stays one that a snapshot
// can hold, and two of them given the same transactions are the same.
#include <optional>

#include "server/tree/database.h"
#include "server/tree/snapshot.h"
#include "server/wire/txn.h"
#include "tests/fuzz/fuzz.h"
#include "tests/server/wire/samples.h"

namespace quorate::fuzz {
namespace {

std::string write_snapshot(tree::Database& database) {
  std::string bytes;
  tree::SnapshotWriter writer(database);
  while (writer.next(bytes, 1 << 16)) {
  }
  return bytes;
}

// False if the database must be thrown away, as a corrupt log demands.
bool apply_all(std::string_view input, tree::Database& database) {
  wire::Reader reader(input);
  tree::Applied applied;
  while (reader.ok() && !reader.at_end()) {
    const auto record = wire::decode_txn(reader.get_string());
    if (!record) {
      continue;
    }
    if (!database.apply(*record, applied)) {
      return false;
    }
    FUZZ_CHECK(database.last_zxid() >= record->header.zxid);
  }
  return true;
}

void check_apply(std::string_view input) {
  tree::Database first({});
  tree::Database second({});
  const bool fine = apply_all(input, first);
  FUZZ_CHECK(apply_all(input, second) == fine);
  if (!fine) {
    return;
  }
  const std::string snapshot = write_snapshot(first);
  FUZZ_CHECK(write_snapshot(second) == snapshot);
  const auto loaded = tree::load_snapshot(snapshot, {});
  FUZZ_CHECK(loaded.ok());
  FUZZ_CHECK(loaded->database.tree().digest() == first.tree().digest());
  FUZZ_CHECK(loaded->database.sessions() == first.sessions());
}

void append_record(std::string& to, const wire::TxnRecord& record) {
  std::string bytes;
  wire::encode_txn(record.header, record.txn, record.digest, bytes);
  wire::Writer(to).put_string(bytes);
}

wire::Txn create(wire::OpCode type, std::string_view path, bool ephemeral, int64_t ttl_ms = 0) {
  return wire::CreateTxn{type, path, "data", wire::two_acls(), ephemeral, 1, ttl_ms};
}

// A session's life: creates of every kind, a multi, deletes, its end.
std::string life() {
  using wire::OpCode;
  std::string input;
  int64_t zxid = 0;
  const auto add = [&](OpCode type, const wire::Txn& txn) {
    ++zxid;
    append_record(
        input,
        {{SessionId{0x100000000000000}, 1, Zxid{zxid}, WallMillis{zxid}, type}, txn, std::nullopt});
  };
  add(OpCode::kCreateSession, wire::CreateSessionTxn{30000});
  add(OpCode::kCreate, create(OpCode::kCreate, "/a", false));
  add(OpCode::kCreate2, create(OpCode::kCreate2, "/a/e", true));
  add(OpCode::kCreateContainer, create(OpCode::kCreateContainer, "/c", false));
  add(OpCode::kCreateTtl, create(OpCode::kCreateTtl, "/t", false, 1000));
  add(OpCode::kCreate, create(OpCode::kCreate, "/zookeeper/quota/a", false));
  add(OpCode::kSetData, wire::SetDataTxn{OpCode::kSetData, "/a", "other", 1});
  add(OpCode::kSetAcl, wire::SetAclTxn{"/a", wire::open_acl(), 1});
  add(OpCode::kMulti,
      wire::MultiTxn{{wire::CreateTxn{OpCode::kCreate, "/a/m", "", wire::open_acl(), false, 2, 0},
                      wire::CheckVersionTxn{"/a", 1}, wire::DeleteTxn{OpCode::kDelete, "/a/m"}}});
  add(OpCode::kMulti, wire::MultiTxn{{wire::DeleteTxn{OpCode::kDelete, "/a/e"},
                                      wire::ErrorTxn{wire::ErrorCode::kNoNode}}});
  add(OpCode::kDelete, wire::DeleteTxn{OpCode::kDelete, "/t"});
  add(OpCode::kError, wire::ErrorTxn{wire::ErrorCode::kNoNode});
  add(OpCode::kReconfig, wire::SetDataTxn{OpCode::kReconfig, "/zookeeper/config", "x", 1});
  add(OpCode::kCloseSession,
      wire::CloseSessionTxn{std::vector<std::string_view>{"/a/e", "/missing"}});
  return input;
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> inputs = {life()};
  for (const wire::TxnSample& sample : wire::txn_samples()) {
    inputs.emplace_back();
    append_record(inputs.back(), sample.record);
  }
  return inputs;
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::check_apply(quorate::fuzz::as_view(data, size));
  return 0;
}
