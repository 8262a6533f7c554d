// Snapshots. The input is a byte of flags and a snapshot up to its first seal; seals, digest and
// last zxid are put behind it, because a mutation that breaks a checksum would reach nothing.
#include "server/tree/snapshot.h"

#include "server/base/checksum.h"
#include "server/wire/jute.h"
#include "server/wire/stat.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/snapshot_content.h"
#include "tests/server/wire/samples.h"

namespace quorate::fuzz {
namespace {

// A node takes 76 bytes of a file at least, one in memory some hundreds.
constexpr size_t kAllocationMin = size_t{1} << 20;
constexpr size_t kAllocationFactor = 64;

enum Flags : uint8_t {
  kSeal = 1,
  kDigest = 2,
  kLastZxid = 4,
  kOldDigest = 8,
};

void append_seal(std::string& to) {
  const auto checksum = static_cast<int64_t>(adler32(kAdlerSeed, to));
  wire::Writer writer(to);
  writer.put_long(checksum);
  writer.put_string("/");
}

std::string complete(uint8_t flags, std::string_view body) {
  std::string bytes(body);
  wire::Writer writer(bytes);
  if ((flags & kSeal) != 0) {
    append_seal(bytes);
  }
  if ((flags & kDigest) != 0) {
    writer.put_long(7);
    if ((flags & kOldDigest) != 0) {
      writer.put_int(1);
      writer.put_string("51c6d660");
    } else {
      writer.put_int(2);
      writer.put_long(0x51c6d660);
    }
    append_seal(bytes);
  }
  if ((flags & kLastZxid) != 0) {
    writer.put_long(9);
    append_seal(bytes);
  }
  return bytes;
}

std::string write_snapshot(tree::Database& database) {
  std::string bytes;
  tree::SnapshotWriter writer(database);
  while (writer.next(bytes, 1000)) {
  }
  return bytes;
}

tree::LoadedSnapshot load_own(const std::string& bytes) {
  auto loaded = tree::load_snapshot(bytes, {});
  FUZZ_CHECK(loaded.ok());
  FUZZ_CHECK(loaded->info.missing_acl_count == 0);
  return *std::move(loaded);
}

// What was loaded, written by us, loads to the same. Written once more it may number the ACLs in
// another order, but from then on it stays as it is.
void check_snapshot(std::string_view bytes) {
  auto loaded = tree::load_snapshot(bytes, {});
  if (!loaded.ok()) {
    FUZZ_CHECK(!loaded.error().message.empty());
    return;
  }
  const std::string first = write_snapshot(loaded->database);
  tree::LoadedSnapshot again = load_own(first);
  FUZZ_CHECK(again.database.sessions() == loaded->database.sessions());
  FUZZ_CHECK(again.database.tree().digest() == loaded->database.tree().digest());
  const std::string second = write_snapshot(again.database);
  FUZZ_CHECK(snapshot_content(second) == snapshot_content(first));
  tree::LoadedSnapshot settled = load_own(second);
  FUZZ_CHECK(write_snapshot(settled.database) == second);
}

void put_node(wire::Writer& writer, std::string_view path, wire::NullableBytes data, int64_t acl,
              int64_t owner = 0) {
  writer.put_string(path);
  writer.put_buffer(data);
  writer.put_long(acl);
  wire::StatPersisted stat{Zxid{1}, Zxid{2}, WallMillis{3}, WallMillis{4}, 5, 6, 7, owner, Zxid{8}};
  wire::write(writer, stat);
}

std::string sample_body() {
  std::string bytes;
  wire::Writer writer(bytes);
  writer.put_int(0x5A4B534E);
  writer.put_int(2);
  writer.put_long(-1);
  writer.put_int(2);
  for (const int64_t session : {0x100000000000001, 0x100000000000002}) {
    writer.put_long(session);
    writer.put_int(30000);
  }
  writer.put_int(1);
  writer.put_long(5);
  write(writer, wire::two_acls());
  put_node(writer, "", "", -1);
  put_node(writer, "/zookeeper", "", -1);
  put_node(writer, "/zookeeper/config", std::nullopt, 5);
  put_node(writer, "/zookeeper/quota", "", -1);
  put_node(writer, "/a", "data", 5);
  put_node(writer, "/a/b", "", 5, 0x100000000000001);
  put_node(writer, "/a/c", "", -1, INT64_MIN);
  put_node(writer, "/a/d", "", -1, static_cast<int64_t>(0xFF000000000003E8));
  writer.put_string("/");
  return bytes;
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> inputs;
  for (const int flags :
       {kSeal + 0, kSeal | kDigest, kSeal | kDigest | kLastZxid, kSeal | kDigest | kOldDigest, 0}) {
    inputs.push_back(static_cast<char>(flags) + sample_body());
  }
  return inputs;
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  if (size == 0) {
    return 0;
  }
  const fuzz::AllocationLimit limit(fuzz::kAllocationMin + fuzz::kAllocationFactor * size);
  fuzz::check_snapshot(fuzz::complete(data[0], fuzz::as_view(data + 1, size - 1)));
  return 0;
}
