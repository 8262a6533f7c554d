// Who may take which route, and the two commands that move whole databases.
#include <utility>

#include "server/admin/clock.h"
#include "server/admin/command_handler.h"
#include "server/admin/responses.h"
#include "server/log/log.h"
#include "server/report/text.h"

namespace quorate::admin {

namespace {

constexpr std::string_view kSnapshot = "snapshot";
constexpr std::string_view kRestore = "restore";

// Schemes whose payload stands in a header; a certificate is shown elsewhere.
bool is_header_scheme(const std::string& scheme) { return scheme == "digest" || scheme == "ip"; }

bool wants_stream(std::string_view query) { return query.find("streaming=false") == query.npos; }

}  // namespace

void CommandHandler::authorize(const ExchangePointer& exchange, std::string_view command,
                               report::Access access, Next next) {
  if (access == report::Access::kOpen) {
    next(exchange);
    return;
  }
  const HttpRequest& request = exchange->request();
  if (failures_.is_blocked(request.remote_address, monotonic_now())) {
    deny(exchange, 429, command, "Too many failed authentications", false);
    return;
  }
  if (request.authorization.empty()) {
    deny(exchange, 401, command, "Auth info is missing for the command", false);
    return;
  }
  const auto credentials = parse_authorization(request.authorization);
  if (!credentials) {
    deny(exchange, 401, command, "Not authenticated", true);
  } else if (credentials->scheme == "bearer") {
    check_token(exchange, command, credentials->payload, next);
  } else if (access == report::Access::kTokenOrRoot && is_header_scheme(credentials->scheme)) {
    check_root(exchange, command, *credentials, std::move(next));
  } else {
    deny(exchange, 401, command, "Not authenticated", true);
  }
}

void CommandHandler::check_token(const ExchangePointer& exchange, std::string_view command,
                                 const Secret& token, const Next& next) {
  if (!token_.is_configured()) {
    deny(exchange, 403, command, "No token is configured (admin.tokenFile)", false);
  } else if (token_.matches(token)) {
    next(exchange);
  } else {
    deny(exchange, 403, command, "Not authorized", true);
  }
}

void CommandHandler::check_root(const ExchangePointer& exchange, std::string_view command,
                                const Credentials& credentials, Next next) {
  // Commands' names live as long as the program.
  auto answer = ask<bool>(
      context_, exchange, options_.answer_timeout,
      [this, command, next = std::move(next)](const ExchangePointer& asked, bool allowed) {
        if (allowed) {
          next(asked);
        } else {
          deny(asked, 403, command, "Not authorized", true);
        }
      },
      [](const ExchangePointer& asked) {
        asked->respond(text_response(503, "the member's core loop does not answer\n"));
      });
  source_.ask_may_administer(credentials.scheme, credentials.payload.reveal(),
                             exchange->request().remote_address, std::move(answer));
}

void CommandHandler::deny(const ExchangePointer& exchange, unsigned status,
                          std::string_view command, const std::string& error,
                          bool counts_as_failure) {
  const std::string& address = exchange->request().remote_address;
  if (counts_as_failure) {
    failures_.record(address, monotonic_now());
  }
  log::warn("admin_denied",
            {{"command", command}, {"address", address}, {"status", status}, {"reason", error}});
  HttpResponse response = json_response(status, report::command_error(command, error));
  if (status == 401) {
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
  }
  refuse(exchange, std::move(response));
}

void CommandHandler::snapshot(const ExchangePointer& exchange) {
  if (!options_.snapshot_enabled) {
    refuse(exchange, command_response(503, kSnapshot, "Snapshot command is disabled"));
    return;
  }
  if (!snapshot_limit_.admit(monotonic_now())) {
    ++counters_.snapshot_rate_limited;
    refuse(exchange, command_response(429, kSnapshot, "Snapshot request was rate limited"));
    return;
  }
  auto answer = ask<Result<SnapshotFile>>(
      context_, exchange, options_.snapshot_timeout,
      [this](const ExchangePointer& asked, Result<SnapshotFile> taken) {
        if (!taken) {
          ++counters_.snapshot_errors;
          asked->respond(command_response(500, kSnapshot, taken.error().message));
          return;
        }
        HttpResponse response = command_response(200, kSnapshot, "");
        response.headers = {{"last_zxid", "0x" + report::hex(taken->last_zxid.value)},
                            {"snapshot_size", std::to_string(taken->bytes)}};
        if (wants_stream(asked->request().query)) {
          response.content_type = "application/octet-stream";
          response.file_bytes = taken->bytes;
          response.file = std::move(taken->file);
        }
        asked->respond(std::move(response));
      },
      [this](const ExchangePointer& asked) {
        ++counters_.snapshot_errors;
        asked->respond(command_response(500, kSnapshot, "the snapshot takes too long"));
      });
  source_.ask_snapshot(std::move(answer));
}

void CommandHandler::restore(const ExchangePointer& exchange) {
  if (!options_.restore_enabled) {
    refuse(exchange, command_response(503, kRestore, "Restore command is disabled"));
    return;
  }
  if (!exchange->request().has_body) {
    refuse(exchange, command_response(400, kRestore, "The request's body is empty"));
    return;
  }
  if (!restore_limit_.admit(monotonic_now())) {
    ++counters_.restore_rate_limited;
    refuse(exchange, command_response(429, kRestore, "Restore request was rate limited"));
    return;
  }
  exchange->receive_body(options_.spool_directory, options_.restore_bytes_max,
                         [this, held = std::weak_ptr<HttpExchange>(exchange)](ReceivedBody body) {
                           if (const ExchangePointer asked = held.lock()) {
                             restore_from(asked, std::move(body));
                           }
                         });
}

void CommandHandler::restore_from(const ExchangePointer& exchange, ReceivedBody body) {
  if (body.outcome == ReceivedBody::Outcome::kTooLarge) {
    ++counters_.restore_errors;
    refuse(exchange, command_response(413, kRestore, "The snapshot is too large"));
    return;
  }
  if (body.outcome == ReceivedBody::Outcome::kFailed) {
    ++counters_.restore_errors;
    exchange->respond(command_response(500, kRestore, body.error));
    return;
  }
  if (body.bytes == 0) {
    refuse(exchange, command_response(400, kRestore, "The request's body is empty"));
    return;
  }
  auto answer = ask<Result<Zxid>>(
      context_, exchange, options_.snapshot_timeout,
      [this](const ExchangePointer& asked, Result<Zxid> restored) {
        if (restored) {
          asked->respond(json_response(200, report::restore_body(*restored)));
          return;
        }
        ++counters_.restore_errors;
        asked->respond(command_response(500, kRestore, restored.error().message));
      },
      [this](const ExchangePointer& asked) {
        ++counters_.restore_errors;
        asked->respond(command_response(500, kRestore, "the restore takes too long"));
      });
  source_.ask_restore(std::move(body.file), std::move(answer));
}

}  // namespace quorate::admin
