// Flags by CLI11.
#include "operator/plugin/flags.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <utility>

namespace quorate::plugin {

namespace {

const std::map<std::string, Output> kOutputs = {{"json", Output::kJson}, {"text", Output::kText}};
const std::map<std::string, ColourChoice> kColours = {{"auto", ColourChoice::kAuto},
                                                      {"always", ColourChoice::kAlways},
                                                      {"never", ColourChoice::kNever}};

void add_connection(CLI::App& app, Connection& connection) {
  const char* const group = "Connection";
  app.add_option("-n,--namespace", connection.space, "Namespace; default: the context's")
      ->group(group);
  app.add_option("--context", connection.context, "Context of the kubeconfig; default: the current")
      ->group(group);
  app.add_option("--kubeconfig", connection.kubeconfig,
                 "File with clusters and users; default: $KUBECONFIG, then ~/.kube/config")
      ->group(group);
  app.add_option("--request-timeout", connection.timeout_s, "Seconds that one request may take")
      ->check(CLI::Range(0.1, 3600.0))
      ->group(group);
}

void add_cluster(CLI::App& verb, Command& command) {
  verb.add_option("NAME", command.cluster, "The QuorumCluster; default: the namespace's only one");
}

void add_output(CLI::App& verb, Command& command) {
  verb.add_option("-o,--output", command.output, "text or json")
      ->transform(CLI::CheckedTransformer(kOutputs).description(""))
      ->type_name("FORMAT");
  verb.add_option("--color", command.colour, "auto (on a terminal), always or never")
      ->transform(CLI::CheckedTransformer(kColours).description(""))
      ->type_name("WHEN");
}

void add_wait(CLI::App& verb, Command& command) {
  verb.add_flag("-w,--wait", command.waits, "Show progress until it is done");
  verb.add_option("--timeout", command.wait_timeout_s, "Seconds that --wait waits")
      ->check(CLI::Range(1.0, 1e6));
}

/// Every verb with its flags; a verb that is found sets `command.verb`.
class Verbs {
 public:
  Verbs(CLI::App& app, Command& command) : app_(app), command_(command) {}

  void add_all() {
    look();
    act();
    reach();
    others();
  }

 private:
  CLI::App& add(const char* name, Verb verb, const std::string& description) {
    CLI::App& added = *app_.add_subcommand(name, description);
    added.parse_complete_callback([to = &command_, verb] { to->verb = verb; });
    add_connection(added, command_.connection);
    return added;
  }

  CLI::App& add_with_cluster(const char* name, Verb verb, const std::string& description) {
    CLI::App& added = add(name, verb, description);
    add_cluster(added, command_);
    return added;
  }

  void look() {
    CLI::App& status =
        add_with_cluster("status", Verb::kStatus,
                         "Members, zones, quorum and plan of a cluster; of several, a line each");
    status.add_flag("-A,--all-namespaces", command_.connection.all_spaces,
                    "A line for each cluster of all namespaces");
    add_output(status, command_);
    CLI::App& plan = add_with_cluster(
        "plan", Verb::kPlan, "What the operator does next and, where it does nothing, why");
    add_output(plan, command_);
  }

  void act() {
    CLI::App& roll = add_with_cluster(
        "roll", Verb::kRoll, "Restart every member, never more at a time than the quorum bears");
    add_wait(roll, command_);
    CLI::App& transfer = add_with_cluster("transfer-leader", Verb::kTransferLeader,
                                          "Move leadership to another member");
    transfer.add_option("--to", command_.to, "Pod that is to lead; default: the operator chooses")
        ->type_name("POD");
    add_wait(transfer, command_);
    recover();
    add_with_cluster("pause", Verb::kPause,
                     "Have the operator watch and report, but change nothing");
    add_with_cluster("resume", Verb::kResume, "Have the operator act again");
  }

  void recover() {
    CLI::App& recover =
        add_with_cluster("recover", Verb::kRecover,
                         "A quorum was lost for good: have one member go on alone, losing what it "
                         "does not have");
    recover.add_option("--from", command_.from, "Pod whose disk is kept")
        ->type_name("POD")
        ->required();
    CLI::Option* const accepts = recover.add_flag("--accept-data-loss", command_.accepts_loss,
                                                  "Do it; without this it only says what is lost");
    recover.add_flag("--yes", command_.is_sure, "Ask nothing, for scripts")->needs(accepts);
    add_wait(recover, command_);
  }

  void reach() {
    CLI::App& logs =
        add_with_cluster("logs", Verb::kLogs, "Logs of the members, each line with its Pod's name");
    logs.add_option("-m,--member", command_.member, "Of this Pod only")->type_name("POD");
    logs.add_flag("-f,--follow", command_.follows, "Go on as they are written");
    logs.add_flag("-p,--previous", command_.previous, "Of the container before its last restart");
    logs.add_option("--tail", command_.tail, "Last lines of each member");
    logs.add_option("--since", command_.since, "As kubectl's, for example 10m");
    CLI::App& shell = add_with_cluster(
        "shell", Verb::kShell, "ZooKeeper shell, or one of its commands: shell zoo -- ls /");
    shell.add_option("-m,--member", command_.member, "Connect to this Pod")->type_name("POD");
    shell.footer("Words after -- are a command of the shell; without them it is interactive.");
    CLI::App& report = add_with_cluster(
        "report", Verb::kReport,
        "A bundle for support: object, status, Pods, events, logs, members' view; no secrets");
    report.add_option("--to", command_.path,
                      "Folder, or file that ends with .tar.gz; default: quorate-NAME-TIME.tar.gz");
    report.add_option("--tail", command_.tail, "Last lines of each log; default: 5000");
  }

  void others() {
    CLI::App& install = add("install", Verb::kInstall,
                            "Install or upgrade the operator: kubectl apply -k on its manifests");
    install.add_option("--from", command_.path,
                       "Folder or URL of the manifests or chart; default: "
                       "deploy/ of the tree that this was built in");
    install.add_flag("--dry-run", command_.is_dry_run,
                     "Change nothing: have the API server check it, or kubectl where "
                     "the namespace does not exist yet");
    CLI::App& completion = add("completion", Verb::kCompletion, "Script that completes in a shell");
    completion.add_option("SHELL", command_.words, "bash, zsh or fish")
        ->required()
        ->expected(1)
        ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  }

  CLI::App& app_;
  Command& command_;
};

}  // namespace

std::unique_ptr<CLI::App> make_app(Command& command) {
  auto app = std::make_unique<CLI::App>(
      "Looks after QuorumCluster objects: what they are doing, and what to have them do",
      "kubectl quorate");
  app->require_subcommand(1);
  app->set_version_flag("--version", QUORATE_VERSION);
  add_connection(*app, command.connection);
  Verbs(*app, command).add_all();
  app->footer("kubectl quorate VERB --help tells the flags of a verb.");
  return app;
}

std::variant<Command, FlagsEnd> parse_flags(std::vector<std::string> arguments) {
  Command command;
  const auto app = make_app(command);
  // What follows -- is the shell's, so that no word of it is taken for a name.
  const auto dashes = std::ranges::find(arguments, "--");
  const bool has_dashes = dashes != arguments.end();
  if (has_dashes) {
    command.words.assign(dashes + 1, arguments.end());
    arguments.erase(dashes, arguments.end());
  }
  const std::string first = arguments.empty() ? std::string() : arguments.front();
  std::ranges::reverse(arguments);  // As CLI11 wants them.
  try {
    app->parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    const CLI::App* asked = app.get();
    if (const auto verbs = app->get_subcommands(); !verbs.empty()) {
      asked = verbs.front();
    }
    const std::string before = asked == app.get() ? "" : "kubectl quorate";
    return FlagsEnd{.code = 0, .text = asked->help(before)};
  } catch (const CLI::CallForVersion& version) {
    return FlagsEnd{.code = 0, .text = std::string(version.what()) + "\n"};
  } catch (const CLI::ParseError& error) {
    const bool is_unknown = app->get_subcommands().empty() && !first.empty() && first[0] != '-';
    const std::string what = is_unknown ? "there is no verb " + first : error.what();
    return FlagsEnd{.code = 2,
                    .text = "kubectl quorate: " + what + "; see kubectl quorate --help\n"};
  }
  if (has_dashes && command.verb != Verb::kShell) {
    return FlagsEnd{.code = 2, .text = "kubectl quorate: only shell takes words after --\n"};
  }
  return command;
}

}  // namespace quorate::plugin
