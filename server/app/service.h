// Service: a member together with its HTTP ports.
#pragma once

#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>

#include "server/admin/admin_server.h"
#include "server/app/http_source.h"
#include "server/app/member.h"
#include "server/base/result.h"

namespace quorate::app {

class Service {
 public:
  /// Starts the member, binds every port and says so in the log. The io_context must not run yet.
  static Result<std::unique_ptr<Service>> start(boost::asio::io_context& loop, Member::Parts parts);
  ~Service();

  /// Stops gracefully, then calls `done` on the loop.
  void stop(std::function<void()> done);

 private:
  Service(boost::asio::io_context& loop, std::unique_ptr<Member> member);
  Status start_http();

  std::unique_ptr<Member> member_;
  HttpSource source_;
  std::unique_ptr<admin::AdminServer> http_;  ///< Null when both ports are off.
};

}  // namespace quorate::app
