// Reading, checking and replacing the epoch files.
#include "server/storage/epochs.h"

#include <charconv>
#include <string_view>

namespace quorate::storage {
namespace {

const char* const kAcceptedName = "acceptedEpoch";
const char* const kCurrentName = "currentEpoch";

std::string_view trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && is_space(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

/// The number in the file, nothing if there is no file.
Result<std::optional<int64_t>> read_number(FileSystem& fs, const std::string& path) {
  Result<FileContent> content = read_file(fs, path);
  if (!content) {
    if (content.error().kind == ErrorKind::kNotFound) {
      return std::optional<int64_t>();
    }
    return content.error();
  }
  const std::string_view text = trim(content->bytes());
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0) {
    return Error{ErrorKind::kCorrupt, path +
                                          " does not hold an epoch: restore it from a backup, "
                                          "or empty the data directory to sync from the others"};
  }
  return std::optional<int64_t>(value);
}

}  // namespace

Result<Epochs> read_epochs(FileSystem& fs, const std::string& directory, Zxid last_zxid) {
  Result<std::optional<int64_t>> current = read_number(fs, join_path(directory, kCurrentName));
  if (!current) {
    return current.error();
  }
  Result<std::optional<int64_t>> accepted = read_number(fs, join_path(directory, kAcceptedName));
  if (!accepted) {
    return accepted.error();
  }
  Epochs epochs{.accepted = 0, .current = current->value_or(last_zxid.epoch())};
  if (last_zxid.epoch() > epochs.current) {
    const std::string temporary = join_path(directory, std::string(kCurrentName) + ".tmp");
    const bool was_under_way = fs.open(temporary, OpenMode::kRead).ok();
    // A sync that a crash broke off: the leader of that epoch had been accepted, and what it has
    // sent does not count before currentEpoch says so.
    const bool was_syncing = accepted->value_or(0) >= last_zxid.epoch();
    if (!was_under_way && !was_syncing) {
      return Error{ErrorKind::kCorrupt,
                   join_path(directory, kCurrentName) + " says " + std::to_string(epochs.current) +
                       " but the log reaches epoch " + std::to_string(last_zxid.epoch()) +
                       ": the directory mixes files of different times, restore it whole"};
    }
    epochs.current = was_under_way ? last_zxid.epoch() : epochs.current;
  }
  epochs.accepted = accepted->value_or(epochs.current);
  if (epochs.accepted < epochs.current) {
    return Error{ErrorKind::kCorrupt, join_path(directory, kAcceptedName) + " says " +
                                          std::to_string(epochs.accepted) + ", less than " +
                                          kCurrentName + " " + std::to_string(epochs.current) +
                                          ": the directory mixes files of different times, "
                                          "restore it whole"};
  }
  return epochs;
}

Status write_accepted_epoch(FileSystem& fs, const std::string& directory, int64_t epoch) {
  return replace_file(fs, directory, kAcceptedName, std::to_string(epoch));
}

Status write_current_epoch(FileSystem& fs, const std::string& directory, int64_t epoch) {
  return replace_file(fs, directory, kCurrentName, std::to_string(epoch));
}

}  // namespace quorate::storage
