// Completion scripts, generated from the command line's own tables.
#include "server/cli/completion_script.h"

#include <CLI/CLI.hpp>
#include <string_view>
#include <vector>

#include "server/base/text.h"
#include "server/cli/shell_commands.h"

namespace quorate::cli {
namespace {

/// What may follow a chain of commands such as "bench run".
struct Words {
  std::string chain;  ///< Empty: right behind `quorate`.
  std::vector<std::string> words;
};

void collect(const CLI::App& app, const std::string& chain, std::vector<Words>& all) {
  Words here{chain, {}};
  for (const CLI::App* sub : app.get_subcommands({})) {
    here.words.push_back(sub->get_name());
    collect(*sub, chain.empty() ? sub->get_name() : chain + " " + sub->get_name(), all);
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      here.words.push_back("--" + name);
    }
  }
  all.push_back(std::move(here));
}

std::vector<Words> all_words(const CLI::App& app) {
  std::vector<Words> all;
  collect(app, "", all);
  for (Words& entry : all) {
    if (entry.chain == "shell") {
      for (const Command& command : all_commands()) {
        entry.words.emplace_back(command.name);
      }
      for (const char* option : {"-server", "-timeout", "-r", "-waitforconnection", "--json"}) {
        entry.words.emplace_back(option);
      }
    } else if (entry.chain == "server") {
      for (const char* verb :
           {"start", "start-foreground", "stop", "restart", "status", "version", "--config"}) {
        entry.words.emplace_back(verb);
      }
    } else if (entry.chain == "completion") {
      entry.words = {"bash", "zsh", "fish"};
    }
  }
  return all;
}

std::string bash_script(const CLI::App& app) {
  std::string script =
      "# Completion of quorate for bash: source <(quorate completion bash)\n"
      "_quorate() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" chain=\"\" words=\"\" i\n"
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
      "    case \"${COMP_WORDS[i]}\" in\n"
      "      -*) ;;\n"
      "      *) if [[ $i -le 2 ]]; then chain=\"${chain:+$chain }${COMP_WORDS[i]}\"; fi ;;\n"
      "    esac\n"
      "  done\n"
      "  case \"$chain\" in\n";
  std::string first;
  for (const Words& entry : all_words(app)) {
    const std::string pattern = entry.chain.empty() ? "\"\"" : "\"" + entry.chain + "\"*";
    const std::string line = "    " + pattern + ") words=\"" + join(entry.words, " ") + "\" ;;\n";
    script.append(line);
  }
  return script +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  if [[ ${#COMPREPLY[@]} -eq 0 ]]; then\n"
         "    COMPREPLY=($(compgen -f -- \"$current\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _quorate quorate\n";
}

std::string fish_script(const CLI::App& app) {
  std::string script = "# Completion of quorate for fish: quorate completion fish | source\n";
  for (const Words& entry : all_words(app)) {
    const size_t space = entry.chain.rfind(' ');
    const std::string last =
        space == std::string::npos ? entry.chain : entry.chain.substr(space + 1);
    const std::string condition =
        entry.chain.empty() ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + last;
    script.append("complete -c quorate -n '" + condition + "' -a '" + join(entry.words, " ") +
                  "'\n");
  }
  return script;
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  if (shell == "bash") {
    return bash_script(app);
  }
  if (shell == "zsh") {
    return "autoload -U +X bashcompinit && bashcompinit\n" + bash_script(app);
  }
  return shell == "fish" ? fish_script(app) : std::string();
}

}  // namespace quorate::cli
