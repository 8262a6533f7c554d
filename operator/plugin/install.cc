// kubectl apply and helm upgrade.
#include "operator/plugin/install.h"

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "operator/plugin/process.h"
#include "operator/transport/process.h"

namespace quorate::plugin {

namespace {

constexpr const char* kSpace = "quorate-system";

/// The manifests of the tree that this program was built from, if it is still there.
std::string own_manifests() {
  std::error_code error;
  auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (int i = 0; i < 4 && !error && folder.has_relative_path();
       ++i, folder = folder.parent_path()) {
    if (std::filesystem::exists(folder / "deploy" / "kustomization.yaml", error)) {
      return (folder / "deploy").string();
    }
  }
  return {};
}

Status install_chart(const Command& command, const std::string& chart) {
  std::vector<std::string> words{"helm", "upgrade", "--install", "quorate-operator", chart};
  const std::string& space = command.connection.space;
  words.insert(words.end(), {"--namespace", space.empty() ? kSpace : space, "--create-namespace"});
  if (!command.connection.kubeconfig.empty()) {
    words.insert(words.end(), {"--kubeconfig", command.connection.kubeconfig});
  }
  if (!command.connection.context.empty()) {
    words.insert(words.end(), {"--kube-context", command.connection.context});
  }
  if (command.is_dry_run) {
    words.emplace_back("--dry-run");
  } else {
    words.emplace_back("--wait");
  }
  return run_program(words);
}

/// The API server checks objects of a namespace only where that is; kubectl alone checks less.
Status dry_run(const Command& command, const std::string& from) {
  std::vector<std::string> words = kubectl_command(command.connection, {});
  const std::string program = words.front();
  words.erase(words.begin());
  transport::ProcessOptions look{.program = program, .arguments = words};
  look.arguments.insert(look.arguments.end(),
                        {"get", "namespace", kSpace, "--ignore-not-found", "-o", "name"});
  const auto found = transport::run_process(look);
  if (!found) {
    return found.error();
  }
  words.insert(words.begin(), program);
  words.insert(words.end(), {"apply", "-k", from});
  if (found->empty()) {
    std::fprintf(stderr,
                 "namespace %s does not exist yet: kubectl checks by itself, without the API "
                 "server's rules\n",
                 kSpace);
    words.emplace_back("--dry-run=client");
  } else {
    words.insert(words.end(), {"--server-side", "--dry-run=server"});
  }
  return run_program(words);
}

}  // namespace

Status install(const Command& command) {
  const std::string from = command.path.empty() ? own_manifests() : command.path;
  if (from.empty()) {
    return Error{ErrorKind::kNotFound,
                 "where are the manifests? Name the folder deploy/ or charts/quorate-operator of a "
                 "release, or a URL that `kubectl apply -k` takes, with --from"};
  }
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::path(from) / "Chart.yaml", error)) {
    return install_chart(command, from);
  }
  if (command.is_dry_run) {
    return dry_run(command, from);
  }
  // The manifests name their namespace themselves.
  std::vector<std::string> words = kubectl_command(command.connection, {});
  words.insert(words.end(), {"apply", "--server-side", "-k", from});
  if (Status applied = run_program(words); !applied) {
    return applied;
  }
  words = kubectl_command(command.connection, kSpace);
  words.insert(words.end(), {"rollout", "status", "deployment/quorate-operator", "--timeout=5m"});
  return run_program(words);
}

}  // namespace quorate::plugin
