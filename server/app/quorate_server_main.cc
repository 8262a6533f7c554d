// quorate-server FILE: runs one member in the foreground until SIGTERM or SIGINT.
#include <cstdio>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "server/app/member.h"
#include "server/app/service.h"
#include "server/app/startup.h"
#include "server/log/logger.h"

namespace {

using quorate::app::ExitCode;

int serve(quorate::app::Member::Parts parts) {
  boost::asio::io_context loop(1);
  auto service = quorate::app::Service::start(loop, std::move(parts));
  if (!service) {
    quorate::log::error("PANIC_start", {{"reason", service.error().message}});
    return static_cast<int>(quorate::app::exit_code_of(service.error()));
  }
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) {
      (*service)->stop([&] { loop.stop(); });
    }
  });
  loop.run();
  service->reset();
  quorate::log::info("stopped", {});
  quorate::log::flush();
  return static_cast<int>(ExitCode::kOk);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  auto loaded = quorate::app::load_config(arguments);
  if (const auto* refusal = std::get_if<quorate::app::Refusal>(&loaded)) {
    return static_cast<int>(refusal->code);
  }
  auto parts = quorate::app::prepare(std::move(std::get<quorate::app::LoadedConfig>(loaded)));
  if (const auto* refusal = std::get_if<quorate::app::Refusal>(&parts)) {
    return static_cast<int>(refusal->code);
  }
  return serve(std::move(std::get<quorate::app::Member::Parts>(parts)));
}
