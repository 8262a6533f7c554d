// The table of words, the allow-list, and the short answers.
#include "server/report/four_letter_words.h"

#include <algorithm>
#include <array>

#include "server/base/bytes.h"
#include "server/report/catalogue.h"
#include "server/report/text.h"
#include "server/report/word_texts.h"

namespace quorate::report {

namespace {

constexpr std::string_view kNotServingLine =
    "This ZooKeeper instance is not currently serving requests\n";

struct WordRow {
  std::string_view text;
  Word word;
  bool needs_server;  ///< Answered only while requests are served.
};

constexpr std::array<WordRow, 18> kWords = {{
    {"conf", Word::kConf, true},
    {"cons", Word::kCons, true},
    {"crst", Word::kCrst, true},
    {"dirs", Word::kDirs, true},
    {"dump", Word::kDump, true},
    {"envi", Word::kEnvi, false},
    {"gtmk", Word::kGtmk, false},
    {"hash", Word::kHash, true},
    {"isro", Word::kIsro, false},
    {"mntr", Word::kMntr, true},
    {"ruok", Word::kRuok, false},
    {"srst", Word::kSrst, true},
    {"srvr", Word::kSrvr, true},
    {"stat", Word::kStat, true},
    {"stmk", Word::kStmk, false},
    {"wchc", Word::kWchc, true},
    {"wchp", Word::kWchp, true},
    {"wchs", Word::kWchs, true},
}};

const WordRow& row_of(Word word) { return kWords[static_cast<size_t>(word)]; }

bool answers(const node::Status& status) {
  return status.serving || status.role == node::Role::kReadOnly;
}

std::string isro_text(const node::Status& status) {
  if (!answers(status)) {
    return "null";
  }
  return status.role == node::Role::kReadOnly ? "ro" : "rw";
}

std::string mntr_text(const Inputs& inputs) {
  std::string text = "zk_version\t" + version_text(inputs.process) + "\n";
  text += "zk_server_state\t" + std::string(mode_text(inputs.status.role)) + "\n";
  const Catalogue catalogue(inputs);
  for (const NamedText& line : monitor_lines(catalogue)) {
    text += "zk_" + line.name + "\t";
    const auto* number = std::get_if<int64_t>(&line.value);
    text += number != nullptr ? std::to_string(*number) : java_double(std::get<double>(line.value));
    text += "\n";
  }
  return text;
}

std::string text_for(Word word, const Inputs& inputs) {
  switch (word) {
    case Word::kConf:
      return conf_text(inputs);
    case Word::kCons:
      return cons_text(inputs);
    case Word::kCrst:
      return "Connection stats reset.\n";
    case Word::kDirs:
      return dirs_text(inputs);
    case Word::kDump:
      return dump_text(inputs);
    case Word::kEnvi:
      return envi_text(inputs);
    case Word::kGtmk:
    case Word::kStmk:
      return std::to_string(inputs.trace_mask);
    case Word::kHash:
      return hash_text(inputs);
    case Word::kIsro:
      return isro_text(inputs.status);
    case Word::kMntr:
      return mntr_text(inputs);
    case Word::kRuok:
      return "imok";
    case Word::kSrst:
      return "Server stats reset.\n";
    case Word::kSrvr:
      return srvr_text(inputs);
    case Word::kStat:
      return stat_text(inputs);
    case Word::kWchc:
      return wchc_text(inputs);
    case Word::kWchp:
      return wchp_text(inputs);
    case Word::kWchs:
      return wchs_text(inputs);
  }
  return "";
}

}  // namespace

std::optional<Word> word_of(std::string_view text) {
  for (const WordRow& row : kWords) {
    if (row.text == text) {
      return row.word;
    }
  }
  return std::nullopt;
}

std::string_view text_of(Word word) { return row_of(word).text; }

bool is_allowed(Word word, const config::Config& config) {
  const auto& allowed = config.four_letter_words_allowed;
  const auto has = [&](std::string_view text) {
    return std::find(allowed.begin(), allowed.end(), text) != allowed.end();
  };
  return has("*") || has(text_of(word)) || (word == Word::kIsro && config.read_only_mode_enabled);
}

std::string refusal(Word word) {
  return std::string(text_of(word)) + " is not executed because it is not in the whitelist.\n";
}

node::StatusDetail detail_of(Word word) {
  node::StatusDetail detail;
  detail.connections = word == Word::kCons || word == Word::kStat || word == Word::kDump;
  detail.sessions = word == Word::kDump;
  detail.watches = word == Word::kWchc || word == Word::kWchp;
  detail.namespaces = word == Word::kMntr;
  return detail;
}

size_t argument_bytes(Word word) { return word == Word::kStmk ? 8 : 0; }

WordAnswer answer(Word word, std::string_view argument, const Inputs& inputs) {
  if (row_of(word).needs_server && !answers(inputs.status)) {
    return {.text = std::string(kNotServingLine)};
  }
  if (word == Word::kStmk) {
    if (argument.size() < argument_bytes(word)) {
      return {};
    }
    const auto mask = load_big_endian<int64_t>(argument.data());
    return {.text = std::to_string(mask), .effect = Effect::kSetTraceMask, .trace_mask = mask};
  }
  WordAnswer result{.text = text_for(word, inputs)};
  if (word == Word::kSrst) {
    result.effect = Effect::kResetServerStats;
  } else if (word == Word::kCrst) {
    result.effect = Effect::kResetConnectionStats;
  }
  return result;
}

}  // namespace quorate::report
