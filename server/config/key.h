// Key: one setting of zoo.cfg as a row of a table: its names, its field, its range, its meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/base/secret.h"
#include "server/config/config.h"

namespace quorate::config {

/// Finds a field of T in a Config: a function, not a pointer to member, because sections are
/// nested.
template <typename T>
using Field = T* (*)(Config&);

/// `true` or `false`, or `yes` or `no`, as ZooKeeper spells this key; case does not matter.
struct Flag {
  Field<bool> field;
  std::string_view word_true = "true";
  std::string_view word_false = "false";
};

/// A decimal number of min to max.
struct Int32 {
  Field<int32_t> field;
  int32_t min;
  int32_t max = INT32_MAX;
};
struct Int64 {
  Field<int64_t> field;
  int64_t min;
  int64_t max = INT64_MAX;
};

/// A number that need not be whole.
struct Decimal {
  Field<double> field;
  double min = 0;
  double max = 1;
};

/// A TCP port, 0 to 65535; the optional one may be absent but not be unset again.
struct Port {
  Field<uint16_t> field;
};
struct OptionalPort {
  Field<std::optional<uint16_t>> field;
};

/// Any text.
struct Text {
  Field<std::string> field;
};

/// Any text, never printed.
struct SecretText {
  Field<Secret> field;
};

/// Texts separated by commas; blanks around them are dropped, empty ones too.
struct List {
  Field<std::vector<std::string>> field;
};

/// What came of setting one value.
struct Verdict {
  enum class Kind { kOk, kWarning, kError } kind = Kind::kOk;
  /// The warning, or what is wrong and what is allowed: "is 'x', must be ...". Empty when kOk.
  std::string message = {};
};

/// A value with a syntax of its own. `set` leaves the config alone when it returns an error; `get`
/// writes the value so that `set` reads it back.
struct Custom {
  Verdict (*set)(Config&, std::string_view);
  std::string (*get)(const Config&);
  /// What is allowed, for the documentation.
  std::string_view allowed;
};

/// Name after the dot, and value, of one member of a family.
struct FamilyMember {
  std::string suffix;
  std::string value;
};

/// Keys that share what is before the last dot, such as server.1 and server.2; the row's name ends
/// in that dot. `set` is as in Custom, with the part after the dot.
struct Family {
  Verdict (*set)(Config&, std::string_view suffix, std::string_view);
  std::vector<FamilyMember> (*get)(const Config&);
  /// Placeholder of the part after the dot, and what is allowed, for the documentation.
  std::string_view suffix;
  std::string_view allowed;
};

/// A key of ZooKeeper that has no meaning here; it is not looked at, only told about. Its row's
/// name may end in `.*`, which stands for every key that begins so and has no row of its own.
struct Ignored {
  /// Why, as the end of "has no effect: ...".
  std::string_view reason;
};

/// A key of ZooKeeper whose feature is missing here, and that would weaken the member if it were
/// ignored: any value but `harmless` (compared without case) is an error.
struct Refused {
  std::string_view harmless;
  std::string_view reason;
};

using Target = std::variant<Flag, Int32, Int64, Decimal, Port, OptionalPort, Text, SecretText, List,
                            Custom, Family, Ignored, Refused>;

/// Something that a key needs to have an effect. Where it is missing, a setting of the key is told
/// of, so that none is ignored in silence.
struct Needs {
  /// Whether it is there. Called on a complete Config.
  bool (*is_met)(const Config&);
  /// When it is missing, as the end of "has no effect ": "without clientPort".
  std::string_view otherwise;
};

/// One row.
struct Key {
  /// As zoo.cfg spells it. As a system property it is `zookeeper.` + name, unless `raw`.
  std::string name;
  Target target;
  /// What it decides, with its unit: one sentence for the documentation.
  std::string_view about;
  /// Other spellings that mean the same, in zoo.cfg and after `zookeeper.`.
  std::vector<std::string> aliases = {};
  /// How the key is named as a system property.
  enum class RawName {
    kNone,  ///< `zookeeper.NAME`.
    kAlso,  ///< `NAME` and `zookeeper.NAME`.
    kOnly,  ///< `NAME`: elsewhere, in zoo.cfg too, ZooKeeper ignores the key without a word.
    kOurs,  ///< Our own key (`quorate.*`): `NAME`, never prefixed.
  } raw = RawName::kNone;
  /// All that it needs; the first that is missing is told. Keys with a field only.
  std::vector<Needs> needs = {};
};

/// `rows`, each of which needs this before what else it needs.
[[nodiscard]] std::vector<Key> with_needs(std::vector<Key> rows, Needs needs);

/// Every key, grouped by subject; where two keys decide one thing, the later one has the last word.
/// The same at every call.
[[nodiscard]] const std::vector<Key>& all_keys();

/// A row and, for a family, the part of the name after the dot.
struct KeyMatch {
  const Key* key = nullptr;
  std::string_view suffix;
};

/// The row of `name`, by name, alias or family, exact. The key is null when there is none. The
/// suffix points into `name`.
[[nodiscard]] KeyMatch find_key(std::string_view name);

/// Sets the key's field from `value`; the config is unchanged when the verdict is an error, whose
/// message has no value in it when that is secret. Ignored keys give their reason as a warning;
/// Refused ones give it as an error unless the value is harmless.
[[nodiscard]] Verdict apply(const KeyMatch& match, Config& config, std::string_view value);

/// The value of the key in `config` as zoo.cfg would spell it: secrets as Secret::kRedacted (empty
/// ones as nothing), absent ones, families, ignored and refused keys as nothing.
[[nodiscard]] std::string value_text(const Key& key, const Config& config);

/// What the key accepts: "an integer of 1 to 2147483647", "true or false", "text".
[[nodiscard]] std::string allowed_text(const Key& key);

/// Whether the key has a field, that is, is neither Ignored nor Refused.
[[nodiscard]] bool is_supported(const Key& key);

}  // namespace quorate::config
