// HTTP and TCP probes of containers.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <string>

#include "operator/local/pod_runtime.h"

namespace quorate::local {

/// Runs a probe with its deadline; `done` is called once, from the loop.
void run_network_probe(boost::asio::io_context& loop, const RunProbe& probe,
                       std::function<void(bool is_ok, const std::string& message)> done);

}  // namespace quorate::local
