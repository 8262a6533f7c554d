// Requests to the HTTP port, from their first byte: Beast's parser, our routes, our answers.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/beast/http.hpp>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "server/admin/command_handler.h"
#include "server/admin/credentials.h"
#include "server/log/log.h"
#include "tests/fuzz/fuzz.h"
#include "tests/server/report/sample.h"

namespace quorate::fuzz {
namespace {

namespace http = boost::beast::http;

// Answers at once; the digest credential that may administer is "root".
class Source final : public admin::StatusSource {
 public:
  void ask_inputs(node::StatusDetail, std::function<void(report::Inputs)> answer) override {
    static const auto* config = new config::Config(report::sample_config());
    answer(report::sample_inputs(*config));
  }
  void apply(report::Effect, int64_t) override {}
  void ask_may_administer(std::string scheme, std::string payload, std::string,
                          std::function<void(bool)> answer) override {
    answer(scheme == "digest" && payload == "root");
  }
  void ask_snapshot(std::function<void(Result<admin::SnapshotFile>)> answer) override {
    ++privileged_count;
    answer(Error{ErrorKind::kIo, "no disk"});
  }
  void ask_reconfig(report::ReconfigOrder,
                    std::function<void(admin::ReconfigAnswer)> answer) override {
    ++privileged_count;
    answer(admin::ChangeRefusal{.error = "NotLeader", .reason = "standalone"});
  }
  void ask_hand_over(std::optional<ServerId>,
                     std::function<void(std::optional<admin::ChangeRefusal>)> answer) override {
    ++privileged_count;
    answer(std::nullopt);
  }
  void ask_restore(admin::File, std::function<void(Result<Zxid>)> answer) override {
    ++privileged_count;
    answer(Error{ErrorKind::kCorrupt, "no snapshot"});
  }

  int privileged_count = 0;
};

class Exchange final : public admin::HttpExchange {
 public:
  explicit Exchange(admin::HttpRequest request) : request_(std::move(request)) {}

  [[nodiscard]] const admin::HttpRequest& request() const override { return request_; }
  void respond(admin::HttpResponse response) override {
    FUZZ_CHECK(!answer.has_value());
    answer = std::move(response);
  }
  // What becomes of the upload is up to the input: its query's length picks the outcome.
  void receive_body(std::string, int64_t, std::function<void(admin::ReceivedBody)> done) override {
    constexpr size_t kOutcomes = 3;
    done({.outcome = static_cast<admin::ReceivedBody::Outcome>(request_.query.size() % kOutcomes),
          .bytes = static_cast<int64_t>(request_.query.size() / kOutcomes),
          .error = "no disk"});
  }

  std::optional<admin::HttpResponse> answer;

 private:
  admin::HttpRequest request_;
};

bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

// Lines are made, with whatever a client wrote into them, but not kept.
class NoSink final : public log::Sink {
 public:
  void write(std::string_view line, bool) override { FUZZ_CHECK(is_one_line(line)); }
  void flush() override {}
  [[nodiscard]] uint64_t lost_count() const override { return 0; }
};

void log_to_nowhere() {
  static const log::Logger* const logger = [] {
    auto* made = new log::Logger(std::make_unique<NoSink>(), log::Format::kText, log::Level::kInfo);
    log::install(made);
    return made;
  }();
  (void)logger;
}

// As the server reads a head; nothing if it is malformed, incomplete or too long.
std::optional<admin::HttpRequest> parse(std::string_view bytes) {
  http::request_parser<http::empty_body> parser;
  parser.header_limit(static_cast<uint32_t>(admin::HttpLimits().header_bytes_max));
  parser.body_limit(std::numeric_limits<uint64_t>::max());
  parser.eager(false);
  boost::system::error_code error;
  size_t at = 0;
  while (!parser.is_header_done() && at < bytes.size()) {
    const size_t used =
        parser.put(boost::asio::buffer(bytes.data() + at, bytes.size() - at), error);
    if (error || used == 0) {
      return std::nullopt;
    }
    at += used;
  }
  if (!parser.is_header_done()) {
    return std::nullopt;
  }
  const auto& message = parser.get();
  const auto text = [](boost::beast::string_view view) {
    return std::string(view.data(), view.size());
  };
  admin::HttpRequest request;
  request.method = text(message.method_string());
  request.path = text(message.target());
  if (const size_t mark = request.path.find('?'); mark != std::string::npos) {
    request.query = request.path.substr(mark + 1);
    request.path.resize(mark);
  }
  request.authorization = text(message[http::field::authorization]);
  request.remote_address = "127.0.0.1";
  request.has_body = !parser.is_done();
  return request;
}

void check_answer(const admin::HttpRequest& request, const admin::HttpResponse& answer) {
  constexpr unsigned kStatuses[] = {200, 400, 401, 403, 404, 405, 409, 411, 413, 429, 500, 503};
  FUZZ_CHECK(std::ranges::find(kStatuses, answer.status) != std::end(kStatuses));
  FUZZ_CHECK(is_one_line(answer.content_type));
  for (const auto& [name, value] : answer.headers) {
    FUZZ_CHECK(is_one_line(name) && is_one_line(value));
  }
  if (answer.content_type.starts_with("application/json")) {
    FUZZ_CHECK(nlohmann::json::accept(answer.body));
  }
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  FUZZ_CHECK(is_read || request.method == "POST" || answer.status >= 400);
}

void check_request(const admin::HttpRequest& request) {
  boost::asio::io_context loop;
  Source source;
  admin::Counters counters;
  admin::AdminOptions options;
  options.rate_limit_interval = Duration(0);
  const auto mailbox = std::make_shared<admin::Mailbox>(loop);
  admin::CommandHandler handler({loop, mailbox}, options, source, counters);
  const auto exchange = std::make_shared<Exchange>(request);
  handler.on_request(exchange);
  loop.poll();
  FUZZ_CHECK(exchange->answer.has_value());
  check_answer(request, *exchange->answer);

  // No token is configured: only the credential of "root" opens what changes something.
  const auto credentials = admin::parse_authorization(request.authorization);
  const bool may =
      credentials && credentials->scheme == "digest" && credentials->payload.reveal() == "root";
  FUZZ_CHECK(source.privileged_count == 0 || may);
  mailbox->close();
}

}  // namespace

std::vector<std::string> seeds() {
  std::vector<std::string> inputs;
  for (const std::string target :
       {"/commands", "/commands/", "/commands/stat", "/commands/mntr?x=1", "/commands/conf",
        "/commands/set_trace_mask?traceMask=3", "/commands/unknown", "/livez", "/readyz",
        "/v1/status", "/", "/commands/../livez", "/commands/%73tat"}) {
    inputs.push_back("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  inputs.emplace_back(
      "GET /commands/snapshot?streaming=true HTTP/1.1\r\nAuthorization: digest root\r\n\r\n");
  inputs.emplace_back(
      "POST /commands/restore HTTP/1.1\r\nAuthorization: digest root\r\n"
      "Content-Length: 5\r\n\r\nhello");
  inputs.emplace_back("HEAD /livez HTTP/1.0\r\nAuthorization: Bearer token\r\n\r\n");
  return inputs;
}

}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace quorate;
  fuzz::log_to_nowhere();
  if (const auto request = fuzz::parse(fuzz::as_view(data, size))) {
    fuzz::check_request(*request);
  }
  return 0;
}
