// The dynamic configuration: members and a version.
#include "server/config/members.h"

#include <string>
#include <utility>

#include "server/base/text.h"
#include "server/config/config.h"
#include "server/config/key.h"
#include "server/config/properties.h"

namespace quorate::config {
namespace {

bool is_member_key(const KeyMatch& match) {
  return match.key != nullptr && (match.key->name == "server." || match.key->name == "group." ||
                                  match.key->name == "weight.");
}

}  // namespace

MembersResult parse_members(std::string_view text, std::string_view source) {
  MembersResult result;
  Config config;
  PropertiesText lines = parse_properties(text, source);
  result.errors = std::move(lines.errors);
  for (const Property& line : lines.properties) {
    const std::string_view name = trim(line.key);
    const std::string_view value = trim(line.value);
    const auto error = [&result, &line, name](std::string message) {
      result.errors.push_back(
          {.place = line.place, .key = std::string(name), .message = std::move(message)});
    };
    if (name == "version") {
      result.version = parse_hex(value);
      if (!result.version) {
        error("is " + quoted(value) + ", must be a hexadecimal number");
      }
      continue;
    }
    const KeyMatch match = find_key(name);
    if (!is_member_key(match)) {
      error("must be server.N, group.G, weight.N or version in this file");
      continue;
    }
    Verdict verdict = apply(match, config, value);
    if (verdict.kind == Verdict::Kind::kError) {
      error(std::move(verdict.message));
    }
  }
  result.members = std::move(config.quorum);
  return result;
}

}  // namespace quorate::config
