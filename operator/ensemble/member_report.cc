// From JSON to a MemberReport.
#include "operator/ensemble/member_report.h"

#include <algorithm>
#include <utility>

#include "server/base/hex.h"
#include "server/base/text.h"

namespace quorate::ensemble {

namespace {

using nlohmann::json;

constexpr size_t kServersMax = 256;

const json& at(const json& object, const char* key) {
  static const json kNull;
  if (!object.is_object()) {
    return kNull;
  }
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

std::string text(const json& value) { return value.is_string() ? value.get<std::string>() : ""; }

bool flag(const json& value) { return value.is_boolean() && value.get<bool>(); }

std::optional<int> id(const json& value) {
  if (!value.is_number_integer() || value < 0 || value > 255) {
    return std::nullopt;
  }
  return value.get<int>();
}

uint64_t zxid(const json& value) {
  return value.is_string() ? parse_hex(value.get<std::string>()).value_or(0) : 0;
}

std::optional<Role> role_of(const std::string& name) {
  if (name == "leader" || name == "standalone") {
    return Role::kLeader;
  }
  if (name == "follower") {
    return Role::kFollower;
  }
  if (name == "observer") {
    return Role::kObserver;
  }
  if (name == "looking" || name == "read-only") {
    return Role::kLooking;
  }
  return std::nullopt;
}

Disk disk_of(const std::string& state) {
  if (state == "low") {
    return Disk::kLow;
  }
  if (state == "exhausted") {
    return Disk::kFull;
  }
  if (state == "resyncing" || state == "empty") {
    return Disk::kResyncing;
  }
  if (state == "damaged") {
    return Disk::kDamaged;
  }
  return state == "foreign" ? Disk::kForeign : Disk::kOk;
}

std::vector<LearnerReport> learners_of(const json& list) {
  std::vector<LearnerReport> learners;
  if (!list.is_array()) {
    return learners;
  }
  for (const json& each : list) {
    const auto myid = id(at(each, "myid"));
    const json& lag = at(each, "lag");
    if (myid && lag.is_number_integer() && learners.size() < kServersMax) {
      learners.push_back({.myid = *myid,
                          .lag = lag.get<int64_t>(),
                          .is_synced = at(each, "synced") != json(false)});
    }
  }
  return learners;
}

}  // namespace

std::string_view text_of(Role role) {
  switch (role) {
    case Role::kUnreachable:
      return "Unreachable";
    case Role::kLooking:
      return "Looking";
    case Role::kLeader:
      return "Leader";
    case Role::kFollower:
      return "Follower";
    case Role::kObserver:
      return "Observer";
  }
  return "Unreachable";
}

std::string_view text_of(Disk disk) {
  switch (disk) {
    case Disk::kOk:
      return "Ok";
    case Disk::kLow:
      return "DiskLow";
    case Disk::kFull:
      return "DiskFull";
    case Disk::kResyncing:
      return "Resyncing";
    case Disk::kDamaged:
      return "DiskDamaged";
    case Disk::kForeign:
      return "ForeignDisk";
  }
  return "Ok";
}

std::optional<uint64_t> parse_hex(std::string_view digits) {
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
  }
  if (digits.empty() || digits.size() > 16) {
    return std::nullopt;
  }
  return quorate::parse_hex(digits);
}

std::string hex_text(uint64_t value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), kHexDigits[value & 15]);
    value >>= 4;
  } while (value != 0);
  return "0x" + digits;
}

std::vector<ServerLine> parse_servers(std::string_view config) {
  std::vector<ServerLine> servers;
  for (const std::string_view raw : split(config, '\n')) {
    const std::string_view line = trim(raw);
    const size_t equals = line.find('=');
    if (!line.starts_with("server.") || equals == std::string_view::npos ||
        servers.size() >= kServersMax) {
      continue;
    }
    const auto myid = parse_integer(line.substr(7, equals - 7), 0, 255);
    const std::string_view spec = line.substr(equals + 1);
    if (!myid) {
      continue;
    }
    servers.push_back({.myid = static_cast<int>(*myid),
                       .name = std::string(spec.substr(0, spec.find_first_of(".:|"))),
                       .is_voter = spec.find(":observer") == std::string_view::npos});
  }
  std::ranges::sort(servers, {}, &ServerLine::myid);
  return servers;
}

MemberReport unreachable(std::string error) {
  MemberReport report;
  report.error = std::move(error);
  return report;
}

MemberReport parse_report(const json& body) {
  const auto myid = id(at(body, "myid"));
  const auto role = role_of(text(at(body, "role")));
  if (!myid || !role) {
    return unreachable("its answer has no myid or no role");
  }
  MemberReport report;
  report.role = *role;
  report.myid = *myid;
  report.ensemble_id = text(at(body, "ensembleId"));
  report.is_serving = flag(at(body, "serving"));
  report.is_formed = flag(at(body, "formed"));
  if (at(body, "epoch").is_number_integer()) {
    report.epoch = at(body, "epoch").get<int64_t>();
  }
  report.zxid = zxid(at(body, "appliedZxid"));
  report.leader = id(at(body, "leader"));
  report.learners = learners_of(at(body, "followers"));
  report.config_version = zxid(at(at(body, "config"), "version"));
  report.config = parse_servers(text(at(at(body, "config"), "text")));
  report.disk = disk_of(text(at(at(body, "disk"), "state")));
  report.disk_reason = text(at(at(body, "disk"), "reason"));
  report.version = text(at(body, "version"));
  return report;
}

}  // namespace quorate::ensemble
