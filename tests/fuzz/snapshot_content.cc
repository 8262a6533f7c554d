// The content of a snapshot, sorted.
#include "tests/fuzz/snapshot_content.h"

#include <algorithm>
#include <map>
#include <vector>

#include "server/base/checksum.h"
#include "server/wire/acl.h"
#include "server/wire/stat.h"
#include "tests/fuzz/fuzz.h"

namespace quorate::fuzz {

namespace {

using wire::Reader;

std::string sorted(std::vector<std::string> records) {
  std::ranges::sort(records);
  std::string all;
  for (const std::string& record : records) {
    wire::Writer(all).put_string(record);
  }
  return all;
}

std::string read_sessions(Reader& reader) {
  std::vector<std::string> sessions;
  const int32_t count = reader.get_count(12);
  for (int32_t index = 0; index < count; ++index) {
    sessions.emplace_back(reader.get_raw(12));
  }
  return sorted(std::move(sessions));
}

std::map<int64_t, std::string> read_acls(Reader& reader) {
  std::map<int64_t, std::string> acls = {{-1, std::string(wire::open_acl().encoded)}};
  const int32_t count = reader.get_count(12);
  for (int32_t index = 0; index < count; ++index) {
    const int64_t number = reader.get_long();
    const bool is_new = acls.emplace(number, wire::read_acl_list(reader).encoded).second;
    FUZZ_CHECK(is_new);
  }
  return acls;
}

std::string read_nodes(Reader& reader, const std::map<int64_t, std::string>& acls) {
  std::vector<std::string> nodes;
  for (;;) {
    const std::string_view path = reader.get_string();
    FUZZ_CHECK(reader.ok());
    if (path == "/") {
      return sorted(std::move(nodes));
    }
    std::string node;
    wire::Writer writer(node);
    writer.put_string(path);
    writer.put_buffer(reader.get_buffer());
    const auto acl = acls.find(reader.get_long());
    FUZZ_CHECK(acl != acls.end());
    writer.put_string(acl->second);
    writer.put_raw(reader.get_raw(wire::kStatPersistedBytes));
    nodes.push_back(std::move(node));
  }
}

void check_seal(Reader& reader, std::string_view bytes) {
  const auto sum = static_cast<int64_t>(adler32(kAdlerSeed, bytes.substr(0, reader.position())));
  FUZZ_CHECK(reader.get_long() == sum);
  FUZZ_CHECK(reader.get_string() == "/");
}

}  // namespace

std::string snapshot_content(std::string_view bytes) {
  Reader reader(bytes);
  std::string content(reader.get_raw(16));
  content += read_sessions(reader);
  const auto acls = read_acls(reader);
  content += read_nodes(reader, acls);
  check_seal(reader, bytes);
  content += reader.get_raw(20);
  check_seal(reader, bytes);
  content += reader.get_raw(8);
  check_seal(reader, bytes);
  FUZZ_CHECK(reader.ok() && reader.at_end());
  return content;
}

}  // namespace quorate::fuzz
