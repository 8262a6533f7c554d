// HttpTransport: requests to one API server, without a word of the library that sends them.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "operator/kube/request.h"
#include "operator/kube/response.h"

namespace quorate::transport {

/// Which connections a request uses. They do not wait for each other: a flood of reads does not
/// delay the lease.
enum class Lane { kVerbs, kWatches, kLease };

/// Names a call of one transport; never used twice.
using CallId = uint64_t;

/// What a caller wants to hear. Both run on a thread of the transport, one call's never at the same
/// time, never inside start() or cancel(). They may start and cancel calls, and must not block.
struct CallHandlers {
  /// When set, the body of a 2xx answer comes in pieces as it arrives and not in the response.
  std::function<void(std::string_view)> on_bytes = {};
  /// Once, in the end: the answer whatever its code, or why there is none (kUnreachable, kTimeout,
  /// kCancelled, kDenied for credentials that cannot be had, kMalformed for a body too large).
  std::function<void(kube::ApiResult<kube::Response>)> on_done;
};

/// Sends requests with the credentials of its API server. Any thread may call it.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  virtual CallId start(Lane lane, kube::Request request, CallHandlers handlers) = 0;
  /// Ends a call soon with kCancelled; nothing if it has ended.
  virtual void cancel(CallId id) = 0;
};

}  // namespace quorate::transport
