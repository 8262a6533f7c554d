// Streaming reader of logs and of their sync marks.
#include "server/storage/log_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "server/base/assert.h"
#include "server/base/bytes.h"
#include "server/base/checksum.h"

namespace quorate::storage {
namespace {

constexpr int64_t kWindowBytes = 1 << 20;

bool all_zero(std::string_view bytes) {
  return bytes.empty() ||
         (bytes.front() == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

}  // namespace

std::string_view describe(LogEndKind kind) {
  switch (kind) {
    case LogEndKind::kReading:
      return "not read to the end";
    case LogEndKind::kEndOfFile:
      return "end of file";
    case LogEndKind::kZeros:
      return "end of the entries";
    case LogEndKind::kNoHeader:
      return "no log header";
    case LogEndKind::kZeroLength:
      return "length zero of an entry";
    case LogEndKind::kBadLength:
      return "impossible length of an entry";
    case LogEndKind::kCutShort:
      return "entry without its end";
    case LogEndKind::kBadChecksum:
      return "checksum of an entry does not match";
  }
  QR_ASSERT(false);
}

LogReader::LogReader(std::unique_ptr<File> file, int64_t file_bytes)
    : file_(std::move(file)), file_bytes_(file_bytes) {}

Result<LogReader> LogReader::open(FileSystem& fs, const std::string& path) {
  Result<std::unique_ptr<File>> file = fs.open(path, OpenMode::kRead);
  if (!file) {
    return file.error();
  }
  Result<int64_t> size = (*file)->size();
  if (!size) {
    return size.error();
  }
  LogReader reader(std::move(*file), *size);
  if (Status filled = reader.fill(kLogHeaderBytes); !filled) {
    return filled.error();
  }
  if (!is_log_header(reader.window())) {
    (void)reader.stop(LogEndKind::kNoHeader);
    return reader;
  }
  reader.position_ = kLogHeaderBytes;
  return reader;
}

Status LogReader::fill(int64_t bytes) {
  if (static_cast<int64_t>(window().size()) >= bytes) {
    return {};
  }
  const auto used = static_cast<size_t>(position_ - window_offset_);
  filled_ -= used;
  if (filled_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + used, filled_);
  }
  window_offset_ = position_;
  const int64_t left = std::max<int64_t>(file_bytes_ - position_, 0);
  const int64_t wanted = std::min(left, std::max(bytes, kWindowBytes));
  if (static_cast<int64_t>(buffer_.size()) < wanted) {
    buffer_.resize(static_cast<size_t>(wanted));
  }
  const auto space = static_cast<size_t>(wanted) - std::min(filled_, static_cast<size_t>(wanted));
  Result<size_t> got = read_full(*file_, window_offset_ + static_cast<int64_t>(filled_),
                                 {buffer_.data() + filled_, space});
  if (!got) {
    return got.error();
  }
  filled_ += *got;
  return {};
}

std::optional<LogEntry> LogReader::stop(LogEndKind kind) {
  end_ = {.kind = kind, .offset = position_};
  return std::nullopt;
}

Result<std::optional<LogEntry>> LogReader::next() {
  if (end_.kind != LogEndKind::kReading) {
    return std::optional<LogEntry>();
  }
  if (Status filled = fill(kEntryHeadBytes); !filled) {
    return filled.error();
  }
  const std::string_view head = window().substr(0, kEntryHeadBytes);
  if (head.empty()) {
    return stop(LogEndKind::kEndOfFile);
  }
  if (all_zero(head)) {
    return stop(LogEndKind::kZeros);
  }
  if (head.size() < kEntryHeadBytes) {
    return stop(LogEndKind::kCutShort);
  }
  const auto checksum = load_big_endian<int64_t>(head.data());
  const int64_t length = load_big_endian<int32_t>(head.data() + 8);
  if (length <= 0) {
    return stop(length == 0 ? LogEndKind::kZeroLength : LogEndKind::kBadLength);
  }
  const int64_t whole = length + kEntryOverheadBytes;
  if (whole > file_bytes_ - position_) {
    return stop(LogEndKind::kCutShort);
  }
  if (Status filled = fill(whole); !filled) {
    return filled.error();
  }
  const std::string_view all = window();
  if (static_cast<int64_t>(all.size()) < whole ||
      all[static_cast<size_t>(whole - 1)] != kEntryEnd) {
    return stop(LogEndKind::kCutShort);
  }
  const std::string_view bytes = all.substr(kEntryHeadBytes, static_cast<size_t>(length));
  if (checksum != int64_t{adler32(kAdlerSeed, bytes)}) {
    return stop(LogEndKind::kBadChecksum);
  }
  const LogEntry entry{.offset = position_, .end_offset = position_ + whole, .bytes = bytes};
  position_ += whole;
  return std::optional<LogEntry>(entry);
}

Status LogReader::refresh() {
  const Result<int64_t> size = file_->size();
  if (!size) {
    return size.error();
  }
  file_bytes_ = *size;
  window_offset_ = position_;
  filled_ = 0;
  return {};
}

LogEntry LogReader::take_damaged() {
  QR_ASSERT(end_.kind == LogEndKind::kBadChecksum);
  const std::string_view all = window();
  const int64_t length = load_big_endian<int32_t>(all.data() + 8);
  const LogEntry entry{.offset = position_,
                       .end_offset = position_ + length + kEntryOverheadBytes,
                       .bytes = all.substr(kEntryHeadBytes, static_cast<size_t>(length))};
  position_ = entry.end_offset;
  end_ = {};
  return entry;
}

Result<FoundMarks> find_marks(File& file, int64_t file_bytes, int64_t from_offset,
                              Zxid first_zxid) {
  FoundMarks found;
  const auto consider = [&](std::string_view page, int64_t offset) {
    const std::optional<SyncMark> mark = decode_sync_mark(page, first_zxid);
    // A mark stands behind everything that it speaks of.
    if (mark && mark->batch_end <= offset &&
        (!found.newest || mark->sequence > found.newest->sequence)) {
      found = {.newest = mark, .offset = offset};
    }
  };
  std::vector<char> buffer(static_cast<size_t>(std::min(kWindowBytes, file_bytes)));
  // The usual place first, so that a large empty padding need not be read.
  for (const int64_t slot : {int64_t{0}, int64_t{1}}) {
    const int64_t offset = mark_slot(file_bytes, slot);
    if (offset < 0) {
      continue;
    }
    Result<size_t> got = read_full(file, offset, {buffer.data(), kSyncMarkBytes});
    if (!got) {
      return got.error();
    }
    consider({buffer.data(), *got}, offset);
  }
  if (found.newest) {
    return found;
  }
  int64_t offset = from_offset / kPageBytes * kPageBytes;
  while (offset < file_bytes) {
    Result<size_t> got = read_full(file, offset, buffer);
    if (!got) {
      return got.error();
    }
    const std::string_view window(buffer.data(), *got);
    for (size_t at = 0; at < window.size(); at += kPageBytes) {
      consider(window.substr(at), offset + static_cast<int64_t>(at));
    }
    if (*got < buffer.size()) {
      break;
    }
    offset += static_cast<int64_t>(buffer.size()) / kPageBytes * kPageBytes;
    if (static_cast<int64_t>(buffer.size()) < kPageBytes) {
      break;
    }
  }
  return found;
}

Result<bool> has_content(File& file, int64_t from_offset, int64_t to_offset) {
  std::vector<char> buffer(
      static_cast<size_t>(std::clamp<int64_t>(to_offset - from_offset, 0, kWindowBytes)));
  while (from_offset < to_offset) {
    const auto wanted = static_cast<size_t>(
        std::min<int64_t>(to_offset - from_offset, static_cast<int64_t>(buffer.size())));
    Result<size_t> got = read_full(file, from_offset, {buffer.data(), wanted});
    if (!got) {
      return got.error();
    }
    if (!all_zero({buffer.data(), *got})) {
      return true;
    }
    if (*got < wanted) {
      break;
    }
    from_offset += static_cast<int64_t>(*got);
  }
  return false;
}

}  // namespace quorate::storage
