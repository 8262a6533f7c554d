// CommandHandler: routes of the admin port, and who may take them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/admin/asker.h"
#include "server/admin/counters.h"
#include "server/admin/credentials.h"
#include "server/admin/http.h"
#include "server/admin/limits.h"
#include "server/admin/options.h"
#include "server/admin/status_source.h"
#include "server/report/changes.h"
#include "server/report/commands.h"

namespace quorate::admin {

/// Lives and is called on the http thread.
class CommandHandler final : public HttpHandler {
 public:
  CommandHandler(AskContext context, const AdminOptions& options, StatusSource& source,
                 Counters& counters);

  void on_request(const ExchangePointer& exchange) override;
  void on_refused() override;

 private:
  using UseInputs = std::function<void(const ExchangePointer&, const report::Inputs&)>;
  using Next = std::function<void(const ExchangePointer&)>;
  using TakeOrder = std::function<void(const ExchangePointer&, const std::string& body)>;

  void on_live(const ExchangePointer& exchange);
  void on_ready(const ExchangePointer& exchange);
  void on_status(const ExchangePointer& exchange);
  void on_command(const ExchangePointer& exchange, std::string_view name);
  // changes.cc
  void on_change(const ExchangePointer& exchange, std::string_view name);
  void receive_order(const ExchangePointer& exchange, TakeOrder take);
  void refuse_order(const ExchangePointer& exchange, std::string_view reason);
  void receive_reconfig(const ExchangePointer& exchange);
  void receive_transfer(const ExchangePointer& exchange);
  void reconfigure(const ExchangePointer& exchange, report::ReconfigOrder order);
  void transfer_leadership(const ExchangePointer& exchange, std::optional<ServerId> target);
  void take_snapshot(const ExchangePointer& exchange);
  void run(const ExchangePointer& exchange, const report::Command& command);
  void report(const ExchangePointer& exchange, const report::Command& command);
  void snapshot(const ExchangePointer& exchange);
  void restore(const ExchangePointer& exchange);
  void restore_from(const ExchangePointer& exchange, ReceivedBody body);

  /// Calls `next` if the caller proves what `access` asks for; else answers 401, 403 or 429.
  void authorize(const ExchangePointer& exchange, std::string_view command, report::Access access,
                 Next next);
  void check_token(const ExchangePointer& exchange, std::string_view command, const Secret& token,
                   const Next& next);
  void check_root(const ExchangePointer& exchange, std::string_view command,
                  const Credentials& credentials, Next next);
  void deny(const ExchangePointer& exchange, unsigned status, std::string_view command,
            const std::string& error, bool counts_as_failure);
  void refuse(const ExchangePointer& exchange, HttpResponse response);

  void with_inputs(const ExchangePointer& exchange, node::StatusDetail detail, UseInputs use);
  void refuse_method(const ExchangePointer& exchange, const char* allowed);

  const AskContext context_;
  const AdminOptions& options_;
  StatusSource& source_;
  Counters& counters_;
  TokenFile token_;
  IntervalLimit snapshot_limit_;
  IntervalLimit restore_limit_;
  FailureLimit failures_;
};

}  // namespace quorate::admin
