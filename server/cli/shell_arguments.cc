// Table-driven parsing of a command's words.
#include "server/cli/shell_arguments.h"

#include <algorithm>

namespace quorate::cli {
namespace {

const OptionSpec* find(std::span<const OptionSpec> options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(),
                                  [name](const OptionSpec& o) { return o.name == name; });
  return found == options.end() ? nullptr : &*found;
}

Error unrecognized(std::string_view word) {
  return Error{ErrorKind::kInvalidInput, "Unrecognized option: " + std::string(word)};
}

/// Splits "-swv5" into the options that it stands for: name and value. Nothing if some letter is no
/// option.
std::vector<std::pair<const OptionSpec*, std::string>> burst(std::string_view letters,
                                                             std::span<const OptionSpec> options) {
  std::vector<std::pair<const OptionSpec*, std::string>> found;
  for (size_t i = 0; i < letters.size(); ++i) {
    const OptionSpec* option = find(options, letters.substr(i, 1));
    if (option == nullptr) {
      return {};
    }
    if (option->takes_value) {
      found.emplace_back(option, std::string(letters.substr(i + 1)));
      return found;
    }
    found.emplace_back(option, std::string());
  }
  return found;
}

}  // namespace

std::string Arguments::value(std::string_view option, std::string_view fallback) const {
  const auto found = values_.find(option);
  return std::string(found == values_.end() || found->second.empty() ? fallback
                                                                     : found->second.back());
}

std::string Arguments::joined(std::string_view option) const {
  std::string all;
  const auto found = values_.find(option);
  if (found == values_.end()) {
    return all;
  }
  for (const std::string& value : found->second) {
    all.append(all.empty() ? "" : ",").append(value);
  }
  return all;
}

const std::string& Arguments::operand(size_t index) const {
  static const std::string kNone;
  return index < operands_.size() ? operands_[index] : kNone;
}

Result<Arguments> parse_arguments(std::span<const std::string> words,
                                  std::span<const OptionSpec> options) {
  Arguments arguments;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--") {
      arguments.operands_.insert(arguments.operands_.end(), words.begin() + i + 1, words.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      arguments.operands_.push_back(word);
      continue;
    }
    std::vector<std::pair<const OptionSpec*, std::string>> found;
    if (const OptionSpec* option = find(options, std::string_view(word).substr(1))) {
      found.emplace_back(option, std::string());
    } else {
      found = burst(std::string_view(word).substr(1), options);
    }
    if (found.empty()) {
      return unrecognized(word);
    }
    for (auto& [option, value] : found) {
      auto& values = arguments.values_[std::string(option->name)];
      if (!option->takes_value) {
        continue;
      }
      if (value.empty()) {
        if (i + 1 == words.size()) {
          return Error{ErrorKind::kInvalidInput,
                       "Missing argument for option: " + std::string(option->name)};
        }
        value = words[++i];
      }
      values.push_back(std::move(value));
    }
  }
  return arguments;
}

}  // namespace quorate::cli
