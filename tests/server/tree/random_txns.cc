// Generator of transactions.
#include "tests/server/tree/random_txns.h"

#include <array>

namespace quorate::tree {

namespace {

wire::OpCode type_of(const wire::Txn& txn) {
  struct Visitor {
    wire::OpCode operator()(const wire::CreateSessionTxn&) { return wire::OpCode::kCreateSession; }
    wire::OpCode operator()(const wire::CloseSessionTxn&) { return wire::OpCode::kCloseSession; }
    wire::OpCode operator()(const wire::CreateTxn& create) { return create.type; }
    wire::OpCode operator()(const wire::DeleteTxn& remove) { return remove.type; }
    wire::OpCode operator()(const wire::SetDataTxn& set) { return set.type; }
    wire::OpCode operator()(const wire::SetAclTxn&) { return wire::OpCode::kSetAcl; }
    wire::OpCode operator()(const wire::MultiTxn&) { return wire::OpCode::kMulti; }
    wire::OpCode operator()(const wire::ErrorTxn&) { return wire::OpCode::kError; }
  };
  return std::visit(Visitor{}, txn);
}

}  // namespace

RandomTxns::RandomTxns(uint32_t seed, RandomTxnOptions options)
    : random_(seed), options_(options) {}

std::string_view RandomTxns::any_path() {
  const auto directory = [this] {
    return "/d" + std::to_string(below(static_cast<uint32_t>(options_.directories)));
  };
  const auto leaf = [this] {
    return "/leaf" + std::to_string(below(static_cast<uint32_t>(options_.leaves)));
  };
  switch (below(8)) {
    case 0:
      return keep(directory());
    case 1:
      return keep(directory() + directory());
    case 2:
      return keep(directory() + directory() + leaf());
    case 3:
      return keep(leaf());
    case 4:
      return keep(directory() + directory() + directory() + leaf());
    case 5:
      return keep("/zookeeper" + leaf());
    default:
      return keep(directory() + leaf());
  }
}

std::string_view RandomTxns::known_path() {
  if (known_.empty() || one_in(4)) {
    return any_path();
  }
  return keep(known_[below(static_cast<uint32_t>(known_.size()))]);
}

wire::NullableBytes RandomTxns::any_data() {
  static constexpr std::array<uint32_t, 8> kSizes = {0, 1, 7, 100, 100, 600, 3000, 9000};
  if (one_in(8)) {
    return std::nullopt;
  }
  const uint32_t size = kSizes[below(one_in(8) ? 8 : 5)];
  return keep(std::string(size == 0 ? 0 : below(size) + 1, static_cast<char>('a' + below(26))));
}

wire::AclList RandomTxns::any_acls() {
  if (!one_in(3)) {
    return wire::open_acl();
  }
  const auto perms = static_cast<int32_t>(below(31) + 1);
  return wire::AclList{
      keep(wire::encode_acls({{perms, {"digest", "u" + std::to_string(below(3)) + ":x"}}}))};
}

wire::CreateTxn RandomTxns::create() {
  wire::CreateTxn txn{.path = any_path(), .data = any_data(), .acls = any_acls()};
  switch (below(8)) {
    case 0:
      txn.type = wire::OpCode::kCreateContainer;
      break;
    case 1:
      if (options_.extended_types) {
        txn.type = wire::OpCode::kCreateTtl;
        txn.ttl_ms = below(50) + 1;
      }
      break;
    case 2:
    case 3:
      txn.type = wire::OpCode::kCreate2;
      txn.ephemeral = one_in(2);
      break;
    default:
      txn.ephemeral = one_in(4);
      break;
  }
  if (txn.ephemeral) {  // No children for ephemerals.
    txn.path = keep("/d0/e" + std::to_string(below(static_cast<uint32_t>(options_.leaves))));
  }
  if (options_.replays && one_in(3)) {
    txn.parent_cversion = static_cast<int32_t>(below(60));
  }
  if (known_.size() < 64) {
    known_.emplace_back(txn.path);
  } else {
    known_[below(64)] = txn.path;
  }
  return txn;
}

wire::CreateTxn RandomTxns::create_quota() {
  static constexpr std::array<const char*, 4> kTargets = {"/d1", "/d2", "/d3/d1", "/d1/d2"};
  const std::string target = kTargets[below(options_.nested_quotas ? 4 : 3)];
  std::string path = "/zookeeper/quota" + target.substr(0, 3 * (below(3)));
  if (path.size() == 16) {
    path += "/d1";
  } else if (!one_in(3)) {
    path = "/zookeeper/quota" + target + (one_in(2) ? "/zookeeper_limits" : "/zookeeper_stats");
  }
  known_.resize(known_.size() < 64 ? known_.size() + 1 : 64);
  known_.back() = path;
  return {.path = keep(path),
          .data = one_in(2) ? wire::NullableBytes("count=5,bytes=1000=;byteHardLimit=9")
                            : wire::NullableBytes("count=-1,bytes=-1"),
          .acls = wire::open_acl()};
}

wire::DeleteTxn RandomTxns::remove() {
  wire::DeleteTxn txn{.path = known_path()};
  txn.type = one_in(4) ? wire::OpCode::kDeleteContainer : wire::OpCode::kDelete;
  const auto is_leaf = [](std::string_view path) {
    return path.find("leaf") != std::string_view::npos ||
           path.find("zookeeper_") != std::string_view::npos;
  };
  // A directory is rarely deleted, and without replays never, since it may have children.
  const bool spare_directories = !options_.replays || !options_.directory_deletes;
  if (!is_leaf(txn.path) && (spare_directories || !one_in(16))) {
    txn.path = any_path();
  }
  if (!is_leaf(txn.path) && (spare_directories || !one_in(16))) {
    txn.path = keep("/leaf0");
  }
  return txn;
}

wire::SetDataTxn RandomTxns::set_data() {
  wire::SetDataTxn txn{.path = known_path(), .data = any_data()};
  if (one_in(16)) {
    txn = {.type = wire::OpCode::kReconfig, .path = "/zookeeper/config", .data = any_data()};
  } else if (one_in(16)) {
    txn.path = "/";
  }
  if (!options_.nested_quotas && txn.path.ends_with("zookeeper_stats")) {
    txn.path = "/";
  }
  txn.version = static_cast<int32_t>(below(100)) - 1;
  return txn;
}

wire::MultiTxn RandomTxns::multi() {
  wire::MultiTxn txn;
  const uint32_t count = below(6);
  for (uint32_t i = 0; i < count; ++i) {
    switch (below(5)) {
      case 0:
        txn.ops.emplace_back(remove());
        break;
      case 1:
        txn.ops.emplace_back(set_data());
        std::get<wire::SetDataTxn>(txn.ops.back()).type = wire::OpCode::kSetData;
        break;
      case 2:
        txn.ops.emplace_back(wire::CheckVersionTxn{.path = known_path()});
        break;
      default:
        txn.ops.emplace_back(create());
        break;
    }
  }
  if (one_in(4)) {
    txn.ops.insert(txn.ops.begin() + below(count + 1),
                   wire::ErrorTxn{.error = wire::ErrorCode::kBadVersion});
    if (one_in(2)) {
      txn.ops.emplace_back(wire::ErrorTxn{.error = wire::ErrorCode::kRuntimeInconsistency});
    }
  }
  return txn;
}

wire::CloseSessionTxn RandomTxns::close() {
  wire::CloseSessionTxn txn;
  if (one_in(2)) {
    txn.paths.emplace();
    for (uint32_t i = below(4); i > 0; --i) {
      txn.paths->push_back(
          keep("/d0/e" + std::to_string(below(static_cast<uint32_t>(options_.leaves)))));
    }
  }
  return txn;
}

wire::Txn RandomTxns::any_txn() {
  switch (below(20)) {
    case 0:
      return wire::CreateSessionTxn{.timeout_ms = static_cast<int32_t>(below(40000))};
    case 1:
      return close();
    case 2:
      return wire::ErrorTxn{.error = wire::ErrorCode::kNoNode};
    case 3:
      return multi();
    case 4:
    case 5:
      return wire::SetAclTxn{
          .path = known_path(), .acls = any_acls(), .version = static_cast<int32_t>(below(9))};
    case 6:
    case 7:
    case 8:
      return set_data();
    case 9:
    case 10:
    case 11:
      return remove();
    case 12:
    case 13:
      if (options_.quotas) {
        return create_quota();
      }
      return create();
    default:
      return create();
  }
}

wire::TxnRecord RandomTxns::next() {
  header_.session = SessionId{below(4) + 1};
  header_.cxid = static_cast<int32_t>(below(1000));
  header_.zxid = header_.zxid.next();
  header_.time = WallMillis{header_.time.value + below(20)};
  wire::TxnRecord record{.header = header_, .txn = any_txn()};
  record.header.type = type_of(record.txn);
  if (options_.replays && one_in(20)) {
    record.header.zxid.value -= below(10);  // As when a log is replayed over a newer snapshot.
  }
  return record;
}

}  // namespace quorate::tree
