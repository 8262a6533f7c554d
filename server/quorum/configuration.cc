// Dynamic configurations: text -> value and back.
#include "server/quorum/configuration.h"

#include <charconv>
#include <limits>
#include <utility>

#include "server/base/assert.h"
#include "server/base/text.h"

namespace quorate::quorum {
namespace {

using Kind = ConfigurationError::Kind;

constexpr std::string_view kServerPrefix = "server.";

ConfigurationError wrong(std::string message, Kind kind = Kind::kMalformed) {
  return {.kind = kind, .message = std::move(message)};
}

std::optional<ConfigVersion> parse_version(std::string_view text) {
  ConfigVersion version;
  const auto [end, code] =
      std::from_chars(text.data(), text.data() + text.size(), version.value, 16);
  const bool is_whole = !text.empty() && end == text.data() + text.size();
  return code == std::errc() && is_whole ? std::optional(version) : std::nullopt;
}

struct KeyAndValue {
  std::string_view key;
  std::string_view value;
};

/// `key=value`, `key:value` or `key value`, blanks around any of them.
KeyAndValue split_line(std::string_view line) {
  const size_t end = line.find_first_of("=: \t");
  if (end == std::string_view::npos) {
    return {.key = line, .value = {}};
  }
  std::string_view value = trim(line.substr(end));
  if (value.starts_with('=') || value.starts_with(':')) {
    value = trim(value.substr(1));
  }
  return {.key = line.substr(0, end), .value = value};
}

std::optional<ConfigurationError> read_server(std::string_view key, std::string_view value,
                                              Configuration& configuration) {
  const std::optional<int64_t> id =
      parse_integer(key.substr(kServerPrefix.size()), std::numeric_limits<int64_t>::min(),
                    std::numeric_limits<int64_t>::max());
  if (!id) {
    return wrong(quoted(key) + " must be server.N with a number N", Kind::kUnreadableId);
  }
  Result<ServerSpec> spec = parse_server_spec(value);
  if (!spec) {
    return wrong(std::string(key) + ": " + spec.error().message);
  }
  configuration.servers.insert_or_assign(ServerId{*id}, std::move(*spec));
  return std::nullopt;
}

std::optional<ConfigurationError> read_line(std::string_view line, Configuration& configuration) {
  const auto [key, value] = split_line(line);
  if (key == "version") {
    const std::optional<ConfigVersion> version = parse_version(value);
    if (!version) {
      return wrong("version is " + quoted(value) + ", must be a hexadecimal number");
    }
    configuration.version = *version;
    return std::nullopt;
  }
  if (key.starts_with(kServerPrefix)) {
    return read_server(key, value, configuration);
  }
  if (key.starts_with("group") || key.starts_with("weight")) {
    return wrong(quoted(key) + ": groups and weights are not supported, only plain majorities");
  }
  return wrong(quoted(key) + " does not belong there, only server.N and version do");
}

std::vector<ServerId> with_role(const Configuration& configuration, ServerRole role) {
  std::vector<ServerId> ids;
  for (const auto& [id, spec] : configuration.servers) {
    if (spec.role == role) {
      ids.push_back(id);
    }
  }
  return ids;
}

}  // namespace

bool Configuration::is_voter(ServerId server) const {
  const auto at = servers.find(server);
  return at != servers.end() && at->second.role == ServerRole::kParticipant;
}

std::vector<ServerId> Configuration::voters() const {
  return with_role(*this, ServerRole::kParticipant);
}

std::vector<ServerId> Configuration::observers() const {
  return with_role(*this, ServerRole::kObserver);
}

ParsedConfiguration parse_configuration(std::string_view text) {
  ParsedConfiguration parsed;
  while (!text.empty() && parsed.ok()) {
    const size_t end = text.find_first_of("\r\n");
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && !line.starts_with('#') && !line.starts_with('!')) {
      parsed.error = read_line(line, parsed.configuration);
    }
  }
  if (!parsed.ok()) {
    return parsed;
  }
  const size_t voters = parsed.configuration.voters().size();
  if (voters > kVotersMax) {
    parsed.error = wrong("has " + std::to_string(voters) + " participants, at most " +
                         std::to_string(kVotersMax) + " are supported");
  } else if (voters == 0 && !parsed.configuration.servers.empty()) {
    parsed.error = wrong("has observers but no participant", Kind::kWithoutVoters);
  }
  return parsed;
}

std::string to_text(const Configuration& configuration) {
  std::string text;
  for (const auto& [id, spec] : configuration.servers) {
    text += std::string(kServerPrefix) + std::to_string(id.value) + "=" + to_text(spec) + "\n";
  }
  char digits[16];
  const auto [end, code] = std::to_chars(digits, digits + sizeof digits,
                                         static_cast<uint64_t>(configuration.version.value), 16);
  QR_ASSERT(code == std::errc());
  return text + "version=" + std::string(digits, end);
}

std::optional<ConfigVersion> version_in(std::string_view text) {
  constexpr std::string_view kKey = "version=";
  const size_t at = text.rfind(kKey);
  if (at == std::string_view::npos || (at > 0 && text[at - 1] != '\n')) {
    return std::nullopt;
  }
  text.remove_prefix(at + kKey.size());
  return parse_version(trim(text.substr(0, text.find('\n'))));
}

Majority majority_of(const Configuration& committed, const Configuration& last_seen) {
  return last_seen.version > committed.version ? Majority(committed.voters(), last_seen.voters())
                                               : Majority(committed.voters());
}

}  // namespace quorate::quorum
