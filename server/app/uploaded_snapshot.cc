// Decoding an uploaded snapshot, and which zxid it has.
#include "server/app/uploaded_snapshot.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "server/log/logger.h"
#include "server/storage/posix_file_system.h"
#include "server/storage/snapshot_reader.h"

namespace quorate::app {
namespace {

/// The greatest zxid in any Stat: no txn of this history is known to be newer.
Zxid newest_zxid(const tree::Tree& tree) {
  Zxid newest;
  std::vector<tree::NodeId> open = {tree.root()};
  while (!open.empty()) {
    const tree::NodeId node = open.back();
    open.pop_back();
    const wire::StatPersisted stat = tree.persisted(node);
    newest = std::max({newest, stat.czxid, stat.mzxid, stat.pzxid});
    const std::vector<tree::NodeId> children = tree.children(node);
    open.insert(open.end(), children.begin(), children.end());
  }
  return newest;
}

Zxid zxid_of(const tree::LoadedSnapshot& snapshot) {
  return snapshot.info.last_processed_zxid ? *snapshot.info.last_processed_zxid
                                           : std::max(newest_zxid(snapshot.database.tree()),
                                                      snapshot.info.digest_zxid.value_or(Zxid{}));
}

Result<storage::Compression> compression_of(storage::FileSystem& fs, const std::string& path) {
  for (const auto packed : {storage::Compression::kGzip, storage::Compression::kSnappy}) {
    const Result<bool> matches = storage::looks_complete(fs, path, packed);
    if (!matches) {
      return matches.error();
    }
    if (*matches) {
      return packed;
    }
  }
  return storage::Compression::kNone;
}

/// Without the name of the file, which nobody but this process knows.
Error of_upload(const Error& error, const std::string& path) {
  const std::string prefix = path + ": ";
  return {error.kind,
          error.message.starts_with(prefix) ? error.message.substr(prefix.size()) : error.message};
}

}  // namespace

Result<tree::Database> load_uploaded_snapshot(const admin::File& file,
                                              const tree::TreeOptions& options) {
  storage::PosixFileSystem fs;
  // The spool has no name of its own.
  const std::string path = "/proc/self/fd/" + std::to_string(file.descriptor());
  const Result<storage::Compression> compression = compression_of(fs, path);
  if (!compression) {
    return of_upload(compression.error(), path);
  }
  Result<tree::LoadedSnapshot> loaded = [&]() -> Result<tree::LoadedSnapshot> {
    const Result<storage::FileContent> content = storage::read_snapshot(fs, path, *compression);
    if (!content) {
      return of_upload(content.error(), path);
    }
    return tree::load_snapshot(content->bytes(), options);
  }();
  if (!loaded) {
    return loaded.error();
  }
  const Zxid zxid = zxid_of(*loaded);
  if (zxid.value < 0 || zxid.epoch() >= std::numeric_limits<int32_t>::max()) {
    return Error{ErrorKind::kCorrupt, "snapshot: impossible last zxid " + log::hex(zxid.value)};
  }
  if (tree::digest_contradicts(*loaded, zxid)) {
    log::warn("restore_is_fuzzy",
              {{"zxid", log::hex(zxid.value)},
               {"reason", "the snapshot's digest is not that of its content"},
               {"action", "expected if it was taken while clients wrote; else take another one"}});
  }
  loaded->database.set_last_zxid(zxid);
  // Their owners are not in the snapshot: nobody would ever delete them.
  const size_t orphans = loaded->database.drop_orphaned_ephemerals();
  if (orphans > 0) {
    log::warn("restore_dropped_ephemerals", {{"count", orphans}});
  }
  return std::move(loaded->database);
}

}  // namespace quorate::app
