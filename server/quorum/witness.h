// What the members of an ensemble know of each other's disks.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/ids.h"
#include "server/wire/witnessed_disk.h"

namespace quorate::quorum {

/// A disk that was rolled back (an older copy of the volume) looks like one that is merely behind,
/// and its member would vote: with one more failure an acknowledged write could be lost. Only
/// others can know. Pure value.
class Witness {
 public:
  /// Whether that is news.
  bool note(const wire::WitnessedDisk& disk);
  /// Whether a disk with this accepted epoch and this last transaction has less than it had.
  [[nodiscard]] bool contradicts(ServerId server, Epoch accepted, Zxid last_logged) const;
  [[nodiscard]] bool is_empty() const { return disks_.empty(); }
  /// Ascending by server.
  [[nodiscard]] std::vector<wire::WitnessedDisk> disks() const;

  friend bool operator==(const Witness&, const Witness&) = default;

 private:
  std::map<ServerId, wire::WitnessedDisk> disks_;
};

/// The file version-2/witness: a line `ensemble ID`, then lines `N acceptedEpoch zxid`, the zxid as
/// hexadecimal digits. What is of another ensemble is worth nothing.
[[nodiscard]] std::string to_text(const Witness& witness, std::string_view ensemble_id);
/// Nothing if `text` is no such file; an empty one if it is of another ensemble.
[[nodiscard]] std::optional<Witness> parse_witness(std::string_view text,
                                                   std::string_view ensemble_id);

}  // namespace quorate::quorum
