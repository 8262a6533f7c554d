// Completion scripts and candidates.
#include "operator/plugin/complete.h"

#include <cstdio>

#include "operator/kube/json_value.h"
#include "operator/kube/object.h"
#include "operator/plugin/flags.h"
#include "operator/plugin/session.h"

namespace quorate::plugin {

namespace {

using nlohmann::json;

/// A person waits with a finger on the key.
constexpr double kTimeoutS = 2;

void add_members(const json& cluster, std::vector<std::string>& names) {
  const json* const members = kube::find_at(cluster, {"status", "members"});
  if (members == nullptr || !members->is_array()) {
    return;
  }
  for (const json& each : *members) {
    names.push_back(kube::text_at(each, {"name"}));
  }
}

std::vector<std::string> names_from_api(const Candidates& wanted) {
  Connection connection = wanted.connection;
  connection.timeout_s = kTimeoutS;
  const auto session = Session::open(connection);
  if (!session) {
    return {};
  }
  const auto clusters = (*session)->clusters(false);
  if (!clusters) {
    return {};
  }
  std::vector<std::string> names;
  for (const json& each : *clusters) {
    if (wanted.wants_member) {
      add_members(each, names);
    } else {
      names.push_back(kube::name_of(each));
    }
  }
  return names;
}

constexpr const char* kBash =
    R"(# Completion of kubectl-quorate: source <(kubectl-quorate completion bash)
# `kubectl quorate` completes by itself with kubectl_complete-quorate in PATH.
_kubectl_quorate() {
  local IFS=$'\n'
  COMPREPLY=($(kubectl-quorate __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -F _kubectl_quorate kubectl-quorate
)";
constexpr const char* kFish =
    R"(# Completion of kubectl-quorate: kubectl-quorate completion fish | source
complete -c kubectl-quorate -f -a '(kubectl-quorate __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
)";

}  // namespace

int run_complete(const std::vector<std::string>& words, bool has_directive) {
  Candidates found = candidates(words);
  if (found.wants_cluster || found.wants_member) {
    const std::string typed = words.empty() ? std::string() : words.back();
    for (std::string& name : names_from_api(found)) {
      if (name.starts_with(typed)) {
        found.words.push_back(std::move(name));
      }
    }
  }
  for (const std::string& word : found.words) {
    std::printf("%s\n", word.c_str());
  }
  if (has_directive) {
    std::printf(":4\n");  // Source: cobra's ShellCompDirectiveNoFileComp.
  }
  return 0;
}

std::string completion_script(const std::string& shell) {
  if (shell == "bash") {
    return kBash;
  }
  if (shell == "zsh") {
    return std::string("autoload -U +X bashcompinit && bashcompinit\n") + kBash;
  }
  return shell == "fish" ? kFish : std::string();
}

}  // namespace quorate::plugin
