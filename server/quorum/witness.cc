// What the members of an ensemble know of each other's disks, and its file.
#include "server/quorum/witness.h"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "server/base/text.h"

namespace quorate::quorum {
namespace {

constexpr std::string_view kHead = "ensemble ";

std::optional<wire::WitnessedDisk> parse_line(std::string_view line) {
  const std::vector<std::string_view> fields = split(line, ' ');
  if (fields.size() != 3) {
    return std::nullopt;
  }
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const auto server = parse_integer(fields[0], 0, kMax);
  const auto accepted = parse_integer(fields[1], 0, kMax);
  const auto durable = parse_hex(fields[2]);
  if (!server || !accepted || !durable) {
    return std::nullopt;
  }
  return wire::WitnessedDisk{.server = ServerId{*server},
                             .accepted = Epoch{*accepted},
                             .durable = Zxid{static_cast<int64_t>(*durable)}};
}

}  // namespace

bool Witness::note(const wire::WitnessedDisk& disk) {
  if (disks_.size() >= wire::kWitnessedDisksMax && !disks_.contains(disk.server)) {
    return false;
  }
  wire::WitnessedDisk& known =
      disks_.try_emplace(disk.server, wire::WitnessedDisk{.server = disk.server}).first->second;
  const wire::WitnessedDisk before = known;
  known.accepted = std::max(known.accepted, disk.accepted);
  known.durable = std::max(known.durable, disk.durable);
  return known != before;
}

bool Witness::contradicts(ServerId server, Epoch accepted, Zxid last_logged) const {
  const auto found = disks_.find(server);
  return found != disks_.end() &&
         (accepted < found->second.accepted || last_logged < found->second.durable);
}

std::vector<wire::WitnessedDisk> Witness::disks() const {
  std::vector<wire::WitnessedDisk> disks;
  for (const auto& [server, disk] : disks_) {
    disks.push_back(disk);
  }
  return disks;
}

std::string to_text(const Witness& witness, std::string_view ensemble_id) {
  std::string text = std::string(kHead) + std::string(ensemble_id) + "\n";
  for (const wire::WitnessedDisk& disk : witness.disks()) {
    char zxid[17];
    std::snprintf(zxid, sizeof zxid, "%llx", static_cast<unsigned long long>(disk.durable.value));
    text += std::to_string(disk.server.value) + " " + std::to_string(disk.accepted.value) + " " +
            zxid + "\n";
  }
  return text;
}

std::optional<Witness> parse_witness(std::string_view text, std::string_view ensemble_id) {
  if (!text.starts_with(kHead) || !text.ends_with('\n')) {
    return std::nullopt;
  }
  text.remove_suffix(1);
  const std::vector<std::string_view> lines = split(text, '\n');
  Witness witness;
  if (lines.front().substr(kHead.size()) != ensemble_id) {
    return witness;
  }
  for (size_t index = 1; index < lines.size(); ++index) {
    const auto disk = parse_line(lines[index]);
    if (!disk) {
      return std::nullopt;
    }
    witness.note(*disk);
  }
  return witness;
}

}  // namespace quorate::quorum
