// Transaction logs. The first byte of the input says whether the checksums and end bytes are put
// right before it is read: a mutation that breaks one would never reach what lies behind.
#include <algorithm>

#include "server/base/checksum.h"
#include "server/storage/log_format.h"
#include "server/storage/log_reader.h"
#include "server/storage/log_repair.h"
#include "server/storage/log_tail.h"
#include "server/wire/txn.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/memory_file_system.h"
#include "tests/server/wire/vectors.h"

namespace quorate::fuzz {
namespace {

using storage::LogEndKind;
using storage::LogReader;

const std::string kPath = "/data/version-2/log.1";
// The window of a reader, and what the file system and messages take.
constexpr size_t kAllocationMin = size_t{8} << 20;
constexpr size_t kAllocationFactor = 16;

// Walks the frames as far as they are possible and corrects what a mutation made wrong.
void correct_checksums(std::string& log) {
  for (size_t at = 16; at + 12 <= log.size();) {
    const auto length = static_cast<size_t>(load_big_endian<uint32_t>(log.data() + at + 8));
    if (length == 0 || length > log.size() - at - 12 || log.size() - at - 12 - length < 1) {
      return;
    }
    const std::string_view bytes = std::string_view(log).substr(at + 12, length);
    store_big_endian(log.data() + at, static_cast<int64_t>(adler32(kAdlerSeed, bytes)));
    log[at + 12 + length] = storage::kEntryEnd;
    at += 12 + length + 1;
  }
}

struct ReadLog {
  std::vector<std::string> entries;
  storage::LogEnd end;
};

// Reads all entries; each must stand where the one before ended and hold what the file holds there.
ReadLog read_all(MemoryFileSystem& files) {
  const std::string& log = files.content(kPath);
  auto reader = LogReader::open(files, kPath);
  FUZZ_CHECK(reader.ok());
  ReadLog read;
  int64_t expected = storage::kLogHeaderBytes;
  for (;;) {
    const auto entry = reader->next();
    FUZZ_CHECK(entry.ok());
    if (!entry->has_value()) {
      break;
    }
    const std::string_view bytes = (*entry)->bytes;
    FUZZ_CHECK((*entry)->offset == expected);
    FUZZ_CHECK((*entry)->end_offset == expected + static_cast<int64_t>(bytes.size()) + 13);
    FUZZ_CHECK(!bytes.empty());
    FUZZ_CHECK(log.compare(static_cast<size_t>(expected) + 12, bytes.size(), bytes) == 0);
    expected = (*entry)->end_offset;
    read.entries.emplace_back(bytes);
  }
  read.end = reader->end();
  FUZZ_CHECK(read.end.kind != LogEndKind::kReading);
  FUZZ_CHECK(read.end.offset == (read.end.kind == LogEndKind::kNoHeader ? 0 : expected));
  if (read.end.kind == LogEndKind::kEndOfFile) {
    FUZZ_CHECK(expected == static_cast<int64_t>(log.size()));
  }
  FUZZ_CHECK((read.end.kind == LogEndKind::kNoHeader) != storage::is_log_header(log));
  const auto judgement = storage::judge_tail(*reader, Zxid{1}, Zxid{1}, std::nullopt);
  FUZZ_CHECK(judgement.ok());
  FUZZ_CHECK((judgement->verdict == storage::TailVerdict::kProper) == judgement->reason.empty());
  return read;
}

std::string write_log(const std::vector<std::string>& entries) {
  std::string log;
  storage::append_log_header(log);
  for (const std::string& bytes : entries) {
    storage::append_log_entry(log, bytes);
  }
  return log;
}

// The entries that were read, written by us, are the bytes that they were read from.
void check_log(const std::string& log) {
  MemoryFileSystem files;
  files.put(kPath, log);
  const ReadLog read = read_all(files);
  for (const std::string& bytes : read.entries) {
    (void)wire::decode_txn(bytes);
  }
  if (read.end.kind == LogEndKind::kNoHeader) {
    return;
  }
  const std::string again = write_log(read.entries);
  FUZZ_CHECK(again.size() == static_cast<size_t>(read.end.offset));
  FUZZ_CHECK(std::equal(again.begin() + 16, again.end(), log.begin() + 16));

  // A repaired copy holds no less, and is proper itself.
  for (const auto policy : {storage::RepairPolicy::kCut, storage::RepairPolicy::kKeep}) {
    const auto report = storage::copy_repaired(files, kPath, policy);
    FUZZ_CHECK(report.ok());
    MemoryFileSystem fixed;
    fixed.put(kPath, files.content(report->fixed_path));
    const ReadLog copy = read_all(fixed);
    FUZZ_CHECK(copy.end.is_proper());
    FUZZ_CHECK(copy.entries.size() == static_cast<size_t>(report->entries));
    FUZZ_CHECK(copy.entries.size() >= read.entries.size());
    FUZZ_CHECK(std::equal(read.entries.begin(), read.entries.end(), copy.entries.begin()));
  }
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> transactions;
  for (const auto& [name, bytes] : wire::apache_records()) {
    if (name.starts_with("txn_")) {
      transactions.push_back(bytes);
    }
  }
  const std::string log = write_log(transactions);
  const std::string mark =
      storage::encode_sync_mark({Zxid{1}, 5, 77, Zxid{1}, 140, Zxid{2}, false});
  std::string marked = write_log({transactions[0], transactions[1]});
  marked.resize(marked.size() + 2 * static_cast<size_t>(storage::kPageBytes));
  const auto slot = static_cast<size_t>(storage::mark_slot(static_cast<int64_t>(marked.size()), 5));
  marked.replace(slot, mark.size(), mark);
  std::vector<std::string> inputs;
  for (const char flag : {'\0', '\1'}) {
    inputs.push_back(flag + log);
    inputs.push_back(flag + log + std::string(300, '\0'));
    inputs.push_back(flag + log.substr(0, log.size() - 7));
    inputs.push_back(flag + marked);
    inputs.push_back(flag + write_log({}));
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
  std::string log(fuzz::as_view(data + 1, size - 1));
  if (data[0] % 2 == 1) {
    fuzz::correct_checksums(log);
  }
  fuzz::check_log(log);
  return 0;
}
