// Metrics: the runtime's numbers, under the names of controller-runtime.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <prometheus/registry.h>

#include "operator/transport/cpprest_transport.h"
#include "server/base/time.h"

namespace quorate::controller {

/// How a pass is counted.
enum class PassOutcome { kSuccess, kRequeue, kRequeueAfter, kError, kTerminalError };

/// The state of the queue and the workers at the moment of a scrape.
struct QueueGauges {
  size_t depth = 0;
  size_t active_workers = 0;
  size_t workers_max = 0;
  Duration unfinished{};  ///< Sum over the passes under way.
  Duration longest_running{};
};

/// Any thread. Others may add families of their own to the registry.
class Metrics {
 public:
  explicit Metrics(std::string_view controller);
  ~Metrics();

  [[nodiscard]] prometheus::Registry& registry() { return *registry_; }
  /// The text of a scrape.
  [[nodiscard]] std::string text() const;

  void count_request(const transport::RequestReport& report);
  void count_add();
  void count_retry();
  void count_taken(Duration waited);
  void count_pass(PassOutcome outcome, Duration worked);
  void count_panic();
  void count_timeout();
  void set_queue(const QueueGauges& gauges);
  void set_leader(const std::string& lease, bool is_leader);
  void count_informer_failure(std::string_view plural, bool is_list);

 private:
  struct Families;

  std::shared_ptr<prometheus::Registry> registry_;
  std::string controller_;
  std::unique_ptr<Families> families_;
};

}  // namespace quorate::controller
