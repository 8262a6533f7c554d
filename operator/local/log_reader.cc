// Logs on disk.
#include "operator/local/log_reader.h"

#include <algorithm>
#include <fstream>

namespace quorate::local {

namespace {

constexpr int64_t kChunkBytes = 256 << 10;

int64_t size_of(std::ifstream& file) {
  file.seekg(0, std::ios::end);
  return file ? static_cast<int64_t>(file.tellg()) : 0;
}

std::string read_at(std::ifstream& file, int64_t begin, int64_t count) {
  std::string bytes(static_cast<size_t>(count), '\0');
  file.clear();
  file.seekg(begin);
  file.read(bytes.data(), count);
  bytes.resize(static_cast<size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return bytes;
}

// Where the last `lines` lines begin.
int64_t tail_position(std::ifstream& file, int64_t size, int64_t lines) {
  int64_t end = size;
  int64_t left = lines + 1;  // The end of the last line counts.
  while (end > 0) {
    const int64_t begin = std::max<int64_t>(end - kChunkBytes, 0);
    const std::string chunk = read_at(file, begin, end - begin);
    for (size_t i = chunk.size(); i > 0; --i) {
      const bool is_end = chunk[i - 1] == '\n';
      const bool is_last = begin + static_cast<int64_t>(i) == size;
      if (!is_end && is_last) {
        --left;  // A last line without its end.
      }
      if (is_end && --left == 0) {
        return begin + static_cast<int64_t>(i);
      }
    }
    end = begin;
  }
  return 0;
}

}  // namespace

LogReader::LogReader(std::string path, const LogRequest& wanted)
    : path_(std::move(path)), wanted_(wanted) {
  std::ifstream file(path_, std::ios::binary);
  constexpr int64_t kLineCountMax = int64_t{1} << 40;
  if (wanted_.tail_lines) {
    wanted_.tail_lines = std::min(*wanted_.tail_lines, kLineCountMax);
  }
  if (wanted_.tail_lines && *wanted_.tail_lines >= 0 && file) {
    const int64_t size = size_of(file);
    position_ = *wanted_.tail_lines == 0 ? size : tail_position(file, size, *wanted_.tail_lines);
  }
}

bool LogReader::is_finished() const {
  return wanted_.limit_bytes && taken_bytes_ >= *wanted_.limit_bytes;
}

std::string LogReader::take() {
  std::string all;
  std::ifstream file(path_, std::ios::binary);
  const int64_t size = file ? size_of(file) : 0;
  // A reader that does not follow takes everything at once.
  const int64_t limit = wanted_.follow ? kChunkBytes : size;
  int64_t count = std::min(size - position_, limit);
  if (wanted_.limit_bytes) {
    count = std::min(count, *wanted_.limit_bytes - taken_bytes_);
  }
  if (count <= 0) {
    return all;
  }
  all = read_at(file, position_, count);
  position_ += static_cast<int64_t>(all.size());
  taken_bytes_ += static_cast<int64_t>(all.size());
  return all;
}

}  // namespace quorate::local
