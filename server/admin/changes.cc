// POST /v1/reconfig, /v1/formed, /v1/transfer-leadership and /v1/snapshot: what the operator
// orders.
#include <string>
#include <utility>

#include "server/admin/command_handler.h"
#include "server/admin/responses.h"
#include "server/log/log.h"
#include "server/report/changes.h"
#include "server/report/text.h"

namespace quorate::admin {
namespace {

constexpr int64_t kOrderBytesMax = int64_t{1} << 20;

/// The whole body, which stands at its front. Shorter if the disk does not give it back.
std::string read_text(File& file, int64_t bytes) {
  std::string text(static_cast<size_t>(bytes), '\0');
  size_t filled = 0;
  while (filled < text.size()) {
    const Result<size_t> read = file.read(text.data() + filled, text.size() - filled);
    if (!read || *read == 0) {
      break;
    }
    filled += *read;
  }
  text.resize(filled);
  return text;
}

HttpResponse refusal_response(const ChangeRefusal& refusal) {
  const unsigned status = refusal.kind == ChangeRefusal::Kind::kInvalid ? 400
                          : refusal.kind == ChangeRefusal::Kind::kLate  ? 503
                                                                        : 409;
  return json_response(status, report::refusal_body(refusal.error, refusal.reason, refusal.leader));
}

}  // namespace

void CommandHandler::on_change(const ExchangePointer& exchange, std::string_view name) {
  if (exchange->request().method != "POST") {
    refuse_method(exchange, "POST");
    return;
  }
  authorize(exchange, name, report::Access::kToken, [this, name](const ExchangePointer& allowed) {
    log::info("admin_change", {{"change", name}, {"address", allowed->request().remote_address}});
    if (name == "reconfig") {
      receive_reconfig(allowed);
    } else if (name == "formed") {
      reconfigure(allowed, report::ReconfigOrder{.forms = true});
    } else if (name == "snapshot") {
      take_snapshot(allowed);
    } else {
      receive_transfer(allowed);
    }
  });
}

/// Hands the body to `take`; one that cannot be read is refused.
void CommandHandler::receive_order(const ExchangePointer& exchange, TakeOrder take) {
  exchange->receive_body(options_.spool_directory, kOrderBytesMax,
                         [this, held = std::weak_ptr<HttpExchange>(exchange),
                          take = std::move(take)](ReceivedBody body) {
                           const ExchangePointer asked = held.lock();
                           if (!asked) {
                             return;
                           }
                           if (body.outcome != ReceivedBody::Outcome::kReceived) {
                             refuse_order(asked, body.error);
                             return;
                           }
                           take(asked, read_text(body.file, body.bytes));
                         });
}

void CommandHandler::refuse_order(const ExchangePointer& exchange, std::string_view reason) {
  refuse(exchange, json_response(400, report::refusal_body("BadBody", reason)));
}

void CommandHandler::receive_reconfig(const ExchangePointer& exchange) {
  if (!exchange->request().has_body) {
    refuse_order(exchange, "the body is empty");
    return;
  }
  receive_order(exchange, [this](const ExchangePointer& asked, const std::string& body) {
    Result<report::ReconfigOrder> order = report::parse_reconfig_order(body);
    if (!order) {
      refuse_order(asked, order.error().message);
      return;
    }
    reconfigure(asked, std::move(*order));
  });
}

/// Without a body the leader chooses.
void CommandHandler::receive_transfer(const ExchangePointer& exchange) {
  if (!exchange->request().has_body) {
    transfer_leadership(exchange, std::nullopt);
    return;
  }
  receive_order(exchange, [this](const ExchangePointer& asked, const std::string& body) {
    const Result<std::optional<ServerId>> target = report::parse_transfer_order(body);
    if (!target) {
      refuse_order(asked, target.error().message);
      return;
    }
    transfer_leadership(asked, *target);
  });
}

void CommandHandler::reconfigure(const ExchangePointer& exchange, report::ReconfigOrder order) {
  auto answer = ask<ReconfigAnswer>(
      context_, exchange, options_.change_timeout,
      [](const ExchangePointer& asked, const ReconfigAnswer& outcome) {
        if (const auto* const refusal = std::get_if<ChangeRefusal>(&outcome)) {
          asked->respond(refusal_response(*refusal));
        } else {
          asked->respond(
              json_response(200, report::reconfigured_body(std::get<ConfigVersion>(outcome))));
        }
      },
      [](const ExchangePointer& asked) {
        asked->respond(json_response(
            503, report::refusal_body("Timeout", "not committed in time; ask for the status")));
      });
  source_.ask_reconfig(std::move(order), std::move(answer));
}

void CommandHandler::transfer_leadership(const ExchangePointer& exchange,
                                         std::optional<ServerId> target) {
  auto answer = ask<std::optional<ChangeRefusal>>(
      context_, exchange, options_.answer_timeout,
      [](const ExchangePointer& asked, const std::optional<ChangeRefusal>& refusal) {
        asked->respond(refusal ? refusal_response(*refusal) : json_response(202, "{}"));
      },
      [](const ExchangePointer& asked) {
        asked->respond(text_response(503, "the member's core loop does not answer\n"));
      });
  source_.ask_hand_over(target, std::move(answer));
}

void CommandHandler::take_snapshot(const ExchangePointer& exchange) {
  auto answer = ask<Result<SnapshotFile>>(
      context_, exchange, options_.snapshot_timeout,
      [](const ExchangePointer& asked, const Result<SnapshotFile>& taken) {
        asked->respond(taken ? json_response(200, report::snapshot_taken_body(taken->last_zxid))
                             : json_response(500, report::refusal_body("SnapshotFailed",
                                                                       taken.error().message)));
      },
      [](const ExchangePointer& asked) {
        asked->respond(
            json_response(503, report::refusal_body("Timeout", "the snapshot takes too long")));
      });
  source_.ask_snapshot(std::move(answer));
}

}  // namespace quorate::admin
