// Four-letter words, the queries of admin commands, and reports about hostile names: the text of
// the input stands wherever a client may put one.
#include <nlohmann/json.hpp>

#include "server/report/commands.h"
#include "server/report/four_letter_words.h"
#include "tests/fuzz/fuzz.h"
#include "tests/server/report/sample.h"

namespace quorate::fuzz {
namespace {

report::Inputs hostile_inputs(const config::Config& config, std::string_view text) {
  report::Inputs inputs = report::sample_inputs(config);
  const std::string path = "/" + std::string(text);
  inputs.process.host_name = text;
  inputs.process.working_directory = path;
  for (node::ConnectionStatus& connection : inputs.status.connections) {
    connection.address = text;
  }
  for (node::SessionEphemerals& session : inputs.status.ephemerals) {
    session.paths.push_back(path);
  }
  for (node::WatchedPath& watched : inputs.status.watched_paths) {
    watched.path = path;
  }
  return inputs;
}

void check_word(std::string_view text, const report::Inputs& inputs) {
  const auto word = report::word_of(text.substr(0, 4));
  if (!word) {
    return;
  }
  FUZZ_CHECK(report::text_of(*word) == text.substr(0, 4));
  FUZZ_CHECK(!report::refusal(*word).empty());
  const std::string_view argument = text.substr(4);
  if (argument.size() >= report::argument_bytes(*word)) {
    (void)report::answer(*word, argument, inputs);
  }
}

void check_commands(std::string_view query, const report::Inputs& inputs) {
  (void)report::find_command(query);
  for (const report::Command& command : report::all_commands()) {
    if (command.producer == report::Producer::kReport) {
      const report::CommandAnswer answer = report::run_command(command, query, inputs);
      FUZZ_CHECK(nlohmann::json::accept(answer.body));
    }
  }
  FUZZ_CHECK(nlohmann::json::accept(report::command_error(query, query)));
}

}  // namespace

std::vector<std::string> seeds() {
  return {"ruok",
          "srvr\n",
          std::string("stmk\0\0\0\0\0\0\1\2", 12),
          "mntr",
          "cons extra",
          "traceMask=306&other=%2f",
          "reset=true&a=b&&=",
          "caf\xc3\xa9 \"quoted\" \\ \x01 \xff"};
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  static const auto* config = new config::Config(report::sample_config());
  const std::string_view text = fuzz::as_view(data, size);
  const report::Inputs inputs = fuzz::hostile_inputs(*config, text);
  fuzz::check_word(text, inputs);
  fuzz::check_commands(text, inputs);
  return 0;
}
