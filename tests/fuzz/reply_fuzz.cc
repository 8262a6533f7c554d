// What a client reads from a server: reply headers, events, stats, results of a multi, ACLs. The
// first byte of the input says which.
#include "server/wire/reply.h"

#include "server/wire/acl.h"
#include "server/wire/stat.h"
#include "tests/fuzz/fuzz.h"
#include "tests/server/wire/vectors.h"

namespace quorate::fuzz {
namespace {

using wire::Reader;
using wire::Writer;

// Records of a fixed size: as many as the input holds, each encoded to the bytes that it came from.
template <typename Read, typename Write>
void check_fixed(std::string_view bytes, size_t size, Read read, Write write) {
  Reader reader(bytes);
  for (size_t at = 0; at + size <= bytes.size(); at += size) {
    const auto record = read(reader);
    FUZZ_CHECK(reader.ok() && reader.position() == at + size);
    std::string encoded;
    Writer writer(encoded);
    write(writer, record);
    FUZZ_CHECK(encoded == bytes.substr(at, size));
  }
  (void)read(reader);
  FUZZ_CHECK(!reader.ok());
}

void check_event(std::string_view bytes) {
  Reader reader(bytes);
  const wire::WatcherEvent event = wire::read_watcher_event(reader);
  FUZZ_CHECK(lies_inside(event.path, bytes));
  if (!reader.ok() || event.state != wire::kStateSyncConnected) {
    return;
  }
  std::string frame;
  wire::append_notification(frame, Zxid{5}, static_cast<wire::EventType>(event.type), event.path);
  Reader again(std::string_view(frame).substr(wire::kFrameHeaderBytes));
  FUZZ_CHECK(wire::read_reply_header(again).xid == wire::kNotificationXid);
  FUZZ_CHECK(wire::read_watcher_event(again) == event);
  FUZZ_CHECK(again.ok() && again.at_end());
}

void check_multi_headers(std::string_view bytes) {
  Reader reader(bytes);
  while (reader.ok() && !reader.at_end()) {
    const wire::MultiHeader header = wire::read_multi_header(reader);
    std::string encoded;
    Writer writer(encoded);
    wire::write_multi_header(writer, header.type, header.done, header.error);
    Reader again(encoded);
    FUZZ_CHECK(wire::read_multi_header(again) == header);
  }
}

void check_acls(std::string_view bytes) {
  Reader reader(bytes);
  const wire::AclList list = wire::read_acl_list(reader);
  FUZZ_CHECK(lies_inside(list.encoded, bytes));
  FUZZ_CHECK(list.encoded.empty() != reader.ok());
  if (reader.ok()) {
    FUZZ_CHECK(list.encoded.size() == reader.position());
    FUZZ_CHECK(wire::decode_acls(list).size() == static_cast<size_t>(list.count()));
  }
  // Bytes that nobody has validated must not lead the cursor astray.
  wire::AclCursor cursor({bytes});
  for (wire::AclEntry entry; cursor.next(entry);) {
    FUZZ_CHECK(lies_inside(entry.scheme.value_or(""), bytes));
    FUZZ_CHECK(lies_inside(entry.id.value_or(""), bytes));
  }
}

void check_reply(uint8_t kind, std::string_view bytes) {
  const auto write_any = [](Writer& writer, const auto& record) { wire::write(writer, record); };
  switch (kind % 6) {
    case 0:
      return check_fixed(bytes, wire::kReplyHeaderBytes, wire::read_reply_header, write_any);
    case 1:
      return check_fixed(bytes, wire::kStatBytes, wire::read_stat, write_any);
    case 2:
      return check_fixed(bytes, wire::kStatPersistedBytes, wire::read_stat_persisted, write_any);
    case 3:
      return check_event(bytes);
    case 4:
      return check_multi_headers(bytes);
    default:
      return check_acls(bytes);
  }
}

}  // namespace

std::vector<std::string> seeds() {
  const auto& records = wire::apache_records();
  return {"0" + records.at("reply_header"),
          "1" + records.at("stat"),
          "2" + records.at("stat_persisted"),
          "3" + records.at("notification").substr(wire::kReplyHeaderBytes),
          "4" + records.at("multi_response"),
          "5" + records.at("set_acl").substr(6)};
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  if (size > 0) {
    const fuzz::AllocationLimit limit(65536 + 64 * size);
    fuzz::check_reply(data[0], fuzz::as_view(data + 1, size - 1));
  }
  return 0;
}
