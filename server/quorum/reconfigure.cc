// Reconfiguration: incremental and whole, and every refusal.
#include "server/quorum/reconfigure.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "server/base/text.h"

namespace quorate::quorum {
namespace {

using wire::ErrorCode;
using Outcome = std::variant<Configuration, Refusal>;

Refusal refusal(ErrorCode code, std::string reason) {
  return {.code = code, .reason = std::move(reason)};
}

std::optional<int64_t> parse_id(std::string_view text) {
  return parse_integer(text, std::numeric_limits<int64_t>::min(),
                       std::numeric_limits<int64_t>::max());
}

/// Loopback and wildcard addresses mean another machine to each member.
bool is_special(std::string_view host) {
  const bool is_ipv4 = host.find_first_not_of("0123456789.") == std::string_view::npos;
  if (host == "localhost" || host == "0.0.0.0" || (is_ipv4 && host.starts_with("127."))) {
    return true;
  }
  if (host.find(':') == std::string_view::npos) {
    return false;
  }
  const size_t digit = host.find_first_not_of(":0");
  return digit == std::string_view::npos || host.substr(digit) == "1";
}

struct Endpoint {
  std::string_view what;
  std::string_view host;
  uint16_t port = 0;
};

/// Every endpoint of a server that others connect to and that must be its own.
std::vector<Endpoint> endpoints(const ServerSpec& spec) {
  std::vector<Endpoint> result;
  const auto add = [&result](std::string_view what, std::string_view host, uint16_t port) {
    if (!is_special(host)) {
      result.push_back({what, host, port});
    }
  };
  for (const PeerAddress& address : spec.addresses) {
    add("quorum", address.host, address.quorum_port);
    add("election", address.host, address.election_port);
  }
  if (spec.client) {
    add("client", spec.client->host, spec.client->port);
  }
  return result;
}

std::optional<Refusal> refuse_shared_address(ServerId id, const ServerSpec& spec,
                                             const Configuration& next) {
  const std::vector<Endpoint> own = endpoints(spec);
  for (const auto& [other_id, other] : next.servers) {
    if (other_id == id) {
      continue;
    }
    for (const Endpoint& theirs : endpoints(other)) {
      const auto same = std::ranges::find_if(own, [&theirs](const Endpoint& mine) {
        return mine.port == theirs.port && equals_ignoring_case(mine.host, theirs.host);
      });
      if (same != own.end()) {
        return refusal(ErrorCode::kBadArguments,
                       "the " + std::string(same->what) + " address " + std::string(same->host) +
                           ":" + std::to_string(same->port) + " of server." +
                           std::to_string(id.value) + " is the " + std::string(theirs.what) +
                           " address of server." + std::to_string(other_id.value));
      }
    }
  }
  return std::nullopt;
}

std::optional<Refusal> remove_leaving(std::string_view leaving, Configuration& next) {
  for (const std::string& part : split_list(leaving)) {
    const std::optional<int64_t> id = parse_id(part);
    if (!id) {
      return refusal(ErrorCode::kMarshallingError,
                     "leaving server " + quoted(part) + " must be the number of a server");
    }
    next.servers.erase(ServerId{*id});
  }
  return std::nullopt;
}

/// One `server.N=spec`.
std::optional<Refusal> add_joining(std::string_view joiner, Configuration& next) {
  std::vector<std::string> parts;
  for (const std::string_view part : split(joiner, '=')) {
    if (!trim(part).empty()) {
      parts.emplace_back(trim(part));
    }
  }
  if (parts.size() != 2) {
    return refusal(ErrorCode::kBadArguments,
                   "joining server " + quoted(joiner) + " must be server.N=spec");
  }
  const std::optional<int64_t> id =
      parse_id(std::string_view(parts[0]).substr(parts[0].rfind('.') + 1));
  if (!id) {
    return refusal(ErrorCode::kMarshallingError,
                   "joining server " + quoted(parts[0]) + " must be server.N with a number N");
  }
  Result<ServerSpec> spec = parse_server_spec(parts[1]);
  if (!spec) {
    return refusal(ErrorCode::kBadArguments,
                   "server." + std::to_string(*id) + ": " + spec.error().message);
  }
  if (!spec->client) {
    return refusal(ErrorCode::kBadArguments,
                   "server." + std::to_string(*id) +
                       " must have three ports: quorum, election and, after ';', client");
  }
  if (auto shared = refuse_shared_address(ServerId{*id}, *spec, next)) {
    return shared;
  }
  next.servers.insert_or_assign(ServerId{*id}, std::move(*spec));
  return std::nullopt;
}

Outcome make_incremental(const Configuration& last_seen, const wire::ReconfigRequest& request) {
  Configuration next = last_seen;
  if (request.leaving) {
    if (auto refused = remove_leaving(*request.leaving, next)) {
      return *std::move(refused);
    }
  }
  for (const std::string& joiner : split_list(request.joining.value_or(""))) {
    if (auto refused = add_joining(joiner, next)) {
      return *std::move(refused);
    }
  }
  return next;
}

Outcome make_whole(const ReconfigureContext& context, std::string_view members) {
  std::string lines(members);
  std::ranges::replace(lines, ',', '\n');
  ParsedConfiguration parsed = parse_configuration(lines);
  if (!parsed.ok()) {
    const bool is_malformed = parsed.error->kind == ConfigurationError::Kind::kMalformed;
    return refusal(is_malformed ? ErrorCode::kBadArguments : ErrorCode::kMarshallingError,
                   std::move(parsed.error->message));
  }
  const size_t voters = parsed.configuration.voters().size();
  if (voters == 0 && !context.standalone_enabled) {
    return refusal(ErrorCode::kMarshallingError, "the new configuration has no participant");
  }
  if (voters == 1 && context.standalone_enabled && parsed.configuration.servers.size() > 1) {
    return refusal(ErrorCode::kMarshallingError,
                   "the new configuration has observers, but one participant is no quorum");
  }
  return std::move(parsed.configuration);
}

/// Where the followers of `spec` connect. The election port is no part of it: a leader may move
/// that and go on.
std::set<std::pair<std::string_view, uint16_t>> quorum_addresses(const ServerSpec& spec) {
  std::set<std::pair<std::string_view, uint16_t>> result;
  for (const PeerAddress& address : spec.addresses) {
    result.emplace(address.host, address.quorum_port);
  }
  return result;
}

std::optional<Refusal> refuse_voter_count(const ReconfigureContext& context,
                                          const Configuration& next) {
  const size_t voters = next.voters().size();
  if (context.standalone_enabled && voters < 2) {
    return refusal(ErrorCode::kBadArguments,
                   "the new configuration must have at least 2 participants");
  }
  if (voters < 1) {
    return refusal(ErrorCode::kBadArguments,
                   "the new configuration must have at least 1 participant");
  }
  if (voters > kVotersMax) {
    return refusal(ErrorCode::kBadArguments, "the new configuration must have at most " +
                                                 std::to_string(kVotersMax) + " participants");
  }
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> refuse_reconfigure(const ReconfigureContext& context) {
  if (!context.reconfig_enabled) {
    return refusal(ErrorCode::kReconfigDisabled, "reconfigEnabled is false");
  }
  if (!context.has_quorum_mode) {
    return refusal(ErrorCode::kUnimplemented, "a standalone member has no configuration to change");
  }
  return std::nullopt;
}

std::variant<Configuration, Refusal> reconfigure(const ReconfigureContext& context,
                                                 const Configuration& committed,
                                                 const Configuration& last_seen,
                                                 const wire::ReconfigRequest& request,
                                                 ConfigVersion version) {
  if (auto refused = refuse_reconfigure(context)) {
    return *std::move(refused);
  }
  if (last_seen.version != committed.version) {
    return refusal(ErrorCode::kReconfigInProgress,
                   "another reconfiguration is in progress: it must commit first");
  }
  if (request.config_version != -1 && request.config_version != last_seen.version.value) {
    return refusal(ErrorCode::kBadVersion, "the present version is " +
                                               std::to_string(last_seen.version.value) + ", not " +
                                               std::to_string(request.config_version));
  }
  Outcome outcome = request.new_members ? make_whole(context, *request.new_members)
                                        : make_incremental(last_seen, request);
  if (auto* next = std::get_if<Configuration>(&outcome)) {
    if (auto refused = refuse_voter_count(context, *next)) {
      return *std::move(refused);
    }
    next->version = version;
  }
  return outcome;
}

std::optional<Refusal> refuse_without_quorum(const Configuration& next,
                                             const std::vector<ServerId>& synced) {
  const Majority majority(next.voters());
  VoterSet connected;
  for (const ServerId server : synced) {
    if (const std::optional<size_t> index = majority.index_of(server)) {
      connected.add(*index);
    }
  }
  if (majority.is_quorum(connected)) {
    return std::nullopt;
  }
  return refusal(ErrorCode::kNewConfigNoQuorum,
                 std::to_string(connected.count()) + " of " +
                     std::to_string(majority.voters().size()) +
                     " participants of the new configuration are connected and synced: no quorum");
}

std::optional<ServerId> designated_leader(ServerId self, const Configuration& committed,
                                          const Configuration& next, Zxid zxid,
                                          const AckTracker& acks) {
  const auto now = committed.servers.find(self);
  const auto then = next.servers.find(self);
  if (next.is_voter(self) && now != committed.servers.end() &&
      quorum_addresses(now->second) == quorum_addresses(then->second)) {
    return self;
  }
  std::optional<ServerId> best;
  for (const ServerId voter : next.voters()) {
    const Zxid acked = acks.acked(voter);
    if (voter != self && acked >= zxid && (!best || acked > acks.acked(*best))) {
      best = voter;
    }
  }
  return best;
}

}  // namespace quorate::quorum
