// One HTTPS connection to the API.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <string>

#include "operator/local/control_plane.h"

namespace quorate::local {

/// Serves the requests of a connection until it closes; it keeps itself alive.
void start_http_session(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls,
                        ControlPlane& plane, const std::string& token);

}  // namespace quorate::local
