// Four-letter words: which exist, which may be asked, and what they answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/node/status.h"
#include "server/report/inputs.h"

namespace quorate::report {

enum class Word : uint8_t {
  kConf,
  kCons,
  kCrst,
  kDirs,
  kDump,
  kEnvi,
  kGtmk,
  kHash,
  kIsro,
  kMntr,
  kRuok,
  kSrst,
  kSrvr,
  kStat,
  kStmk,
  kWchc,
  kWchp,
  kWchs,
};

/// The word that `text` is; nothing for any other text: its connection is closed without an answer.
[[nodiscard]] std::optional<Word> word_of(std::string_view text);
[[nodiscard]] std::string_view text_of(Word word);

/// Whether `word` may be asked, by 4lw.commands.whitelist. isro is also allowed where a read-only
/// server may come to be, since clients look for a writable one with it.
[[nodiscard]] bool is_allowed(Word word, const config::Config& config);

/// The answer to a word that is not allowed.
[[nodiscard]] std::string refusal(Word word);

/// What the answer needs beside counters.
[[nodiscard]] node::StatusDetail detail_of(Word word);

/// Bytes that follow the word on the wire: 8 for stmk, 0 for all others.
[[nodiscard]] size_t argument_bytes(Word word);

/// What the word changes; the caller does it after the answer was made.
enum class Effect : uint8_t { kNone, kResetServerStats, kResetConnectionStats, kSetTraceMask };

struct WordAnswer {
  std::string text;
  Effect effect = Effect::kNone;
  int64_t trace_mask = 0;  ///< With kSetTraceMask.
};

/// The answer to an allowed word. `argument` is what followed it, argument_bytes() long at least.
/// While the member does not serve, most words get the sentence that says so.
[[nodiscard]] WordAnswer answer(Word word, std::string_view argument, const Inputs& inputs);

}  // namespace quorate::report
