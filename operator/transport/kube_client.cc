// Waiting for answers, and patience with a busy server.
#include "operator/transport/kube_client.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "operator/kube/response.h"
#include "operator/kube/retry.h"
#include "operator/transport/meeting.h"

namespace quorate::transport {

namespace {

using kube::ApiError;
using kube::ApiErrorKind;

/// Sleeps; false: stopped, or the deadline comes first.
bool pause(Duration delay, const CallScope& scope) {
  if (monotonic_now() + delay >= scope.deadline) {
    return false;
  }
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, scope.stop, delay, [] { return false; });
  return !scope.stop.stop_requested();
}

}  // namespace

kube::ApiResult<nlohmann::json> KubeClient::send(const kube::Request& request,
                                                 const CallScope& scope) {
  kube::RetryRule retry(request);
  while (true) {
    auto result = send_once(request, scope);
    if (result.ok()) {
      return result;
    }
    const auto delay = retry.after(result.error());
    if (!delay || !pause(*delay, scope)) {
      return result;
    }
  }
}

kube::ApiResult<nlohmann::json> KubeClient::send_once(const kube::Request& request,
                                                      const CallScope& scope) {
  if (kube::is_write(request.verb) && !may_write()) {
    return ApiError{.kind = ApiErrorKind::kDenied,
                    .message = "this process does not hold the lease and must not write"};
  }
  auto meeting = std::make_shared<Meeting<kube::ApiResult<kube::Response>>>();
  const CallId id = transport_.start(Lane::kVerbs, request,
                                     {.on_done = [meeting](kube::ApiResult<kube::Response> answer) {
                                       meeting->answer(std::move(answer));
                                     }});
  const auto answer = meeting->wait(scope.deadline, scope.stop);
  if (!answer) {
    transport_.cancel(id);
    if (scope.stop.stop_requested()) {
      return ApiError{.kind = ApiErrorKind::kCancelled, .message = "stopped"};
    }
    return ApiError{.kind = ApiErrorKind::kTimeout, .message = "no answer in time"};
  }
  if (!answer->ok()) {
    return answer->error();
  }
  return kube::decode(answer->value());
}

kube::ApiResult<std::vector<nlohmann::json>> list_all(KubeClient& client,
                                                      const kube::ResourceKind& kind,
                                                      std::string_view space,
                                                      const std::string& label_selector,
                                                      const CallScope& scope) {
  constexpr size_t kObjectsMax = 100'000;
  std::vector<nlohmann::json> objects;
  kube::ListOptions options{.label_selector = label_selector};
  while (true) {
    auto answer = client.send(kube::list(kind, space, options), scope);
    if (!answer) {
      return answer.error();
    }
    auto page = kube::page_of(std::move(*answer));
    if (!page) {
      return page.error();
    }
    for (nlohmann::json& each : page->items) {
      objects.push_back(std::move(each));
    }
    if (page->continue_token.empty()) {
      return objects;
    }
    if (objects.size() > kObjectsMax) {
      return ApiError{.kind = ApiErrorKind::kMalformed, .message = "the list has no end"};
    }
    options.continue_token = page->continue_token;
  }
}

}  // namespace quorate::transport
