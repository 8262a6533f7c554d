// Other programs: kubectl, quorate, tar, helm, with our terminal.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "operator/plugin/command.h"
#include "server/base/result.h"

namespace quorate::plugin {

/// kubectl with the flags that lead to the same API and namespace as ours.
[[nodiscard]] std::vector<std::string> kubectl_command(const Connection& connection,
                                                       const std::string& space);

/// Becomes the program; returns only if it cannot be started.
[[nodiscard]] Error become(const std::vector<std::string>& command);

/// Runs a program with our terminal and waits. Errors: it cannot be started, or it failed.
[[nodiscard]] Status run_program(const std::vector<std::string>& command);

/// The program `name` beside our own, else as PATH has it.
[[nodiscard]] std::string sibling(const std::string& name);

/// `kubectl port-forward` to a port of our machine that nobody else has; ends with this object.
class PortForward {
 public:
  /// Errors: it cannot be started, or it says no port within some seconds; kubectl's own words have
  /// gone to standard error.
  [[nodiscard]] static Result<std::unique_ptr<PortForward>> start(std::vector<std::string> kubectl,
                                                                  const std::string& target,
                                                                  uint16_t port);
  ~PortForward();
  PortForward(const PortForward&) = delete;
  PortForward& operator=(const PortForward&) = delete;

  [[nodiscard]] uint16_t port() const { return port_; }

 private:
  PortForward(int pid, uint16_t port, int output) : pid_(pid), port_(port), output_(output) {}

  int pid_;
  uint16_t port_;
  int output_;  ///< Of kubectl, which tells of each connection there and must not find it closed.
};

}  // namespace quorate::plugin
