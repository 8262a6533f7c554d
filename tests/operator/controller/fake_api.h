// FakeApi: an API server in memory, behind the transport's interface, that fails when it is told
// to.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/resource_kind.h"
#include "operator/transport/http_transport.h"

namespace quorate::controller::testing {

/// Objects of any kind, lists without pages, watches, create, update, patch, delete. Answers come
/// on a thread of its own. Any thread.
class FakeApi final : public transport::HttpTransport {
 public:
  FakeApi();
  ~FakeApi() override;

  transport::CallId start(transport::Lane lane, kube::Request request,
                          transport::CallHandlers handlers) override;
  void cancel(transport::CallId id) override;

  /// Changes an object as somebody else would: makes it, or merges `patch` into it.
  void change(const kube::ResourceKind& kind, const kube::ObjectKey& key,
              const nlohmann::json& patch);
  void remove(const kube::ResourceKind& kind, const kube::ObjectKey& key);
  [[nodiscard]] std::optional<nlohmann::json> get(const kube::ResourceKind& kind,
                                                  const kube::ObjectKey& key) const;
  [[nodiscard]] std::vector<nlohmann::json> all(const kube::ResourceKind& kind) const;

  /// A request for which `fault` gives an answer gets that one; nullopt: the right one.
  using Fault = std::function<std::optional<kube::ApiResult<kube::Response>>(const kube::Request&)>;
  void set_fault(Fault fault);
  /// Requests for which `holds` is true are not answered before the next call of this.
  void hold(std::function<bool(const kube::Request&)> holds);
  /// Watches send nothing until told otherwise.
  void hold_watches(bool holds);

  [[nodiscard]] size_t count(kube::Verb verb, std::string_view plural) const;

 private:
  struct Call {
    kube::Request request;
    transport::CallHandlers handlers;
  };
  struct Watch {
    std::string collection;
    int64_t version = 0;
  };
  struct Change {
    int64_t version;
    std::string collection;
    std::string line;
  };
  using Objects = std::map<kube::ObjectKey, nlohmann::json>;

  void run();
  void serve(transport::CallId id, Call call);
  bool feed_watches(std::unique_lock<std::mutex>& lock);
  [[nodiscard]] kube::Response answer(const kube::Request& request);
  kube::Response write(const kube::Request& request, const std::string& collection,
                       kube::ObjectKey key, const std::string& subresource);
  void put(const std::string& collection, const kube::ObjectKey& key, nlohmann::json object);
  void drop(const std::string& collection, const kube::ObjectKey& key);
  static kube::Response status(int code, const std::string& reason);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_closed_ = false;
  transport::CallId last_id_ = 0;
  int64_t version_ = 1000;
  int64_t last_uid_ = 0;
  std::map<std::string, Objects> collections_;  ///< By path without namespaces.
  std::deque<Change> history_;
  std::map<transport::CallId, Call> waiting_;
  std::map<transport::CallId, Call> held_;
  std::map<transport::CallId, std::pair<Call, Watch>> watches_;
  std::set<transport::CallId> cancelled_;
  Fault fault_;
  std::function<bool(const kube::Request&)> holds_;
  bool holds_watches_ = false;
  std::map<std::string, size_t> counts_;
  std::thread thread_;
};

}  // namespace quorate::controller::testing
