// Stat: what a client learns of a znode besides its data; StatPersisted: what is stored of it.
#pragma once

#include <compare>
#include <cstdint>

#include "server/base/ids.h"
#include "server/base/time.h"
#include "server/wire/jute.h"

namespace quorate::wire {

/// As clients see it (68 bytes on the wire). `cversion` counts child creates and deletes.
struct Stat {
  Zxid czxid;
  Zxid mzxid;
  WallMillis ctime;
  WallMillis mtime;
  int32_t version = 0;
  int32_t cversion = 0;
  int32_t aversion = 0;
  int64_t ephemeral_owner = 0;  ///< Session of an ephemeral; 0 for all other kinds.
  int32_t data_length = 0;
  int32_t num_children = 0;
  Zxid pzxid;
  friend bool operator==(const Stat&, const Stat&) = default;
};

/// As stored (60 bytes in a snapshot). `cversion` counts child creates only; `ephemeral_owner` also
/// encodes containers and TTLs (see tree/owner.h).
struct StatPersisted {
  Zxid czxid;
  Zxid mzxid;
  WallMillis ctime;
  WallMillis mtime;
  int32_t version = 0;
  int32_t cversion = 0;
  int32_t aversion = 0;
  int64_t ephemeral_owner = 0;
  Zxid pzxid;
  friend bool operator==(const StatPersisted&, const StatPersisted&) = default;
};

inline constexpr size_t kStatBytes = 68;
inline constexpr size_t kStatPersistedBytes = 60;

void write(Writer& writer, const Stat& stat);
void write(Writer& writer, const StatPersisted& stat);
[[nodiscard]] Stat read_stat(Reader& reader);
[[nodiscard]] StatPersisted read_stat_persisted(Reader& reader);

}  // namespace quorate::wire
