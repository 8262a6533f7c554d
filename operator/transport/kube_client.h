// KubeClient: one request after the other, for code that waits for its answers.
#pragma once

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/api_error.h"
#include "operator/kube/request.h"
#include "operator/transport/http_transport.h"
#include "operator/transport/write_gate.h"
#include "server/base/time.h"

namespace quorate::transport {

/// What bounds a call: it ends at `deadline` (kTimeout) or when stopped (kCancelled), whatever the
/// server does.
struct CallScope {
  TimePoint deadline;
  std::stop_token stop;
};

/// Sends a request and waits. Any thread but the transport's.
///
/// - What changes anything is refused (kDenied) while the gate is shut.
/// - What failed is sent again by kube::RetryRule, as often as the deadline allows.
class KubeClient {
 public:
  KubeClient(HttpTransport& transport, const WriteGate& gate)
      : transport_(transport), gate_(gate) {}

  [[nodiscard]] kube::ApiResult<nlohmann::json> send(const kube::Request& request,
                                                     const CallScope& scope);
  /// Whether the gate is open.
  [[nodiscard]] bool may_write() const { return gate_.is_open(); }

 private:
  [[nodiscard]] kube::ApiResult<nlohmann::json> send_once(const kube::Request& request,
                                                          const CallScope& scope);

  HttpTransport& transport_;
  const WriteGate& gate_;
};

/// Every object of a list, page by page, from the newest state.
[[nodiscard]] kube::ApiResult<std::vector<nlohmann::json>> list_all(
    KubeClient& client, const kube::ResourceKind& kind, std::string_view space,
    const std::string& label_selector, const CallScope& scope);

}  // namespace quorate::transport
