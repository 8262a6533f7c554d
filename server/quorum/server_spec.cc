// The value of a `server.N` line: text -> ServerSpec and back.
#include "server/quorum/server_spec.h"

#include <algorithm>
#include <utility>

#include "server/base/text.h"

namespace quorate::quorum {
namespace {

constexpr std::string_view kForm =
    "must be host:quorumPort:electionPort[:participant|observer], several joined by '|', "
    "optionally followed by ;[clientHost:]clientPort";

Error bad_spec(std::string message) {
  return Error{.kind = ErrorKind::kInvalidInput, .message = std::move(message)};
}

/// `[v6]:a:b` or `host:a:b` -> host without brackets, and what follows it, split at colons.
struct HostAndRest {
  std::string_view host;
  std::vector<std::string_view> rest;
};

Result<HostAndRest> split_host(std::string_view text) {
  HostAndRest result;
  if (!text.starts_with('[')) {
    std::vector<std::string_view> parts = split(text, ':');
    result.host = parts.front();
    result.rest.assign(parts.begin() + 1, parts.end());
    return result;
  }
  const size_t end = text.find(']');
  if (end == std::string_view::npos) {
    return bad_spec(quoted(text) + " starts with '[' but has no ']'");
  }
  result.host = text.substr(1, end - 1);
  std::string_view rest = text.substr(end + 1);
  if (rest.empty()) {
    return result;
  }
  if (rest.front() != ':') {
    return bad_spec(quoted(text) + " has no ':' after ']'");
  }
  result.rest = split(rest.substr(1), ':');
  return result;
}

Result<uint16_t> parse_port(std::string_view text, std::string_view what) {
  const std::optional<int64_t> port = parse_integer(trim(text), 0, 65535);
  if (!port) {
    return bad_spec(std::string(what) + " is " + quoted(text) + ", must be a number of 0 to 65535");
  }
  return static_cast<uint16_t>(*port);
}

Result<ServerRole> parse_role(std::string_view text) {
  if (equals_ignoring_case(trim(text), "participant")) {
    return ServerRole::kParticipant;
  }
  if (equals_ignoring_case(trim(text), "observer")) {
    return ServerRole::kObserver;
  }
  return bad_spec("role is " + quoted(text) + ", must be participant or observer");
}

struct AddressAndRole {
  PeerAddress address;
  std::optional<ServerRole> role;
};

Result<AddressAndRole> parse_address(std::string_view text) {
  const Result<HostAndRest> parts = split_host(trim(text));
  if (!parts) {
    return parts.error();
  }
  if (parts->rest.size() < 2 || parts->rest.size() > 3) {
    return bad_spec(quoted(text) + " " + std::string(kForm));
  }
  if (trim(parts->host).empty()) {
    return bad_spec(quoted(text) + " has no host; " + std::string(kForm));
  }
  const Result<uint16_t> quorum_port = parse_port(parts->rest[0], "quorum port");
  if (!quorum_port) {
    return quorum_port.error();
  }
  const Result<uint16_t> election_port = parse_port(parts->rest[1], "election port");
  if (!election_port) {
    return election_port.error();
  }
  if (*quorum_port == *election_port) {
    return bad_spec("quorum and election port are both " + std::to_string(*quorum_port) +
                    ", must differ");
  }
  AddressAndRole result{.address = {.host = std::string(trim(parts->host)),
                                    .quorum_port = *quorum_port,
                                    .election_port = *election_port},
                        .role = std::nullopt};
  if (parts->rest.size() == 3) {
    const Result<ServerRole> role = parse_role(parts->rest[2]);
    if (!role) {
      return role.error();
    }
    result.role = *role;
  }
  return result;
}

/// `port` or `host:port`; nothing when empty.
Result<std::optional<ClientAddress>> parse_client(std::string_view text, std::string_view what) {
  text = trim(text);
  if (text.empty()) {
    return std::optional<ClientAddress>();
  }
  const Result<HostAndRest> parts = split_host(text);
  if (!parts) {
    return parts.error();
  }
  if (parts->rest.size() > 1 || (parts->rest.empty() && text.starts_with('['))) {
    return bad_spec(std::string(what) + " part is " + quoted(text) + ", must be port or host:port");
  }
  ClientAddress result;
  std::string_view port = parts->host;
  if (parts->rest.size() == 1) {
    result.host = std::string(trim(parts->host));
    port = parts->rest[0];
  }
  const Result<uint16_t> number = parse_port(port, std::string(what) + " port");
  if (!number) {
    return number.error();
  }
  if (result.host.empty()) {
    return bad_spec(std::string(what) + " part is " + quoted(text) + " and has no host");
  }
  result.port = *number;
  return std::optional<ClientAddress>(std::move(result));
}

Status parse_addresses(std::string_view text, ServerSpec& spec) {
  std::optional<ServerRole> role;
  for (const std::string_view part : split(text, '|')) {
    Result<AddressAndRole> parsed = parse_address(part);
    if (!parsed) {
      return parsed.error();
    }
    if (parsed->role && role && *parsed->role != *role) {
      return bad_spec("addresses of one server must have the same role");
    }
    role = parsed->role ? parsed->role : role;
    spec.addresses.push_back(std::move(parsed->address));
  }
  spec.role = role.value_or(ServerRole::kParticipant);
  return {};
}

/// One group of an IPv6 address without its leading zeros.
std::string group_text(std::string_view group) {
  const size_t first = group.find_first_not_of('0');
  return first == std::string_view::npos ? "0" : to_lower(group.substr(first));
}

/// An IPv6 literal with all of its eight groups, as Java writes it; a name, an IPv4 address, and a
/// literal that embeds one, names a zone or is malformed stay as they are.
std::string expanded(std::string_view host) {
  constexpr size_t kGroups = 8;
  if (host.find_first_not_of("0123456789abcdefABCDEF:") != std::string_view::npos) {
    return std::string(host);
  }
  const size_t gap = host.find("::");
  std::vector<std::string_view> head = split(host.substr(0, gap), ':');
  std::vector<std::string_view> tail;
  if (gap != std::string_view::npos) {
    tail = split(host.substr(gap + 2), ':');
    std::erase(head, "");
    std::erase(tail, "");
    if (head.size() + tail.size() >= kGroups) {
      return std::string(host);
    }
    head.resize(kGroups - tail.size(), "0");
  }
  head.insert(head.end(), tail.begin(), tail.end());
  std::vector<std::string> groups;
  for (const std::string_view group : head) {
    groups.push_back(group_text(group));
  }
  return groups.size() == kGroups ? join(groups, ":") : std::string(host);
}

std::string host_text(std::string_view host) {
  const bool is_ipv6 = host.find(':') != std::string_view::npos;
  return is_ipv6 ? "[" + std::string(host) + "]" : std::string(host);
}

std::string client_text(const std::optional<ClientAddress>& client) {
  return client ? host_text(client->host) + ":" + std::to_string(client->port) : std::string();
}

}  // namespace

Result<ServerSpec> parse_server_spec(std::string_view text) {
  const std::vector<std::string_view> parts = split(trim(text), ';');
  if (parts.size() > 3) {
    return bad_spec(quoted(text) + " " + std::string(kForm));
  }
  ServerSpec spec;
  const Status addresses = parse_addresses(parts[0], spec);
  if (!addresses) {
    return addresses.error();
  }
  if (parts.size() > 1) {
    Result<std::optional<ClientAddress>> client = parse_client(parts[1], "client");
    if (!client) {
      return client.error();
    }
    spec.client = std::move(*client);
  }
  if (parts.size() > 2) {
    Result<std::optional<ClientAddress>> secure = parse_client(parts[2], "secure client");
    if (!secure) {
      return secure.error();
    }
    spec.secure_client = std::move(*secure);
  }
  return spec;
}

std::string as_written(const ServerSpec& spec) {
  std::string text;
  for (const PeerAddress& address : spec.addresses) {
    text += text.empty() ? "" : "|";
    text += host_text(address.host) + ":" + std::to_string(address.quorum_port) + ":" +
            std::to_string(address.election_port);
  }
  text += spec.role == ServerRole::kObserver ? ":observer" : ":participant";
  if (spec.client || spec.secure_client) {
    text += ";" + client_text(spec.client);
  }
  if (spec.secure_client) {
    text += ";" + client_text(spec.secure_client);
  }
  return text;
}

std::string to_text(const ServerSpec& spec) {
  ServerSpec canonical = spec;
  std::ranges::sort(canonical.addresses);
  const auto repeated = std::ranges::unique(canonical.addresses);
  canonical.addresses.erase(repeated.begin(), repeated.end());
  for (PeerAddress& address : canonical.addresses) {
    address.host = expanded(address.host);
  }
  for (std::optional<ClientAddress>* client : {&canonical.client, &canonical.secure_client}) {
    if (*client) {
      (*client)->host = expanded((*client)->host);
    }
  }
  return as_written(canonical);
}

}  // namespace quorate::quorum
