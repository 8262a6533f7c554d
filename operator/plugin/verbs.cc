// Which function a verb is, and the two that only read.
#include "operator/plugin/verbs.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "operator/plugin/change.h"
#include "operator/plugin/complete.h"
#include "operator/plugin/install.h"
#include "operator/plugin/reach.h"
#include "operator/plugin/report.h"
#include "operator/plugin/session.h"
#include "operator/plugin/status_text.h"

namespace quorate::plugin {

namespace {

using nlohmann::json;

void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

bool has_colour(ColourChoice choice) {
  if (choice != ColourChoice::kAuto) {
    return choice == ColourChoice::kAlways;
  }
  const char* const terminal = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr &&
         terminal != nullptr && std::string_view(terminal) != "dumb";
}

Status print_several(const Command& command, const std::vector<json>& objects) {
  if (command.output == Output::kJson) {
    json items = json::array();
    for (const json& each : objects) {
      items.push_back(tidied(each));
    }
    print(json({{"apiVersion", "v1"}, {"kind", "List"}, {"items", items}}).dump(2) + "\n");
    return {};
  }
  print(list_text(objects, command.connection.all_spaces, has_colour(command.colour)));
  return {};
}

Status status(Session& session, const Command& command) {
  if (command.cluster.empty()) {
    const auto all = session.clusters(command.connection.all_spaces);
    if (!all) {
      return all.error();
    }
    if (command.connection.all_spaces || all->size() > 1) {
      return print_several(command, *all);
    }
  }
  const auto object = session.cluster(command.cluster);
  if (!object) {
    return object.error();
  }
  print(command.output == Output::kJson ? tidied(*object).dump(2) + "\n"
                                        : status_text(*object, has_colour(command.colour)));
  return {};
}

Status plan(Session& session, const Command& command) {
  const auto object = session.cluster(command.cluster);
  if (!object) {
    return object.error();
  }
  if (command.output == Output::kJson) {
    const json::json_pointer at("/status/plan");
    print((object->contains(at) ? (*object)[at] : json::array()).dump(2) + "\n");
  } else {
    print(plan_text(*object, has_colour(command.colour)));
  }
  return {};
}

Status run_verb(Session& session, const Command& command) {
  switch (command.verb) {
    case Verb::kStatus:
      return status(session, command);
    case Verb::kPlan:
      return plan(session, command);
    case Verb::kRoll:
      return roll(session, command);
    case Verb::kPause:
      return set_paused(session, command, true);
    case Verb::kResume:
      return set_paused(session, command, false);
    case Verb::kTransferLeader:
      return transfer_leader(session, command);
    case Verb::kRecover:
      return recover(session, command, has_colour(command.colour));
    case Verb::kLogs:
      return logs(session, command);
    case Verb::kShell:
      return shell(session, command);
    case Verb::kReport:
      return report(session, command);
    case Verb::kInstall:
    case Verb::kCompletion:
      break;  // They need no session.
  }
  return {};
}

int fail(const Error& error) {
  std::fprintf(stderr, "kubectl quorate: %s\n", error.message.c_str());
  return 1;
}

}  // namespace

int run(const Command& command) {
  if (command.verb == Verb::kCompletion) {
    print(completion_script(command.words.front()));
    return 0;
  }
  if (command.verb == Verb::kInstall) {
    const Status done = install(command);
    return done ? 0 : fail(done.error());
  }
  const auto session = Session::open(command.connection);
  if (!session) {
    return fail(session.error());
  }
  const Status done = run_verb(**session, command);
  return done ? 0 : fail(done.error());
}

}  // namespace quorate::plugin
