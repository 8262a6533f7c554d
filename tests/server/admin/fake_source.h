// A StatusSource that answers on a thread of its own, as the core loop does, or not at all.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/admin/status_source.h"
#include "server/config/config.h"

namespace quorate::admin::test {

/// Thread-safe. Set what it answers before the request; look at what was asked after the response.
class FakeSource final : public StatusSource {
 public:
  FakeSource();
  ~FakeSource();

  void ask_inputs(node::StatusDetail detail, std::function<void(report::Inputs)> answer) override;
  void apply(report::Effect effect, int64_t trace_mask) override;
  void ask_may_administer(std::string scheme, std::string payload, std::string address,
                          std::function<void(bool)> answer) override;
  void ask_snapshot(std::function<void(Result<SnapshotFile>)> answer) override;
  void ask_restore(File file, std::function<void(Result<Zxid>)> answer) override;
  void ask_reconfig(report::ReconfigOrder order,
                    std::function<void(ReconfigAnswer)> answer) override;
  void ask_hand_over(std::optional<ServerId> target,
                     std::function<void(std::optional<ChangeRefusal>)> answer) override;

  /// Changes the inputs of later answers.
  void edit(const std::function<void(report::Inputs&)>& change);
  /// From now on questions are kept and not answered; release() answers them all.
  void hold();
  void release();
  void set_snapshot(std::string bytes);
  void fail_snapshot(std::string reason);
  void fail_restore(std::string reason);
  /// From now on changes of the ensemble are refused like this.
  void refuse_changes(ChangeRefusal refusal);

  struct Effects {
    std::vector<report::Effect> applied;
    int64_t trace_mask = 0;
    std::vector<std::string> administrators;  ///< "scheme payload address".
    std::optional<std::string> restored;
    std::vector<report::ReconfigOrder> reconfigs;
    int hand_overs = 0;
    std::optional<ServerId> target;  ///< Of the last one.
  };
  [[nodiscard]] Effects effects() const;

  /// The one credential that may administer.
  static constexpr const char* kRoot = "root:secret";

 private:
  void post(std::function<void()> work);
  void run();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;
  bool held_ = false;
  std::vector<std::function<void()>> queue_;
  config::Config config_;
  report::Inputs inputs_;
  std::string snapshot_ = "ZKSN";
  std::string snapshot_failure_;
  std::string restore_failure_;
  std::optional<ChangeRefusal> refusal_;
  Effects effects_;
  std::thread thread_;
};

}  // namespace quorate::admin::test
