// Words of enumerations: the spelling in zoo.cfg <-> the enumerator.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "server/base/text.h"
#include "server/config/key.h"

namespace quorate::config {

/// One spelling. The first spelling of an enumerator is the one that is written back.
template <typename Enum>
struct Word {
  std::string_view word;
  Enum value;
};

/// The enumerator that `text` spells, but for case.
template <typename Enum>
[[nodiscard]] std::optional<Enum> parse_word(std::span<const Word<Enum>> words,
                                             std::string_view text) {
  const auto found = std::ranges::find_if(
      words, [text](const Word<Enum>& word) { return equals_ignoring_case(word.word, text); });
  return found == words.end() ? std::nullopt : std::optional<Enum>(found->value);
}

/// The spelling of `value`; empty when it has none.
template <typename Enum>
[[nodiscard]] std::string word_of(std::span<const Word<Enum>> words, Enum value) {
  const auto found = std::ranges::find(words, value, &Word<Enum>::value);
  return found == words.end() ? std::string() : std::string(found->word);
}

/// `a, b or c`.
template <typename Enum>
[[nodiscard]] std::string list_words(std::span<const Word<Enum>> words) {
  std::string result;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool is_last = i + 1 == words.size();
    result += i == 0 ? "" : is_last ? " or " : ", ";
    result += words[i].word.empty() ? std::string_view("nothing") : words[i].word;
  }
  return result;
}

/// Sets `field` to what `text` spells.
template <typename Enum>
[[nodiscard]] Verdict set_word(std::span<const Word<Enum>> words, Enum& field,
                               std::string_view text) {
  const std::optional<Enum> value = parse_word(words, text);
  if (!value) {
    return Verdict{.kind = Verdict::Kind::kError,
                   .message = "is " + quoted(text) + ", must be " + list_words(words)};
  }
  field = *value;
  return {};
}

}  // namespace quorate::config
