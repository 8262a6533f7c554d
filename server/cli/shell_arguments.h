// Options and operands of one shell command, parsed by a table as Apache's commons-cli does.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/result.h"

namespace quorate::cli {

/// An option of a command. A name of one letter may be joined with others: -sw.
struct OptionSpec {
  std::string_view name;  ///< Without the dash: "s", "members".
  bool takes_value = false;
  std::string_view help;  ///< May be empty.
};

/// What a command was given.
class Arguments {
 public:
  [[nodiscard]] bool has(std::string_view option) const { return values_.contains(option); }
  /// The last value of an option, or `fallback` without it.
  [[nodiscard]] std::string value(std::string_view option, std::string_view fallback = {}) const;
  /// All values of an option that may repeat, joined by commas.
  [[nodiscard]] std::string joined(std::string_view option) const;
  [[nodiscard]] size_t count() const { return operands_.size(); }
  /// The operand at `index`; empty if there are not so many.
  [[nodiscard]] const std::string& operand(size_t index) const;

 private:
  friend Result<Arguments> parse_arguments(std::span<const std::string>,
                                           std::span<const OptionSpec>);
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> operands_;
};

/// Parses the words behind the command's name. Options may stand anywhere; "--" ends them.
/// Errors: "Unrecognized option: -q", "Missing argument for option: v".
[[nodiscard]] Result<Arguments> parse_arguments(std::span<const std::string> words,
                                                std::span<const OptionSpec> options);

}  // namespace quorate::cli
