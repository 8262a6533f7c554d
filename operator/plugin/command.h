// What a person asks of the plugin: the command line, read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace quorate::plugin {

enum class Verb {
  kStatus,
  kPlan,
  kRoll,
  kTransferLeader,
  kRecover,
  kPause,
  kResume,
  kLogs,
  kShell,
  kReport,
  kInstall,
  kCompletion,
};

/// Which API, and where in it; empty fields are the kubeconfig's to say.
struct Connection {
  std::string kubeconfig;
  std::string context;
  std::string space;
  bool all_spaces = false;
  double timeout_s = 15;
};

enum class Output { kText, kJson };
enum class ColourChoice { kAuto, kAlways, kNever };

struct Command {
  Verb verb = Verb::kStatus;
  Connection connection;
  std::string cluster;  ///< Empty: the only one of the namespace.
  Output output = Output::kText;
  ColourChoice colour = ColourChoice::kAuto;

  std::string to;               ///< transfer-leader: a Pod; empty: the operator chooses.
  std::string member;           ///< logs, shell: one Pod.
  std::string from;             ///< recover: the Pod that goes on alone.
  bool accepts_loss = false;    ///< recover
  bool is_sure = false;         ///< recover: asks nothing.
  bool waits = false;           ///< roll, transfer-leader, recover: until it is done.
  double wait_timeout_s = 600;  ///< With `waits`.

  bool follows = false;  ///< logs
  bool previous = false;
  std::optional<int64_t> tail;
  std::string since;

  std::string path;  ///< report: file or folder; install: folder with manifests.
  bool is_dry_run = false;
  std::vector<std::string> words;  ///< shell: its commands; completion: the shell.
};

}  // namespace quorate::plugin
