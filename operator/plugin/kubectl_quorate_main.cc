// kubectl-quorate: what kubectl runs as `kubectl quorate`; as kubectl_complete-quorate it
// completes.
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "operator/plugin/flags.h"
#include "operator/plugin/verbs.h"

int main(int argc, char** argv) {
  namespace plugin = quorate::plugin;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (argc > 0 && std::string_view(argv[0]).ends_with("kubectl_complete-quorate")) {
    return plugin::run_complete(arguments);
  }
  const auto parsed = plugin::parse_flags(std::move(arguments));
  if (const auto* const end = std::get_if<plugin::FlagsEnd>(&parsed)) {
    std::fputs(end->text.c_str(), end->code == 0 ? stdout : stderr);
    return end->code;
  }
  return plugin::run(std::get<plugin::Command>(parsed));
}
