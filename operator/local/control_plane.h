// The control plane as it runs: the world, its state on disk, its processes, its clock.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "operator/local/process_runner.h"
#include "operator/local/state_file.h"
#include "operator/local/world.h"
#include "server/base/result.h"

namespace quorate::local {

struct ControlPlaneOptions {
  std::string root;
  WorldOptions world;
  RunnerOptions runner;
};

/// Lives on one loop; every function is called from it.
class ControlPlane {
 public:
  /// Resumes or begins the state below `root`. Errors: the state cannot be read or written.
  [[nodiscard]] static Result<std::unique_ptr<ControlPlane>> start(boost::asio::io_context& loop,
                                                                   ControlPlaneOptions options);

  /// Serves a request; what it changed is on disk when it returns.
  [[nodiscard]] ApiResponse handle(const ApiRequest& request);

  /// Streams ask to be told when anything changes; the number ends it.
  using OnChange = std::function<void()>;
  uint64_t subscribe(OnChange on_change);
  void unsubscribe(uint64_t number) { subscribers_.erase(number); }

  /// Lets every process end, kills those that do not within `grace`, then calls `done`.
  void stop(std::chrono::seconds grace, std::function<void()> done);

  [[nodiscard]] const Store& store() const { return world_->store(); }
  [[nodiscard]] const PodFiles& files() const { return runner_->files(); }
  [[nodiscard]] WallMillis now() const;
  [[nodiscard]] bool is_served(const Kind& kind) const;
  [[nodiscard]] bool is_running(const ContainerId& id) const { return runner_->is_running(id); }

 private:
  ControlPlane(boost::asio::io_context& loop, ControlPlaneOptions options);
  void on_event(const RuntimeEvent& event);
  void after_change();
  void read_changes();
  void write_hosts();
  void notify();
  void arm_timer();
  void wait_for_end();

  boost::asio::io_context& loop_;
  ControlPlaneOptions options_;
  std::unique_ptr<World> world_;
  std::unique_ptr<StateFile> state_;
  std::unique_ptr<ProcessRunner> runner_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer end_timer_;
  std::chrono::steady_clock::time_point started_;
  int64_t started_wall_ms_ = 0;
  int64_t seen_revision_ = 0;
  bool hosts_changed_ = true;
  std::map<std::string, std::string> hosts_;
  std::map<uint64_t, OnChange> subscribers_;
  uint64_t next_subscriber_ = 0;
  bool is_notifying_ = false;
  bool is_stopping_ = false;
  std::chrono::steady_clock::time_point kill_at_;
  std::function<void()> on_stopped_;
};

}  // namespace quorate::local
