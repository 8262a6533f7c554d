// LaggingCache: what informers would know, late by what the seed says.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "operator/controller/cache.h"
#include "tests/operator/simulation/kubernetes.h"

namespace quorate::opsim {

/// Each kind has a stream of its own: they lag apart, and a broken one shows nothing new until it
/// lists again. It keeps what the operator's watches select.
class LaggingCache final : public controller::Cache, public Follower {
 public:
  /// An object has come into the cache, was changed or has gone; null: it was not there, or is not.
  using OnSeen = std::function<void(const kube::ResourceKind& kind, const local::ObjectPtr& before,
                                    const local::ObjectPtr& after)>;
  LaggingCache(Context& context, Kubernetes& kubernetes, OnSeen on_seen);
  ~LaggingCache() override;
  LaggingCache(const LaggingCache&) = delete;
  LaggingCache& operator=(const LaggingCache&) = delete;

  void changed(const local::Change& change) override;
  void set_lag(size_t stream, Duration lag) { streams_[stream].lag = lag; }
  /// 410: what was under way is lost, and after a while everything is listed.
  void break_stream(size_t stream, Duration until_list);
  [[nodiscard]] size_t stream_count() const { return streams_.size(); }

  [[nodiscard]] bool watches(std::string_view plural) const override;
  [[nodiscard]] std::optional<kube::SharedObject> get(const kube::ResourceKind& kind,
                                                      const kube::ObjectKey& key) const override;
  [[nodiscard]] std::vector<kube::SharedObject> list(const kube::ResourceKind& kind,
                                                     std::string_view space) const override;
  [[nodiscard]] std::vector<kube::SharedObject> owned_by(const kube::ResourceKind& kind,
                                                         std::string_view owner_uid) const override;
  [[nodiscard]] std::vector<kube::SharedObject> labelled(const kube::ResourceKind& kind,
                                                         std::string_view space,
                                                         std::string_view key,
                                                         std::string_view value) const override;

 private:
  struct Pending {
    TimePoint due;
    local::Change change;
  };
  struct Stream {
    kube::ResourceKind kind;
    std::string resource;
    Duration lag{};
    TimePoint last_due{};
    bool is_broken = false;
    std::deque<Pending> pending;
    std::map<kube::ObjectKey, local::ObjectPtr> objects;
  };

  void list_now(Stream& stream);
  void deliver(Stream& stream);
  void schedule(Stream& stream, TimePoint at);
  void take(Stream& stream, const local::Change& change);
  [[nodiscard]] const Stream* find(std::string_view plural) const;
  template <typename Pick>
  [[nodiscard]] std::vector<kube::SharedObject> collect(const kube::ResourceKind& kind,
                                                        Pick pick) const;

  Context& context_;
  Kubernetes& kubernetes_;
  OnSeen on_seen_;
  std::vector<Stream> streams_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace quorate::opsim
