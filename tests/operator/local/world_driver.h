// Drives a world from the lines of a script: requests, time, and a runtime that a test plays.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "operator/local/world.h"

namespace quorate::local {

/// Commands, one a line; a line that begins with two spaces goes on with the one before:
///
///     GET|POST|PUT|DELETE PATH [JSON]         a request; the answer's code and what `show` chose
///     MERGE|JSON|STRATEGIC|APPLY|FORCE PATH JSON   a PATCH of that kind (APPLY by manager `me`;
///                                             `as NAME` before it changes the manager)
///     show PATHS                              JSON paths that answers print; `all` for the body
///     as NAME                                 the field manager of the following requests
///     tick SECONDS                            time passes
///     runtime auto|manual                     auto: containers start and become ready by
///     themselves exit POD CODE                           a container ends probe POD ok|failed
///     answers every outstanding probe of a Pod started POD                             manual: a
///     container has started actions                                 prints what the runtime was
///     asked since the last time compact                                 forgets history watch NAME
///     PATH / events NAME           opens a watch; prints its new events pods a line a Pod: name,
///     node's zone, phase, ready, revision
class WorldDriver {
 public:
  explicit WorldDriver(std::vector<std::string> zones);

  /// Runs a script; returns everything that it printed.
  std::string run(const std::string& script);

 private:
  void command(const std::string& line);
  void request(const std::string& verb, const std::string& path, const std::string& body);
  void print(const ApiResponse& response);
  void settle();
  void perform(const RuntimeAction& action);
  void pass(int64_t seconds);
  void events(const std::string& name);
  void print_pods();
  std::vector<ContainerId> containers_of(const std::string& pod) const;

  World world_;
  WallMillis now_{1'700'000'000'000};
  std::string out_;
  std::string manager_ = "me";
  std::vector<std::string> shown_ = {"{.metadata.name}"};
  bool is_auto_ = true;
  std::map<ContainerId, std::string> running_;  ///< The Pod's name.
  std::vector<RunProbe> probes_;
  std::vector<std::string> actions_;
  std::map<std::string, Watch> watches_;
};

}  // namespace quorate::local
