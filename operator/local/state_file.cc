// Reading and writing of the journal.
#include "operator/local/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace quorate::local {

namespace {

constexpr int64_t kRewriteBytesMin = 32 << 20;

Error io_error(const std::string& what, const std::string& path) {
  return {ErrorKind::kIo, what + " " + path + ": " + std::strerror(errno)};
}

Json line_of(const Key& key, int64_t revision, int64_t number) {
  return {{"rv", revision}, {"n", number}, {"key", Json::array({key.resource, key.ns, key.name})}};
}

Status write_all(int fd, const std::string& bytes, const std::string& path) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno != EINTR) {
      return io_error("cannot write", path);
    }
    done += count > 0 ? static_cast<size_t>(count) : 0;
  }
  return ::fdatasync(fd) == 0 ? Status() : Status(io_error("cannot sync", path));
}

}  // namespace

Result<std::unique_ptr<StateFile>> StateFile::open(const std::string& path,
                                                   const Surroundings& fresh, Store& store) {
  std::unique_ptr<StateFile> file(new StateFile(path, fresh));
  struct stat info {};
  file->is_resumed_ = ::stat(path.c_str(), &info) == 0 && info.st_size > 0;
  if (file->is_resumed_) {
    if (const Status loaded = file->load(store); !loaded) {
      return loaded.error();
    }
  }
  if (const Status written = file->rewrite(store); !written) {
    return written.error();
  }
  return file;
}

StateFile::~StateFile() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

Status StateFile::load(Store& store) {
  std::ifstream stream(path_, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.good() && !stream.eof()) {
    return io_error("cannot read", path_);
  }
  content.resize(content.rfind('\n') + 1);  // What follows was never acknowledged.
  std::map<Key, Json> objects;
  int64_t revision = 0;
  int64_t number = 0;
  size_t line_number = 0;
  for (const std::string& line : split(content, '\n')) {
    if (line.empty()) {
      continue;
    }
    const auto parsed = parse_json(line);
    ++line_number;
    const bool is_header = line_number == 1;
    const Json& place = parsed ? list_at(*parsed, "key") : list_at(Json(), "");
    if (!parsed || (is_header ? integer(*parsed, "format") != 1 : place.size() != 3)) {
      return Error{ErrorKind::kCorrupt, path_ + ":" + std::to_string(line_number) +
                                            ": damaged; move the folder away to start anew"};
    }
    if (is_header) {
      surroundings_.seed = static_cast<uint64_t>(integer(*parsed, "seed"));
      surroundings_.address_prefix = text(*parsed, "prefix");
      revision = integer(*parsed, "rv");
      number = integer(*parsed, "n");
      continue;
    }
    revision = integer(*parsed, "rv");
    number = integer(*parsed, "n");
    const Key key{place[0].get<std::string>(), place[1].get<std::string>(),
                  place[2].get<std::string>()};
    if (has(*parsed, "object")) {
      objects[key] = (*parsed)["object"];
    } else {
      objects.erase(key);
    }
  }
  for (auto& [key, object] : objects) {
    store.restore(key, std::move(object));
  }
  store.restore_counters(revision, number);
  return {};
}

Status StateFile::rewrite(const Store& store) {
  const std::string temporary = path_ + ".new";
  std::string content = dump({{"format", 1},
                              {"seed", static_cast<int64_t>(surroundings_.seed)},
                              {"prefix", surroundings_.address_prefix},
                              {"rv", store.revision()},
                              {"n", store.number()}}) +
                        "\n";
  for (const Key& key : store.keys()) {
    Json line = line_of(key, store.revision(), store.number());
    line["object"] = *store.find(key);
    content += dump(line) + "\n";
  }
  const int fd =
      ::open(temporary.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) {
    return io_error("cannot create", temporary);
  }
  if (const Status written = write_all(fd, content, temporary); !written) {
    ::close(fd);
    return written;
  }
  if (::rename(temporary.c_str(), path_.c_str()) != 0) {
    ::close(fd);
    return io_error("cannot rename", temporary);
  }
  const std::string folder = path_.substr(0, path_.rfind('/'));
  if (const int folder_fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      folder_fd >= 0) {
    ::fsync(folder_fd);
    ::close(folder_fd);
  }
  if (fd_ >= 0) {
    ::close(fd_);
  }
  fd_ = fd;
  saved_revision_ = store.revision();
  file_bytes_ = rewritten_bytes_ = static_cast<int64_t>(content.size());
  return {};
}

Status StateFile::append(const std::string& lines) {
  file_bytes_ += static_cast<int64_t>(lines.size());
  return write_all(fd_, lines, path_);
}

Status StateFile::save(const Store& store) {
  if (store.revision() == saved_revision_) {
    return {};
  }
  const auto changes = store.changes_after(saved_revision_);
  if (!changes || file_bytes_ > std::max(kRewriteBytesMin, 4 * rewritten_bytes_)) {
    return rewrite(store);
  }
  std::string lines;
  for (auto it = changes->begin; it != changes->end; ++it) {
    Json line = line_of(it->key, it->revision, store.number());
    if (it->type != ChangeType::kDeleted) {
      line["object"] = *it->object;
    }
    lines += dump(line) + "\n";
  }
  saved_revision_ = store.revision();
  return append(lines);
}

}  // namespace quorate::local
