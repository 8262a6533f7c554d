// Encodes the sample transactions.
#include "tests/server/storage/txn_samples.h"

#include <optional>

#include "server/wire/acl.h"
#include "server/wire/txn.h"

namespace quorate::storage {
namespace {

std::string encode(Zxid zxid, SessionId session, wire::OpCode type, const wire::Txn& txn) {
  std::string bytes;
  wire::encode_txn({.session = session,
                    .cxid = static_cast<int32_t>(zxid.counter()),
                    .zxid = zxid,
                    .time = WallMillis{1'700'000'000'000 + zxid.value},
                    .type = type},
                   txn, std::nullopt, bytes);
  return bytes;
}

std::string data_of(Zxid zxid, size_t data_bytes) {
  std::string data(data_bytes, '\0');
  for (size_t index = 0; index < data.size(); ++index) {
    data[index] = static_cast<char>('a' + (zxid.value * 7 + static_cast<int64_t>(index)) % 26);
  }
  return data;
}

wire::CreateTxn create_of(const std::string& path, const std::string& data) {
  wire::CreateTxn txn;
  txn.path = path;
  txn.data = data;
  txn.acls = wire::open_acl();
  return txn;
}

}  // namespace

std::string set_data_txn(Zxid zxid, size_t data_bytes) {
  const std::string data = data_of(zxid, data_bytes);
  wire::SetDataTxn txn;
  txn.path = "/n";
  txn.data = data;
  txn.version = static_cast<int32_t>(zxid.counter());
  return encode(zxid, SessionId{1}, wire::OpCode::kSetData, txn);
}

std::string create_txn(Zxid zxid, const std::string& path, size_t data_bytes) {
  return encode(zxid, SessionId{1}, wire::OpCode::kCreate,
                create_of(path, data_of(zxid, data_bytes)));
}

std::string create_session_txn(Zxid zxid, SessionId session) {
  return encode(zxid, session, wire::OpCode::kCreateSession,
                wire::CreateSessionTxn{.timeout_ms = 30000});
}

std::string create_ephemeral_txn(Zxid zxid, const std::string& path, SessionId session) {
  const std::string data;
  wire::CreateTxn txn = create_of(path, data);
  txn.ephemeral = true;
  return encode(zxid, session, wire::OpCode::kCreate, txn);
}

}  // namespace quorate::storage
