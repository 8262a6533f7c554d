// Requests of the plugin.
#include "operator/plugin/session.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "operator/kube/resource_kind.h"
#include "operator/kube/response.h"
#include "operator/transport/cpprest_transport.h"
#include "operator/transport/in_cluster.h"
#include "operator/transport/kubeconfig.h"

namespace quorate::plugin {

namespace {

using nlohmann::json;

constexpr std::string_view kFieldManager = "kubectl-quorate";

/// As kubectl does: the kubeconfig, and the Pod's account where there is no file.
Result<transport::Cluster> find_api(const Connection& connection) {
  const auto environment = transport::process_environment();
  std::vector<std::string> paths = transport::default_kubeconfig_paths(environment);
  if (!connection.kubeconfig.empty()) {
    paths = {connection.kubeconfig};
  }
  auto cluster = transport::load_kubeconfig({.paths = paths, .context = connection.context});
  if (!cluster && connection.kubeconfig.empty() && connection.context.empty() &&
      transport::is_in_cluster(environment)) {
    return transport::in_cluster(environment);
  }
  return cluster;
}

/// Where a text meets the thread that waits for it; it outlives either.
struct TextMeeting {
  std::mutex mutex;
  std::condition_variable changed;
  std::string text;
  std::optional<kube::ApiResult<kube::Response>> answer;
};

}  // namespace

std::string name_of(const json& object) {
  const json::json_pointer at("/metadata/name");
  return object.contains(at) && object[at].is_string() ? object[at].get<std::string>() : "";
}

Session::Session(Connection connection, Place place,
                 std::unique_ptr<transport::HttpTransport> transport)
    : connection_(std::move(connection)),
      place_(std::move(place)),
      transport_(std::move(transport)),
      client_(*transport_, gate_) {
  gate_.open_for_ever();
}

Result<std::unique_ptr<Session>> Session::open(const Connection& connection) {
  auto cluster = find_api(connection);
  if (!cluster) {
    return cluster.error();
  }
  auto transport = transport::make_transport(*cluster, {.user_agent = "kubectl-quorate"});
  if (!transport) {
    return transport.error();
  }
  Place place{.url = cluster->url, .source = cluster->source, .space = connection.space};
  if (place.space.empty()) {
    place.space = cluster->space.empty() ? "default" : cluster->space;
  }
  return std::unique_ptr<Session>(new Session(connection, std::move(place), std::move(*transport)));
}

transport::CallScope Session::scope() const {
  const auto timeout = Duration(static_cast<Duration::rep>(connection_.timeout_s * 1'000'000));
  return {.deadline = transport::monotonic_now() + timeout, .stop = {}};
}

kube::ApiResult<json> Session::try_send(const kube::Request& request) {
  return client_.send(request, scope());
}

Result<json> Session::send(const kube::Request& request) {
  auto answer = try_send(request);
  if (!answer) {
    return complaint(request, place_, answer.error());
  }
  return std::move(*answer);
}

kube::ApiResult<std::string> Session::try_get_text(const kube::Request& request, size_t bytes_max) {
  auto meeting = std::make_shared<TextMeeting>();
  const transport::CallId id =
      transport_->start(transport::Lane::kVerbs, request,
                        {.on_bytes =
                             [meeting, bytes_max](std::string_view bytes) {
                               const std::lock_guard lock(meeting->mutex);
                               meeting->text += bytes.substr(0, bytes_max - meeting->text.size());
                             },
                         .on_done =
                             [meeting](kube::ApiResult<kube::Response> answer) {
                               const std::lock_guard lock(meeting->mutex);
                               meeting->answer = std::move(answer);
                               meeting->changed.notify_all();
                             }});
  std::unique_lock lock(meeting->mutex);
  const bool has_come = meeting->changed.wait_until(lock, transport::to_steady(scope().deadline),
                                                    [&] { return meeting->answer.has_value(); });
  if (!has_come) {
    lock.unlock();
    transport_->cancel(id);
    return kube::ApiError{.kind = kube::ApiErrorKind::kTimeout, .message = "no answer in time"};
  }
  if (!meeting->answer->ok()) {
    return meeting->answer->error();
  }
  const kube::Response& response = meeting->answer->value();
  if (response.code < 200 || response.code > 299) {
    auto refused = kube::decode(response);
    return refused.ok() ? kube::ApiError{.code = response.code, .message = "no text"}
                        : refused.error();
  }
  return std::move(meeting->text);
}

Result<std::vector<json>> Session::list(const kube::ResourceKind& kind,
                                        const std::string& label_selector, bool all_spaces) {
  const std::string space = all_spaces || !kind.is_namespaced ? "" : place_.space;
  auto found = transport::list_all(client_, kind, space, label_selector, scope());
  if (!found) {
    Place place = place_;
    place.space = space;
    return complaint(kube::list(kind, space, {}), place, found.error());
  }
  return std::move(*found);
}

Result<std::vector<json>> Session::clusters(bool all_spaces) {
  const std::string space = all_spaces ? "" : place_.space;
  auto found = transport::list_all(client_, kube::kQuorumCluster, space, {}, scope());
  if (found.ok()) {
    return std::move(*found);
  }
  // The list of a known kind is never missing.
  if (found.error().kind == kube::ApiErrorKind::kNotFound) {
    return no_definition(place_);
  }
  Place place = place_;
  place.space = space;
  return complaint(kube::list(kube::kQuorumCluster, space, {}), place, found.error());
}

Result<json> Session::cluster(const std::string& name) {
  std::vector<std::string> present;
  if (!name.empty()) {
    const kube::Request request = kube::get(kube::kQuorumCluster, {place_.space, name});
    auto found = try_send(request);
    if (found.ok()) {
      return std::move(*found);
    }
    if (found.error().kind != kube::ApiErrorKind::kNotFound) {
      return complaint(request, place_, found.error());
    }
  }
  auto all = clusters(false);
  if (!all) {
    // Who may get but not list is told about the name.
    const bool is_just_unlisted = !name.empty() && all.error().kind == ErrorKind::kDenied;
    return is_just_unlisted ? no_cluster(name, place_, {}) : all.error();
  }
  for (const json& each : *all) {
    present.push_back(name_of(each));
  }
  if (!name.empty()) {
    return no_cluster(name, place_, present);
  }
  if (all->size() != 1) {
    return not_one_cluster(place_, present);
  }
  return std::move(all->front());
}

Result<json> Session::patch_cluster(const std::string& name, const json& patch) {
  return send(kube::merge_patch(kube::kQuorumCluster, {place_.space, name}, patch, kFieldManager));
}

}  // namespace quorate::plugin
