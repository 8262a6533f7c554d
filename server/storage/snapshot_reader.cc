// Snapshot files: reading, unpacking, quick and full checks.
#include "server/storage/snapshot_reader.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "server/base/bytes.h"
#include "server/storage/snappy.h"

namespace quorate::storage {
namespace {

constexpr size_t kGrowBytesMin = size_t{1} << 16;
/// deflate cannot pack more tightly than this.
constexpr size_t kDeflateRatioMax = 1032;
constexpr int kGunzipWindowBits = 15 + 16;
constexpr std::string_view kSealTail("\0\0\0\1/", 5);
constexpr std::string_view kGzipMagic("\x1f\x8b", 2);
constexpr std::string_view kSnappyMagic("\x82SNAPPY\0", 8);
constexpr size_t kSnapshotBytesMin = 10;

/// Unpacks gzip members into a buffer that grows with what comes out.
class Inflater {
 public:
  explicit Inflater(std::string_view packed) : packed_(packed) {
    // The trailer holds the unpacked size modulo 2^32: right for one member below 4 GiB.
    size_t guess = kGrowBytesMin;
    if (packed.size() >= 4) {
      uint32_t size;
      std::memcpy(&size, packed.data() + packed.size() - 4, 4);
      guess = std::max<size_t>(guess, size_t{size} + 1);
    }
    capacity_ = std::min(guess, packed.size() * kDeflateRatioMax + kGrowBytesMin);
    bytes_ = std::make_unique_for_overwrite<char[]>(capacity_);
    ready_ = inflateInit2(&stream_, kGunzipWindowBits) == Z_OK;
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (ready_) {
      inflateEnd(&stream_);
    }
  }

  /// False if the data is damaged or ends early.
  [[nodiscard]] bool run() {
    while (ready_) {
      feed();
      if (filled_ == capacity_) {
        grow();
      }
      const auto room = static_cast<uInt>(std::min<size_t>(capacity_ - filled_, UINT32_MAX));
      stream_.next_out = reinterpret_cast<Bytef*>(bytes_.get() + filled_);
      stream_.avail_out = room;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      filled_ += room - stream_.avail_out;
      if (code == Z_STREAM_END) {
        feed();
        if (stream_.avail_in == 0) {
          return true;
        }
        ready_ = inflateReset(&stream_) == Z_OK;
        continue;
      }
      // No progress although there is room: the input ends in the middle.
      if (code != Z_OK && !(code == Z_BUF_ERROR && stream_.avail_out == 0)) {
        return false;
      }
    }
    return false;
  }

  [[nodiscard]] FileContent take() { return {std::move(bytes_), filled_}; }

 private:
  void feed() {
    if (stream_.avail_in == 0 && !packed_.empty()) {
      const size_t piece = std::min<size_t>(packed_.size(), UINT32_MAX);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed_.data()));
      stream_.avail_in = static_cast<uInt>(piece);
      packed_.remove_prefix(piece);
    }
  }

  void grow() {
    capacity_ += std::max(capacity_, kGrowBytesMin);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity_);
    std::memcpy(larger.get(), bytes_.get(), filled_);
    bytes_ = std::move(larger);
  }

  std::string_view packed_;
  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  size_t filled_ = 0;
  z_stream stream_{};
  bool ready_ = false;
};

}  // namespace

Result<FileContent> read_snapshot(FileSystem& fs, const std::string& path,
                                  Compression compression) {
  Result<FileContent> file = read_file(fs, path);
  if (!file) {
    return file;
  }
  switch (compression) {
    case Compression::kNone:
      return file;
    case Compression::kGzip: {
      Inflater inflater(file->bytes());
      if (!inflater.run()) {
        return Error{ErrorKind::kCorrupt, path + ": gzip data is damaged or ends early"};
      }
      return inflater.take();
    }
    case Compression::kSnappy: {
      std::string content;
      if (Status decoded = decode_snappy_stream(file->bytes(), content); !decoded) {
        return Error{decoded.error().kind, path + ": " + decoded.error().message};
      }
      auto bytes = std::make_unique_for_overwrite<char[]>(content.size());
      std::memcpy(bytes.get(), content.data(), content.size());
      return FileContent(std::move(bytes), content.size());
    }
  }
  QR_ASSERT(false);
}

Result<bool> looks_complete(FileSystem& fs, const std::string& path, Compression compression) {
  Result<std::unique_ptr<File>> file = fs.open(path, OpenMode::kRead);
  if (!file) {
    return file.error();
  }
  Result<int64_t> size = (*file)->size();
  if (!size) {
    return size.error();
  }
  std::string_view expected = kSealTail;
  int64_t at = *size - static_cast<int64_t>(kSealTail.size());
  if (compression != Compression::kNone) {
    expected = compression == Compression::kGzip ? kGzipMagic : kSnappyMagic;
    at = 0;
  } else if (*size < static_cast<int64_t>(kSnapshotBytesMin)) {
    return false;
  }
  char bytes[8] = {};
  Result<size_t> got = read_full(**file, at, {bytes, expected.size()});
  if (!got) {
    return got.error();
  }
  return std::string_view(bytes, *got) == expected;
}

Result<tree::LoadedSnapshot> load_snapshot_file(FileSystem& fs, const std::string& directory,
                                                const SnapshotName& name,
                                                const tree::TreeOptions& options) {
  const std::string path = join_path(directory, name.name);
  Result<FileContent> content = read_snapshot(fs, path, name.compression);
  if (!content) {
    return content.error();
  }
  Result<tree::LoadedSnapshot> loaded = tree::load_snapshot(content->bytes(), options);
  if (!loaded) {
    return Error{loaded.error().kind, path + ": " + loaded.error().message};
  }
  loaded->database.set_last_zxid(name.zxid);
  return loaded;
}

}  // namespace quorate::storage
