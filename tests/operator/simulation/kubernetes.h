// Kubernetes: quorate-local's model in virtual time, with members as what Pods run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/request.h"
#include "operator/kube/response.h"
#include "operator/local/world.h"
#include "tests/operator/simulation/context.h"

namespace quorate::opsim {

using Json = nlohmann::json;
using Answer = kube::ApiResult<Json>;

inline constexpr const char* kSpace = "prod";
inline constexpr const char* kCluster = "zoo";
inline constexpr const char* kClusters = "quorumclusters.quorate.dev";  ///< As the store names it.

/// What Pods run.
class Runtime {
 public:
  virtual ~Runtime() = default;
  virtual void start(const local::StartContainer& action) = 0;
  virtual void stop(const local::StopContainer& action) = 0;
  [[nodiscard]] virtual bool probe(const local::RunProbe& action) = 0;
};

/// Sees every change of an object once, in order.
class Follower {
 public:
  virtual ~Follower() = default;
  virtual void changed(const local::Change& change) = 0;
};

class Kubernetes {
 public:
  Kubernetes(Context& context, Runtime& runtime, std::vector<std::string> zones);

  /// Carries out a request now.
  Answer serve(const kube::Request& request);
  /// As a person would; a refusal is a violation unless `may_fail`.
  bool person(const std::string& method, const std::string& target, const Json& body,
              bool may_fail = false);
  void tell(const local::RuntimeEvent& event);

  [[nodiscard]] local::ObjectPtr find(const std::string& resource, const std::string& name,
                                      const std::string& space = kSpace) const;
  [[nodiscard]] std::vector<local::ObjectPtr> list(const std::string& resource,
                                                   const std::string& space = kSpace) const;
  [[nodiscard]] int64_t revision() const { return world_.store().revision(); }

  void follow(Follower& follower) { followers_.push_back(&follower); }
  void unfollow(Follower& follower) { std::erase(followers_, &follower); }

 private:
  Answer handle(const std::string& method, const std::string& target,
                const std::string& content_type, const std::string& body);
  /// Has everything done that is due, and comes back when something is.
  void pump();
  void perform(const local::RuntimeAction& action);
  void hand_out_changes();

  Context& context_;
  Runtime& runtime_;
  local::World world_;
  std::vector<Follower*> followers_;
  int64_t seen_revision_ = 0;
  bool is_pumping_ = false;
  std::optional<TimePoint> pump_at_;
};

}  // namespace quorate::opsim
