// kubectl apply and helm upgrade.
#include "operator/plugin/install.h"

#include <filesystem>
#include <string>
#include <vector>

#include "operator/plugin/process.h"

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
  // The manifests name their namespace themselves.
  std::vector<std::string> words = kubectl_command(command.connection, {});
  words.insert(words.end(), {"apply", "--server-side", "-k", from});
  if (command.is_dry_run) {
    words.emplace_back("--dry-run=server");
  }
  if (Status applied = run_program(words); !applied || command.is_dry_run) {
    return applied;
  }
  words = kubectl_command(command.connection, kSpace);
  words.insert(words.end(), {"rollout", "status", "deployment/quorate-operator", "--timeout=5m"});
  return run_program(words);
}

}  // namespace quorate::plugin
