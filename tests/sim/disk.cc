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

void Disk::flip(Zxid zxid, size_t bit) {
  std::string bytes = *log.at(zxid);
  const size_t place = bit % (bytes.size() * 8);
  bytes[place / 8] = static_cast<char>(bytes[place / 8] ^ (1 << place % 8));
  log[zxid] = std::make_shared<const std::string>(std::move(bytes));
  rotten.insert(zxid);
}

void Disk::flip_snapshot(size_t index, size_t bit) {
  Snapshot& snapshot = snapshots[index];
  const size_t place = bit % (snapshot.bytes.size() * 8);
  snapshot.bytes[place / 8] = static_cast<char>(snapshot.bytes[place / 8] ^ (1 << place % 8));
  snapshot.is_rotten = true;
}

Zxid Disk::last_logged() const {
  const Zxid snapshot = snapshots.empty() ? Zxid{} : snapshots.back().zxid;
  return log.empty() ? snapshot : std::max(snapshot, log.rbegin()->first);
}

bool Disk::is_rotten() const {
  return !rotten.empty() || std::ranges::any_of(snapshots, &Snapshot::is_rotten);
}

void Disk::truncate(Zxid zxid) {
  rotten.erase(rotten.upper_bound(zxid), rotten.end());
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

RecoveredDisk recover(const Disk& disk, size_t window_count, bool believes_log,
                      bool believes_snapshots) {
  // The newest that can be read; what was lost with a newer one the log has, or it is damage.
  const auto chosen = std::ranges::find_if(
      disk.snapshots.rbegin(), disk.snapshots.rend(),
      [&](const Disk::Snapshot& each) { return believes_snapshots || !each.is_rotten; });
  tree::Database database =
      chosen == disk.snapshots.rend() ? tree::Database(tree_options()) : load(*chosen);
  std::string damage;
  const Zxid snapshot = database.last_zxid();
  tree::Applied applied;
  for (auto each = disk.log.upper_bound(snapshot); each != disk.log.end(); ++each) {
    if (!is_continuous(database.last_zxid(), each->first)) {
      break;
    }
    if (disk.rotten.contains(each->first) && !believes_log) {
      damage = "damage at " + std::to_string(each->first.value);
      break;
    }
    const std::optional<wire::TxnRecord> record = wire::decode_txn(*each->second);
    QR_ASSERT(record && database.apply(*record, applied));
  }
  RecoveredDisk result{
      .recovered = {.database = std::move(database), .recent_txns = {}, .snapshot_zxid = snapshot},
      .end = {},
      .damage = std::move(damage)};
  result.end = result.recovered.database.last_zxid();
  const bool is_newest = disk.snapshots.empty() || snapshot == disk.snapshots.back().zxid;
  if (!is_newest &&
      (result.end < disk.snapshots.back().zxid || !disk.log.contains(disk.snapshots.back().zxid))) {
    result.damage = "the newest snapshot cannot be read, and the log does not have its end";
  }
  for (auto each = disk.log.upper_bound(result.end);
       each != disk.log.begin() && result.recovered.recent_txns.size() < window_count;) {
    --each;
    if (disk.rotten.contains(each->first) && !believes_log) {
      break;  // It belongs to the past; nobody needs it.
    }
    result.recovered.recent_txns.push_back(*each->second);
  }
  std::ranges::reverse(result.recovered.recent_txns);
  return result;
}

}  // namespace quorate::sim
