// Key: lookup, setting a field from its text, and writing it back.
#include "server/config/key.h"

#include <charconv>
#include <cmath>
#include <map>
#include <type_traits>
#include <utility>

#include "server/base/text.h"
#include "server/config/key_tables.h"

namespace quorate::config {
namespace {

Verdict must_be(std::string_view value, const std::string& allowed) {
  return Verdict{.kind = Verdict::Kind::kError,
                 .message = "is " + quoted(value) + ", must be " + allowed};
}

std::string allowed_integer(int64_t min, int64_t max) {
  return "an integer of " + std::to_string(min) + " to " + std::to_string(max);
}

std::string number_text(double value) {
  char text[32];
  const auto [end, code] = std::to_chars(text, text + sizeof text, value);
  return std::string(text, end);
}

std::optional<double> parse_decimal(std::string_view text, double min, double max) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = !text.empty() && end == text.data() + text.size();
  if (code != std::errc() || !is_whole || !(value >= min && value <= max)) {
    return std::nullopt;
  }
  return value;
}

/// What each kind of key allows, does, and writes back.
struct Allowed {
  std::string operator()(const Flag& flag) const {
    return std::string(flag.word_true) + " or " + std::string(flag.word_false);
  }
  std::string operator()(const Int32& number) const {
    return allowed_integer(number.min, number.max);
  }
  std::string operator()(const Int64& number) const {
    return allowed_integer(number.min, number.max);
  }
  std::string operator()(const Decimal& decimal) const {
    return "a number of " + number_text(decimal.min) + " to " + number_text(decimal.max);
  }
  std::string operator()(const Port&) const { return allowed_integer(0, 65535); }
  std::string operator()(const OptionalPort&) const { return allowed_integer(0, 65535); }
  std::string operator()(const Text&) const { return "text"; }
  std::string operator()(const SecretText&) const { return "text (never printed)"; }
  std::string operator()(const List&) const { return "texts joined by commas"; }
  std::string operator()(const Custom& custom) const { return std::string(custom.allowed); }
  std::string operator()(const Family& family) const { return std::string(family.allowed); }
  std::string operator()(const Ignored&) const { return "anything"; }
  std::string operator()(const Refused& refused) const { return std::string(refused.harmless); }
};

struct Apply {
  Config& config;
  std::string_view suffix;
  std::string_view value;

  Verdict operator()(const Flag& flag) const {
    if (equals_ignoring_case(value, flag.word_true)) {
      *flag.field(config) = true;
    } else if (equals_ignoring_case(value, flag.word_false)) {
      *flag.field(config) = false;
    } else {
      return must_be(value, Allowed{}(flag));
    }
    return {};
  }
  Verdict operator()(const Int32& number) const { return set_integer(number); }
  Verdict operator()(const Int64& number) const { return set_integer(number); }
  Verdict operator()(const Decimal& decimal) const {
    const std::optional<double> parsed = parse_decimal(value, decimal.min, decimal.max);
    if (!parsed) {
      return must_be(value, Allowed{}(decimal));
    }
    *decimal.field(config) = *parsed;
    return {};
  }
  Verdict operator()(const Port& port) const { return set_port(port); }
  Verdict operator()(const OptionalPort& port) const { return set_port(port); }
  Verdict operator()(const Text& text) const {
    *text.field(config) = value;
    return {};
  }
  Verdict operator()(const SecretText& secret) const {
    *secret.field(config) = Secret(std::string(value));
    return {};
  }
  Verdict operator()(const List& list) const {
    *list.field(config) = split_list(value);
    return {};
  }
  Verdict operator()(const Custom& custom) const { return custom.set(config, value); }
  Verdict operator()(const Family& family) const { return family.set(config, suffix, value); }
  Verdict operator()(const Ignored& ignored) const {
    return Verdict{.kind = Verdict::Kind::kWarning,
                   .message = "has no effect: " + std::string(ignored.reason)};
  }
  Verdict operator()(const Refused& refused) const {
    if (equals_ignoring_case(value, refused.harmless)) {
      return {};
    }
    return Verdict{.kind = Verdict::Kind::kError,
                   .message = "is " + quoted(value) + ", must be " + std::string(refused.harmless) +
                              ": " + std::string(refused.reason)};
  }

 private:
  template <typename Number>
  Verdict set_integer(const Number& number) const {
    const std::optional<int64_t> parsed = parse_integer(value, number.min, number.max);
    if (!parsed) {
      return must_be(value, Allowed{}(number));
    }
    auto& field = *number.field(config);
    field = static_cast<std::remove_reference_t<decltype(field)>>(*parsed);
    return {};
  }
  template <typename PortKind>
  Verdict set_port(const PortKind& port) const {
    const std::optional<int64_t> parsed = parse_integer(value, 0, 65535);
    if (!parsed) {
      return must_be(value, Allowed{}(port));
    }
    *port.field(config) = static_cast<uint16_t>(*parsed);
    return {};
  }
};

/// Reads fields through the accessors that Apply writes through, which never change anything.
struct Value {
  Config& config;

  std::string operator()(const Flag& flag) const {
    return std::string(*flag.field(config) ? flag.word_true : flag.word_false);
  }
  std::string operator()(const Int32& number) const {
    return std::to_string(*number.field(config));
  }
  std::string operator()(const Int64& number) const {
    return std::to_string(*number.field(config));
  }
  std::string operator()(const Decimal& decimal) const {
    return number_text(*decimal.field(config));
  }
  std::string operator()(const Port& port) const { return std::to_string(*port.field(config)); }
  std::string operator()(const OptionalPort& port) const {
    const std::optional<uint16_t> value = *port.field(config);
    return value ? std::to_string(*value) : std::string();
  }
  std::string operator()(const Text& text) const { return *text.field(config); }
  std::string operator()(const SecretText& secret) const {
    return std::string(secret.field(config)->empty() ? std::string_view() : Secret::kRedacted);
  }
  std::string operator()(const List& list) const { return join(*list.field(config), ","); }
  std::string operator()(const Custom& custom) const { return custom.get(config); }
  std::string operator()(const Family&) const { return {}; }
  std::string operator()(const Ignored&) const { return {}; }
  std::string operator()(const Refused&) const { return {}; }
};

std::vector<Key> join_tables() {
  std::vector<Key> rows;
  append(rows, client_keys());
  append(rows, storage_keys());
  append(rows, limit_keys());
  append(rows, tree_keys());
  append(rows, auth_keys());
  append(rows, tls_keys());
  append(rows, admin_keys());
  append(rows, quorum_keys());
  append(rows, unsupported_keys());
  return rows;
}

/// Rows by each exact name, and families by their prefix, dot included.
struct Index {
  std::map<std::string, const Key*, std::less<>> by_name;
  std::map<std::string, const Key*, std::less<>> by_prefix;
};

Index make_index() {
  Index index;
  for (const Key& key : all_keys()) {
    if (key.name.ends_with(".*")) {
      index.by_prefix.emplace(key.name.substr(0, key.name.size() - 1), &key);
      continue;
    }
    if (key.name.ends_with('.')) {
      index.by_prefix.emplace(key.name, &key);
      continue;
    }
    index.by_name.emplace(key.name, &key);
    for (const std::string& alias : key.aliases) {
      index.by_name.emplace(alias, &key);
    }
  }
  return index;
}

}  // namespace

const std::vector<Key>& all_keys() {
  static const std::vector<Key> kKeys = join_tables();
  return kKeys;
}

KeyMatch find_key(std::string_view name) {
  static const Index kIndex = make_index();
  if (const auto found = kIndex.by_name.find(name); found != kIndex.by_name.end()) {
    return KeyMatch{.key = found->second, .suffix = {}};
  }
  // The longest family prefix; prefixes end in a dot, so only dots need to be tried.
  for (size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = name.rfind('.', dot - 1)) {
    const auto found = kIndex.by_prefix.find(name.substr(0, dot + 1));
    if (found != kIndex.by_prefix.end() && dot + 1 < name.size()) {
      return KeyMatch{.key = found->second, .suffix = name.substr(dot + 1)};
    }
  }
  return {};
}

Verdict apply(const KeyMatch& match, Config& config, std::string_view value) {
  return std::visit(Apply{.config = config, .suffix = match.suffix, .value = value},
                    match.key->target);
}

std::string value_text(const Key& key, const Config& config) {
  Config copy = config;
  return std::visit(Value{.config = copy}, key.target);
}

std::string allowed_text(const Key& key) { return std::visit(Allowed{}, key.target); }

std::vector<Key> with_needs(std::vector<Key> rows, Needs needs) {
  for (Key& row : rows) {
    row.needs.insert(row.needs.begin(), needs);
  }
  return rows;
}

bool is_supported(const Key& key) {
  return !std::holds_alternative<Ignored>(key.target) &&
         !std::holds_alternative<Refused>(key.target);
}

}  // namespace quorate::config
