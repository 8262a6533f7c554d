// What a member has on its disk, and recovering from it.
#include "tests/sim/disk.h"

#include <algorithm>
#include <utility>

#include "server/base/assert.h"
#include "server/tree/snapshot.h"
#include "server/wire/txn.h"
#include "server/zab/history.h"

namespace quorate::sim {

tree::TreeOptions tree_options() { return {}; }

void Disk::store(Snapshot snapshot) {
  std::erase_if(snapshots, [&](const Snapshot& other) { return other.zxid == snapshot.zxid; });
  snapshots.push_back(std::move(snapshot));
  std::ranges::sort(snapshots, {}, &Snapshot::zxid);
  while (snapshots.size() > 2) {
    snapshots.erase(snapshots.begin());
  }
}

void Disk::truncate(Zxid zxid) {
  log.erase(log.upper_bound(zxid), log.end());
  std::erase_if(snapshots, [&](const Snapshot& other) { return other.zxid > zxid; });
}

tree::Database load(const Disk::Snapshot& snapshot) {
  if (snapshot.is_stream) {
    Result<tree::Database> loaded = tree::load_snapshot_stream(snapshot.bytes, tree_options());
    QR_ASSERT(loaded);
    loaded->set_last_zxid(snapshot.zxid);
    return std::move(*loaded);
  }
  Result<tree::LoadedSnapshot> loaded = tree::load_snapshot(snapshot.bytes, tree_options());
  QR_ASSERT(loaded);
  loaded->database.set_last_zxid(snapshot.zxid);
  return std::move(loaded->database);
}

RecoveredDisk recover(const Disk& disk, size_t window_count) {
  tree::Database database =
      disk.snapshots.empty() ? tree::Database(tree_options()) : load(disk.snapshots.back());
  const Zxid snapshot = database.last_zxid();
  tree::Applied applied;
  for (auto each = disk.log.upper_bound(snapshot); each != disk.log.end(); ++each) {
    if (!is_continuous(database.last_zxid(), each->first)) {
      break;
    }
    const std::optional<wire::TxnRecord> record = wire::decode_txn(*each->second);
    QR_ASSERT(record && database.apply(*record, applied));
  }
  RecoveredDisk result{
      .recovered = {.database = std::move(database), .recent_txns = {}, .snapshot_zxid = snapshot},
      .end = {}};
  result.end = result.recovered.database.last_zxid();
  for (auto each = disk.log.upper_bound(result.end);
       each != disk.log.begin() && result.recovered.recent_txns.size() < window_count;) {
    --each;
    result.recovered.recent_txns.push_back(*each->second);
  }
  std::ranges::reverse(result.recovered.recent_txns);
  return result;
}

}  // namespace quorate::sim
