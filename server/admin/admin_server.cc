// The http thread.
#include "server/admin/admin_server.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>
#include <utility>

#include "server/admin/command_handler.h"
#include "server/admin/counters.h"
#include "server/admin/credentials.h"
#include "server/admin/http_server.h"
#include "server/admin/metrics_handler.h"
#include "server/log/log.h"

namespace quorate::admin {

class AdminServer::Impl {
 public:
  Impl(AdminOptions options, StatusSource& source)
      : options_(std::move(options)),
        mailbox_(std::make_shared<Mailbox>(loop_)),
        work_(boost::asio::make_work_guard(loop_)),
        command_handler_({loop_, mailbox_}, options_, source, counters_),
        metrics_handler_({loop_, mailbox_}, options_, source, counters_),
        command_server_(loop_, command_handler_, options_.limits),
        metrics_server_(loop_, metrics_handler_, options_.limits) {}

  ~Impl() {
    mailbox_->close();
    loop_.stop();
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Status start() {
    if (options_.commands) {
      auto bound = command_server_.listen(*options_.commands);
      if (!bound) {
        return bound.error();
      }
      command_address_ = *std::move(bound);
    }
    if (options_.metrics) {
      auto bound = metrics_server_.listen(*options_.metrics);
      if (!bound) {
        return bound.error();
      }
      metrics_address_ = *std::move(bound);
    }
    if (!options_.token_file.empty() && !TokenFile(options_.token_file).is_usable()) {
      log::warn("admin_token_unusable", {{"file", options_.token_file},
                                         {"action",
                                          "commands that need it are refused until "
                                          "the file holds a token"}});
    }
    thread_ = std::thread([this] { loop_.run(); });
    return {};
  }

  [[nodiscard]] const std::optional<net::BoundAddress>& command_address() const {
    return command_address_;
  }
  [[nodiscard]] const std::optional<net::BoundAddress>& metrics_address() const {
    return metrics_address_;
  }
  [[nodiscard]] report::AdminFacts facts() const { return counters_.facts(); }

 private:
  const AdminOptions options_;
  Counters counters_;
  boost::asio::io_context loop_{1};
  const std::shared_ptr<Mailbox> mailbox_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  CommandHandler command_handler_;
  MetricsHandler metrics_handler_;
  HttpServer command_server_;
  HttpServer metrics_server_;
  std::optional<net::BoundAddress> command_address_;
  std::optional<net::BoundAddress> metrics_address_;
  std::thread thread_;
};

AdminServer::AdminServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

AdminServer::~AdminServer() = default;

Result<std::unique_ptr<AdminServer>> AdminServer::start(AdminOptions options,
                                                        StatusSource& source) {
  auto impl = std::make_unique<Impl>(std::move(options), source);
  const Status started = impl->start();
  if (!started) {
    return started.error();
  }
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

std::optional<net::BoundAddress> AdminServer::command_address() const {
  return impl_->command_address();
}

std::optional<net::BoundAddress> AdminServer::metrics_address() const {
  return impl_->metrics_address();
}

report::AdminFacts AdminServer::facts() const { return impl_->facts(); }

}  // namespace quorate::admin
