// Routing, commands and probes.
#include "server/admin/command_handler.h"

#include <utility>

#include "server/admin/responses.h"
#include "server/log/log.h"
#include "server/report/health.h"

namespace quorate::admin {

namespace {

/// The name, which lives as long as the program; empty if the path is none of a change.
std::string_view find_change(std::string_view path) {
  constexpr std::string_view kPrefix = "/v1/";
  for (const std::string_view name : {"reconfig", "transfer-leadership", "snapshot", "formed"}) {
    if (path.starts_with(kPrefix) && path.substr(kPrefix.size()) == name) {
      return name;
    }
  }
  return {};
}

}  // namespace

CommandHandler::CommandHandler(AskContext context, const AdminOptions& options,
                               StatusSource& source, Counters& counters)
    : context_(std::move(context)),
      options_(options),
      source_(source),
      counters_(counters),
      token_(options.token_file),
      snapshot_limit_(options.rate_limit_interval),
      restore_limit_(options.rate_limit_interval) {}

void CommandHandler::on_refused() { ++counters_.requests_refused; }

void CommandHandler::on_request(const ExchangePointer& exchange) {
  ++counters_.requests;
  const HttpRequest& request = exchange->request();
  const std::string& path = request.path;
  const std::string& prefix = options_.command_path;
  if (path.starts_with(prefix + "/") && path.size() > prefix.size() + 1) {
    on_command(exchange, std::string_view(path).substr(prefix.size() + 1));
    return;
  }
  if (const std::string_view change = find_change(path); !change.empty()) {
    on_change(exchange, change);
    return;
  }
  const bool is_list = path == prefix || path == prefix + "/";
  const bool is_known = is_list || path == "/livez" || path == "/readyz" || path == "/v1/status";
  if (!is_known) {
    refuse(exchange, text_response(404, "not found\n"));
  } else if (!is_read(request)) {
    refuse_method(exchange, "GET, HEAD");
  } else if (is_list) {
    exchange->respond(html_response(report::command_list_html(prefix)));
  } else if (path == "/livez") {
    on_live(exchange);
  } else if (path == "/readyz") {
    on_ready(exchange);
  } else {
    on_status(exchange);
  }
}

void CommandHandler::on_live(const ExchangePointer& exchange) {
  with_inputs(exchange, {}, [](const ExchangePointer& asked, const report::Inputs&) {
    asked->respond(text_response(200, "ok\n"));
  });
}

void CommandHandler::on_ready(const ExchangePointer& exchange) {
  with_inputs(exchange, {}, [](const ExchangePointer& asked, const report::Inputs& inputs) {
    const report::Health health = report::readiness(inputs);
    asked->respond(text_response(health.ok ? 200 : 503, health.text + "\n"));
  });
}

void CommandHandler::on_status(const ExchangePointer& exchange) {
  authorize(exchange, "status", report::Access::kToken, [this](const ExchangePointer& allowed) {
    with_inputs(allowed, {}, [](const ExchangePointer& asked, const report::Inputs& inputs) {
      asked->respond(json_response(200, report::status_body(inputs)));
    });
  });
}

void CommandHandler::on_command(const ExchangePointer& exchange, std::string_view name) {
  const HttpRequest& request = exchange->request();
  const report::Command* command = report::find_command(name);
  if (command == nullptr) {
    if (!is_read(request) && request.method != "POST") {
      refuse_method(exchange, "GET, HEAD, POST");
      return;
    }
    const std::string error = "Unknown command: " + std::string(name);
    exchange->respond(json_response(200, report::command_error(name, error)));
    return;
  }
  const bool fits = command->is_post ? request.method == "POST" : is_read(request);
  if (!fits) {
    refuse_method(exchange, command->is_post ? "POST" : "GET, HEAD");
    return;
  }
  authorize(exchange, command->name, command->access,
            [this, command](const ExchangePointer& allowed) { run(allowed, *command); });
}

void CommandHandler::run(const ExchangePointer& exchange, const report::Command& command) {
  if (command.access != report::Access::kOpen) {
    log::info("admin_command",
              {{"command", command.name}, {"address", exchange->request().remote_address}});
  }
  switch (command.producer) {
    case report::Producer::kReport:
      report(exchange, command);
      break;
    case report::Producer::kSnapshot:
      snapshot(exchange);
      break;
    case report::Producer::kRestore:
      restore(exchange);
      break;
  }
}

void CommandHandler::report(const ExchangePointer& exchange, const report::Command& command) {
  with_inputs(exchange, command.detail,
              [this, &command](const ExchangePointer& asked, const report::Inputs& inputs) {
                report::CommandAnswer answer =
                    report::run_command(command, asked->request().query, inputs);
                if (answer.effect != report::Effect::kNone) {
                  source_.apply(answer.effect, answer.trace_mask);
                }
                asked->respond(json_response(200, std::move(answer.body)));
              });
}

void CommandHandler::with_inputs(const ExchangePointer& exchange, node::StatusDetail detail,
                                 UseInputs use) {
  auto answer = ask<report::Inputs>(
      context_, exchange, options_.answer_timeout,
      [use = std::move(use)](const ExchangePointer& asked, const report::Inputs& inputs) {
        use(asked, inputs);
      },
      [](const ExchangePointer& asked) {
        asked->respond(text_response(503, "the member's core loop does not answer\n"));
      });
  source_.ask_inputs(detail, std::move(answer));
}

void CommandHandler::refuse(const ExchangePointer& exchange, HttpResponse response) {
  ++counters_.requests_refused;
  exchange->respond(std::move(response));
}

void CommandHandler::refuse_method(const ExchangePointer& exchange, const char* allowed) {
  HttpResponse response = text_response(405, "method not allowed\n");
  response.headers.emplace_back("Allow", allowed);
  refuse(exchange, std::move(response));
}

}  // namespace quorate::admin
