// Words of the scripted ZAB tests: numbers, packets and transactions as text.
#pragma once

#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "server/base/ids.h"
#include "server/quorum/configuration.h"
#include "server/wire/quorum_packet.h"
#include "server/zab/history.h"

namespace quorate::zab::testing {

using Words = std::vector<std::string>;

[[nodiscard]] Words words_of(const std::string& line);
/// Calls run(name, words behind it, line) for each line of a script that is not empty.
template <typename Run>
void for_each_command(const std::string& script, Run run) {
  std::istringstream lines(script);
  std::string line;
  while (std::getline(lines, line)) {
    Words words = words_of(line);
    if (!words.empty()) {
      const std::string name = words.front();
      words.erase(words.begin());
      run(name, words, line);
    }
  }
}
/// Takes `flag` out of `words`; whether it was there.
bool take_flag(Words& words, const std::string& flag);
/// The value of `name=value`, or `otherwise`.
[[nodiscard]] std::string value_of(const Words& words, const std::string& name,
                                   const std::string& otherwise);
/// Zxids are `epoch.counter`, both decimal; -1 is -1.
[[nodiscard]] Zxid zxid_of(const std::string& word);
[[nodiscard]] std::string text_of(Zxid zxid);

/// A transaction that sets /N; with `config` a reconfig to it.
[[nodiscard]] std::string make_txn(Zxid zxid,
                                   const std::optional<quorum::Configuration>& config = {});
/// `1,2,3` voters, with `/4,5` observers; version 0 unless given.
[[nodiscard]] quorum::Configuration configuration_of(const std::string& word,
                                                     ConfigVersion version = {});
[[nodiscard]] std::string text_of(const quorum::Configuration& configuration);

/// One line without its end.
[[nodiscard]] std::string text_of(const wire::QuorumPacket& packet);
/// Every packet of `bytes`, a line each, behind `prefix`.
[[nodiscard]] std::string packets_text(std::string_view bytes, const std::string& prefix);

/// `1.1-1.5` or `1.1 1.2 2.1` after a base: appended to a history that begins at the first word.
void fill(History& history, const Words& zxids);

}  // namespace quorate::zab::testing
