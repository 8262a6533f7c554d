// Snapshot files: temporary name, optional gzip, paced writeback, atomic publication.
#include "server/storage/snapshot_file.h"

#include <zlib.h>

#include <chrono>
#include <thread>
#include <utility>

namespace quorate::storage {
namespace {

/// Unit of writeback: small enough that a sync of the log never queues behind much.
constexpr int64_t kPushBytes = int64_t{256} << 10;
/// Unit of reservation.
constexpr int64_t kReserveBytes = int64_t{4} << 20;
/// Level 1 packs nearly as well as 6 here and costs a third of the time.
constexpr int kGzipLevel = 1;
constexpr int kGzipWindowBits = 15 + 16;
constexpr int kGzipMemoryLevel = 8;
constexpr size_t kPackBufferBytes = size_t{1} << 16;

}  // namespace

struct SnapshotFile::Packer {
  z_stream stream{};
  std::unique_ptr<char[]> buffer = std::make_unique_for_overwrite<char[]>(kPackBufferBytes);
  bool ready = false;

  Packer() {
    ready = deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindowBits, kGzipMemoryLevel,
                         Z_DEFAULT_STRATEGY) == Z_OK;
  }
  Packer(const Packer&) = delete;
  Packer& operator=(const Packer&) = delete;
  ~Packer() {
    if (ready) {
      deflateEnd(&stream);
    }
  }
};

SnapshotFile::SnapshotFile(FileSystem& fs, std::string directory, Zxid zxid,
                           Compression compression, Pace pace)
    : fs_(&fs), directory_(std::move(directory)), pace_(pace) {
  const std::string name = snapshot_name(zxid, compression);
  temporary_path_ = join_path(directory_, std::string(kTemporaryPrefix) + name);
  final_path_ = join_path(directory_, name);
}

SnapshotFile::SnapshotFile(SnapshotFile&&) noexcept = default;

SnapshotFile::~SnapshotFile() {
  if (file_ != nullptr) {
    file_.reset();
    (void)fs_->unlink(temporary_path_);
  }
}

Result<SnapshotFile> SnapshotFile::begin(FileSystem& fs, std::string directory, Zxid zxid,
                                         Compression compression, Pace pace) {
  QR_ASSERT(compression != Compression::kSnappy);
  SnapshotFile snapshot(fs, std::move(directory), zxid, compression, pace);
  Result<std::unique_ptr<File>> file = fs.open(snapshot.temporary_path_, OpenMode::kReplace);
  if (!file) {
    return file.error();
  }
  snapshot.file_ = std::move(*file);
  if (compression == Compression::kGzip) {
    snapshot.packer_ = std::make_unique<Packer>();
    if (!snapshot.packer_->ready) {
      return Error{ErrorKind::kIo, "snapshot " + snapshot.final_path_ + ": zlib has no memory"};
    }
  }
  return snapshot;
}

Status SnapshotFile::append(std::string_view bytes) {
  return packer_ != nullptr ? pack(bytes, false) : put(bytes);
}

Status SnapshotFile::put(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPushBytes);
    const auto began = std::chrono::steady_clock::now();
    reserve();
    if (Status written = write_all(*file_, written_, piece); !written) {
      return written;
    }
    written_ += static_cast<int64_t>(piece.size());
    bytes.remove_prefix(piece.size());
    if (push() && pace_ == Pace::kGentle) {
      std::this_thread::sleep_for(std::chrono::steady_clock::now() - began);
    }
  }
  return {};
}

void SnapshotFile::reserve() {
  // A snapshot that fits into one step needs no reservation.
  if (!reserves_ || written_ == 0 || written_ + kPushBytes <= allocated_) {
    return;
  }
  const int64_t wanted = written_ + kPushBytes + kReserveBytes;
  reserves_ = file_->allocate(wanted).ok();
  if (reserves_) {
    allocated_ = wanted;
  }
}

bool SnapshotFile::push() {
  bool waited = false;
  while (written_ - pushed_ >= kPushBytes) {
    // One step is under way while the next one fills: never more than two are dirty.
    file_->start_writeback(pushed_, kPushBytes);
    if (pushed_ > finished_) {
      file_->finish_writeback(finished_, pushed_ - finished_);
      finished_ = pushed_;
      waited = true;
    }
    pushed_ += kPushBytes;
  }
  return waited;
}

Status SnapshotFile::pack(std::string_view bytes, bool finish) {
  z_stream& stream = packer_->stream;
  do {
    const size_t piece = bytes.size() < UINT32_MAX ? bytes.size() : size_t{UINT32_MAX};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(piece);
    bytes.remove_prefix(piece);
    const int flush = finish && bytes.empty() ? Z_FINISH : Z_NO_FLUSH;
    do {
      stream.next_out = reinterpret_cast<Bytef*>(packer_->buffer.get());
      stream.avail_out = kPackBufferBytes;
      (void)deflate(&stream, flush);  // Cannot fail with room for output.
      const size_t packed = kPackBufferBytes - stream.avail_out;
      if (Status written = put({packer_->buffer.get(), packed}); !written) {
        return written;
      }
    } while (stream.avail_out == 0);
  } while (!bytes.empty());
  return {};
}

Result<int64_t> SnapshotFile::commit() {
  QR_ASSERT(file_ != nullptr);
  if (packer_ != nullptr) {
    if (Status packed = pack({}, true); !packed) {
      return packed.error();
    }
  }
  if (allocated_ > written_) {
    if (Status cut = file_->truncate(written_); !cut) {
      return cut.error();
    }
  }
  if (Status synced = file_->sync(); !synced) {
    return synced.error();
  }
  if (Status renamed = fs_->rename(temporary_path_, final_path_); !renamed) {
    return renamed.error();
  }
  file_.reset();
  if (Status synced = fs_->sync_directory(directory_); !synced) {
    return synced.error();
  }
  return written_;
}

}  // namespace quorate::storage
