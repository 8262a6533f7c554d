// Keys of the ensemble: servers, groups, weights, and the limits of election and sync.
#include <algorithm>
#include <array>
#include <utility>

#include "server/base/text.h"
#include "server/config/key_tables.h"
#include "server/config/words.h"

namespace quorate::config {
namespace {

/// A server's id is a byte of the session ids that it makes.
constexpr int64_t kServerIdMax = 255;
constexpr size_t kEnsembleIdBytesMax = 64;

Verdict error(std::string message) {
  return Verdict{.kind = Verdict::Kind::kError, .message = std::move(message)};
}

std::optional<ServerId> parse_server_id(std::string_view text) {
  const std::optional<int64_t> id = parse_integer(text, 0, kServerIdMax);
  return id ? std::optional<ServerId>(ServerId{*id}) : std::nullopt;
}

Verdict set_server(Config& config, std::string_view suffix, std::string_view value) {
  const std::optional<ServerId> id = parse_server_id(suffix);
  if (!id) {
    return error("has the id " + quoted(suffix) + ", must be an integer of 0 to 255");
  }
  Result<ServerSpec> spec = quorum::parse_server_spec(value);
  if (!spec) {
    return error(spec.error().message);
  }
  config.quorum.servers.insert_or_assign(*id, std::move(*spec));
  return {};
}
std::vector<FamilyMember> get_servers(const Config& config) {
  std::vector<FamilyMember> members;
  for (const auto& [id, spec] : config.quorum.servers) {
    members.push_back({std::to_string(id.value), quorum::as_written(spec)});
  }
  return members;
}

Verdict set_group(Config& config, std::string_view suffix, std::string_view value) {
  const std::optional<int64_t> group = parse_integer(suffix, INT64_MIN, INT64_MAX);
  if (!group) {
    return error("has the number " + quoted(suffix) + ", must be an integer");
  }
  std::map<ServerId, int64_t> groups = config.quorum.groups;
  for (const std::string_view part : split(value, ':')) {
    const std::optional<ServerId> id = parse_server_id(trim(part));
    if (!id) {
      return error("is " + quoted(value) + ", must be server ids of 0 to 255 joined by ':'");
    }
    if (!groups.emplace(*id, *group).second) {
      return error("holds server " + std::to_string(id->value) +
                   ", which is in a group already; a server must be in exactly one");
    }
  }
  config.quorum.groups = std::move(groups);
  return {};
}
std::vector<FamilyMember> get_groups(const Config& config) {
  std::map<int64_t, std::string> text_by_group;
  for (const auto& [id, group] : config.quorum.groups) {
    std::string& text = text_by_group[group];
    text += text.empty() ? "" : ":";
    text += std::to_string(id.value);
  }
  std::vector<FamilyMember> members;
  for (const auto& [group, text] : text_by_group) {
    members.push_back({std::to_string(group), text});
  }
  return members;
}

Verdict set_weight(Config& config, std::string_view suffix, std::string_view value) {
  const std::optional<ServerId> id = parse_server_id(suffix);
  if (!id) {
    return error("has the id " + quoted(suffix) + ", must be an integer of 0 to 255");
  }
  const std::optional<int64_t> weight = parse_integer(value, 0, INT32_MAX);
  if (!weight) {
    return error("is " + quoted(value) + ", must be an integer of 0 to 2147483647");
  }
  config.quorum.weights.insert_or_assign(*id, *weight);
  return {};
}
std::vector<FamilyMember> get_weights(const Config& config) {
  std::vector<FamilyMember> members;
  for (const auto& [id, weight] : config.quorum.weights) {
    members.push_back({std::to_string(id.value), std::to_string(weight)});
  }
  return members;
}

constexpr std::array<Word<ServerRole>, 2> kRoles = {
    {{"participant", ServerRole::kParticipant}, {"observer", ServerRole::kObserver}}};

Verdict set_peer_type(Config& config, std::string_view value) {
  ServerRole role = ServerRole::kParticipant;
  Verdict verdict = set_word<ServerRole>(kRoles, role, value);
  if (verdict.kind == Verdict::Kind::kOk) {
    config.quorum.peer_type = role;
  }
  return verdict;
}
std::string get_peer_type(const Config& config) {
  return config.quorum.peer_type ? word_of<ServerRole>(kRoles, *config.quorum.peer_type)
                                 : std::string();
}

Verdict set_election_algorithm(Config&, std::string_view value) {
  return value == "3" ? Verdict{} : error("is " + quoted(value) + ", must be 3");
}
std::string get_election_algorithm(const Config&) { return "3"; }

using Bootstrap = QuorumSettings::Bootstrap;
constexpr std::array<Word<Bootstrap>, 2> kBootstraps = {
    {{"form", Bootstrap::kForm}, {"join", Bootstrap::kJoin}}};

Verdict set_bootstrap(Config& config, std::string_view value) {
  return set_word<Bootstrap>(kBootstraps, config.quorum.bootstrap, value);
}
std::string get_bootstrap(const Config& config) {
  return config.quorum.bootstrap == Bootstrap::kNone
             ? std::string()
             : std::string(word_of<Bootstrap>(kBootstraps, config.quorum.bootstrap));
}

bool is_ensemble_id(std::string_view text) {
  return !text.empty() && text.size() <= kEnsembleIdBytesMax &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7F'; });
}

Verdict set_ensemble_id(Config& config, std::string_view value) {
  if (!is_ensemble_id(value)) {
    return error("is " + quoted(value) + ", must be 1 to 64 printable characters");
  }
  config.quorum.ensemble_id = value;
  return {};
}
std::string get_ensemble_id(const Config& config) { return config.quorum.ensemble_id; }

constexpr std::string_view kRecoveryAllowed =
    "N:ID, a server id of 0 to 255 and the former ensemble's id";

Verdict set_recovery(Config& config, std::string_view value) {
  const size_t colon = std::min(value.find(':'), value.size());
  const std::optional<int64_t> member = parse_integer(value.substr(0, colon), 0, 255);
  const std::string_view former = value.substr(std::min(colon + 1, value.size()));
  if (!member || !is_ensemble_id(former)) {
    return error("is " + quoted(value) + ", must be " + std::string(kRecoveryAllowed));
  }
  config.quorum.recovery = {.member = ServerId{*member}, .former_ensemble_id = std::string(former)};
  return {};
}
std::string get_recovery(const Config& config) {
  const auto& recovery = config.quorum.recovery;
  return recovery ? std::to_string(recovery->member.value) + ":" + recovery->former_ensemble_id
                  : std::string();
}

/// A list of one server, which is standalone, may name the port of its clients.
bool is_list_of_use(const Config& config) {
  return kNeedsEnsemble.is_met(config) ||
         std::ranges::any_of(config.quorum.servers, [](const auto& entry) {
           return entry.second.client || entry.second.secure_client;
         });
}

// What this member does in its own way, so that a key of ZooKeeper's has nothing to decide.
constexpr Needs kNeedsOtherTiming = {
    [](const Config&) { return false; },
    "here: connections and elections have a timing of their own that needs no key"};
constexpr Needs kNeedsBoundedSyncs = {
    [](const Config&) { return false; },
    "here: one snapshot is sent at a time, and each learner is fed at its own pace"};
constexpr Needs kNeedsLazyObservers = {
    [](const Config& c) { return c.quorum.observer_sync_enabled; },
    "while false: observers always log and snapshot here"};
constexpr Needs kNeedsObserverMaster = {
    [](const Config& c) { return c.quorum.observer_master_port == 0; },
    "in this release: observers connect to the leader"};
constexpr Needs kNeedsReachability = {[](const Config&) { return false; },
                                      "here: all addresses of a member are tried in turn"};
constexpr Needs kNeedsRetries = {
    [](const Config&) { return false; },
    "here: a port that cannot be bound ends the process, for its supervisor to try again"};

constexpr Needs kNeedsNoList = {[](const Config&) { return false; },
                                "here: the list of servers decides"};

/// Keys that need more than an ensemble.
struct OwnWay {
  std::string_view name;
  Needs needs;
};
constexpr std::array<OwnWay, 14> kOwnWays = {{
    {"peerType", kNeedsNoList},
    {"fastleader.maxNotificationInterval", kNeedsOtherTiming},
    {"connectToLearnerMasterLimit", kNeedsOtherTiming},
    {"syncEnabled", kNeedsLazyObservers},
    {"observerMasterPort", kNeedsObserverMaster},
    {"leader.maxTimeToWaitForEpoch", kNeedsOtherTiming},
    {"leader.maxConcurrentSnapSyncs", kNeedsBoundedSyncs},
    {"leader.maxConcurrentDiffSyncs", kNeedsBoundedSyncs},
    {"observer.reconnectDelayMs", kNeedsOtherTiming},
    {"observer.election.DelayMs", kNeedsOtherTiming},
    {"quorumCnxnTimeoutMs", kNeedsOtherTiming},
    {"electionPortBindRetry", kNeedsRetries},
    {"multiAddress.reachabilityCheckEnabled", kNeedsReachability},
    {"multiAddress.reachabilityCheckTimeoutMs", kNeedsReachability},
}};

std::vector<Key> list_rows() {
  return {
      {"server.",
       Family{set_server, get_servers, "N",
              "host:quorumPort:electionPort[:participant|observer][;[clientHost:]clientPort]"},
       "Server N of the ensemble.",
       {},
       Key::RawName::kNone,
       {{is_list_of_use, kNeedsEnsemble.otherwise}}},
      {"dynamicConfigFile", Text{[](Config& c) { return &c.quorum.dynamic_config_file; }},
       "File that holds the keys server, group and weight instead."},
      {"standaloneEnabled", Flag{[](Config& c) { return &c.quorum.standalone_enabled; }},
       "Let a list of one server run standalone."},
      {"reconfigEnabled", Flag{[](Config& c) { return &c.quorum.reconfig_enabled; }},
       "Allow the operation reconfig; a standalone member answers it as ZooKeeper does."},
  };
}

std::vector<Key> member_rows() {
  return {
      {"group.", Family{set_group, get_groups, "G", "server ids of 0 to 255 joined by ':'"},
       "Servers of group G; without groups a plain majority decides."},
      {"weight.", Family{set_weight, get_weights, "N", "an integer of 0 to 2147483647"},
       "Weight of server N in its group; 1 when not set."},
      {"peerType", Custom{set_peer_type, get_peer_type, "participant or observer"},
       "What this member is; the list of servers decides."},
      {"quorate.name",
       Text{[](Config& c) { return &c.quorum.member_name; }},
       "This member's name: its id is that of the server whose first host label it is.",
       {},
       Key::RawName::kOurs},
      {"quorate.ensembleId",
       Custom{set_ensemble_id, get_ensemble_id, "1 to 64 printable characters"},
       "Id of the ensemble: a disk or a member that bears another is refused.",
       {},
       Key::RawName::kOurs},
      {"quorate.bootstrap",
       Custom{set_bootstrap, get_bootstrap, "form or join"},
       "What an empty disk means: the ensemble is being formed, or exists.",
       {},
       Key::RawName::kOurs},
      {"quorate.recoverFrom",
       Custom{set_recovery, get_recovery, kRecoveryAllowed},
       "A quorum was lost for good: member N makes its disk of ensemble ID the first of this one, "
       "with itself as the only voter. What other members acknowledged and N does not have is "
       "lost.",
       {},
       Key::RawName::kOurs,
       {{[](const Config& c) { return !c.quorum.ensemble_id.empty(); },
         "without quorate.ensembleId"}}},
  };
}

std::vector<Key> sync_rows() {
  return {
      {"initLimit", Int32{[](Config& c) { return &c.quorum.init_limit_ticks; }, 0},
       "Time that a learner has to connect and sync, ticks; 1 or more is required with a quorum."},
      {"syncLimit", Int32{[](Config& c) { return &c.quorum.sync_limit_ticks; }, 0},
       "Time that a learner has to answer, ticks; 1 or more is required with a quorum."},
      {"connectToLearnerMasterLimit",
       Int32{[](Config& c) { return &c.quorum.connect_to_learner_master_limit_ticks; }, 0},
       "Time that a learner tries to reach its master, ticks; 0: initLimit."},
      {"leaderServes", Flag{[](Config& c) { return &c.quorum.leader_serves; }, "yes", "no"},
       "Let the leader serve clients."},
      {"syncEnabled",
       Flag{[](Config& c) { return &c.quorum.observer_sync_enabled; }},
       "Let observers log and snapshot.",
       {"observer.syncEnabled"}},
      {"observerMasterPort", Port{[](Config& c) { return &c.quorum.observer_master_port; }},
       "TCP port at which a follower serves observers; 0: off."},
      {"snapshotSizeFactor",
       Decimal{[](Config& c) { return &c.quorum.snapshot_size_factor; }, -1, 1000},
       "Part of the size of a snapshot up to which a learner is sent the log on disk instead; "
       "negative: never."},
      {"forceSnapshotSync", Flag{[](Config& c) { return &c.quorum.force_snapshot_sync; }},
       "Send learners snapshots always."},
      {"leader.maxTimeToWaitForEpoch",
       Int32{[](Config& c) { return &c.quorum.epoch_wait_max_ms; }, -1},
       "Time that a leader waits for the epoch, milliseconds; -1: no bound.",
       {"maxTimeToWaitForEpoch"}},
      {"leader.maxConcurrentSnapSyncs",
       Int32{[](Config& c) { return &c.quorum.snapshot_syncs_max; }, 1},
       "Observers that are sent a snapshot at once.",
       {"maxConcurrentSnapSyncs"}},
      {"leader.maxConcurrentDiffSyncs",
       Int32{[](Config& c) { return &c.quorum.diff_syncs_max; }, 1},
       "Observers that are sent a difference at once.",
       {"maxConcurrentDiffSyncs"}},
      {"observer.reconnectDelayMs",
       Int32{[](Config& c) { return &c.quorum.observer_reconnect_delay_ms; }, 0},
       "Time before an observer reconnects, milliseconds."},
      {"observer.election.DelayMs",
       Int32{[](Config& c) { return &c.quorum.observer_election_delay_ms; }, 0},
       "Time before an observer looks for a leader, milliseconds."},
  };
}

std::vector<Key> election_rows() {
  return {
      {"electionAlg", Custom{set_election_algorithm, get_election_algorithm, "3"},
       "The election algorithm, of which there is one."},
      {"cnxTimeout", Int32{[](Config& c) { return &c.quorum.connect_timeout_ms; }, 1},
       "Time to connect to a member for election, milliseconds."},
      {"quorumCnxnTimeoutMs",
       Int32{[](Config& c) { return &c.quorum.election_read_timeout_ms; }, -1},
       "Time that an election connection may be silent, milliseconds; -1: for ever."},
      {"fastleader.minNotificationInterval",
       Int32{[](Config& c) { return &c.quorum.notification_interval_min_ms; }, 1},
       "Least wait for notifications, milliseconds."},
      {"fastleader.maxNotificationInterval",
       Int32{[](Config& c) { return &c.quorum.notification_interval_max_ms; }, 1},
       "Greatest wait for notifications, milliseconds."},
      {"electionPortBindRetry",
       Int32{[](Config& c) { return &c.quorum.election_port_bind_retries; }, 0},
       "Attempts to bind the election port; 0: without end."},
      {"quorumListenOnAllIPs", Flag{[](Config& c) { return &c.quorum.listen_on_all_addresses; }},
       "Listen for members on every address of the machine."},
      {"multiAddress.enabled", Flag{[](Config& c) { return &c.quorum.multi_address_enabled; }},
       "Allow several addresses of one server."},
      {"multiAddress.reachabilityCheckEnabled",
       Flag{[](Config& c) { return &c.quorum.reachability_check_enabled; }},
       "Probe which of several addresses can be reached."},
      {"multiAddress.reachabilityCheckTimeoutMs",
       Int32{[](Config& c) { return &c.quorum.reachability_check_timeout_ms; }, 1},
       "Time of that probe, milliseconds."},
  };
}

}  // namespace

std::vector<Key> quorum_keys() {
  std::vector<Key> rows = list_rows();
  append(rows, with_needs(member_rows(), kNeedsEnsemble));
  append(rows, with_needs(sync_rows(), kNeedsEnsemble));
  append(rows, with_needs(election_rows(), kNeedsEnsemble));
  for (Key& row : rows) {
    for (const OwnWay& own : kOwnWays) {
      if (row.name == own.name) {
        row.needs.push_back(own.needs);
      }
    }
  }
  return rows;
}

}  // namespace quorate::config
