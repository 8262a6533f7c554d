// HttpSource: carries the questions of the http thread to the core loop.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>

#include "server/admin/admin_server.h"
#include "server/admin/status_source.h"
#include "server/app/member.h"

namespace quorate::app {

/// Posts every question to the loop; the member answers there.
class HttpSource final : public admin::StatusSource {
 public:
  HttpSource(boost::asio::io_context& loop, Member& member) : loop_(loop), member_(member) {}

  /// Whose counters go into the reports; null while there is none. Core loop only.
  void set_server(const admin::AdminServer* server) { server_ = server; }

  void ask_inputs(node::StatusDetail detail, std::function<void(report::Inputs)> answer) override;
  void apply(report::Effect effect, int64_t trace_mask) override;
  void ask_may_administer(std::string scheme, std::string payload, std::string address,
                          std::function<void(bool)> answer) override;
  void ask_snapshot(std::function<void(Result<admin::SnapshotFile>)> answer) override;
  void ask_reconfig(report::ReconfigOrder order,
                    std::function<void(admin::ReconfigAnswer)> answer) override;
  void ask_hand_over(std::optional<ServerId> target,
                     std::function<void(std::optional<admin::ChangeRefusal>)> answer) override;
  void ask_restore(admin::File file, std::function<void(Result<Zxid>)> answer) override;

 private:
  /// On the loader's thread.
  void load_and_restore(const admin::File& file, std::function<void(Result<Zxid>)> answer);

  boost::asio::io_context& loop_;
  Member& member_;
  const admin::AdminServer* server_ = nullptr;
  std::atomic<bool> restoring_ = false;  ///< From the upload to the answer.
  std::jthread loader_;  ///< Started on the http thread; the last one has ended then.
};

}  // namespace quorate::app
