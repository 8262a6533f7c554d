// InformerRunner: one informer with its requests, deadlines and readers.
#pragma once

#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/controller/event_loop.h"
#include "operator/kube/informer.h"
#include "operator/transport/http_transport.h"

namespace quorate::controller {

/// What a runner reports, on the loop's thread. The store has everything already.
class InformerListener {
 public:
  virtual void on_delta(const kube::ResourceKind& kind, const kube::Delta& delta) = 0;
  virtual void on_synced(const kube::ResourceKind& kind, std::string_view space) = 0;
  virtual void on_trouble(const kube::ResourceKind& kind, std::string_view space,
                          const kube::InformerTrouble& trouble) = 0;

 protected:
  ~InformerListener() = default;
};

/// Everything but read() is for the loop's thread.
class InformerRunner {
 public:
  InformerRunner(EventLoop& loop, transport::HttpTransport& transport,
                 kube::InformerOptions options, kube::Dice dice, InformerListener& listener);
  ~InformerRunner();

  void start();
  void stop();

  [[nodiscard]] const kube::InformerOptions& options() const { return informer_.options(); }
  [[nodiscard]] bool is_synced() const;
  /// Calls `use` with the store, which does not change meanwhile. Any thread.
  template <typename Use>
  auto read(Use use) const {
    const std::shared_lock lock(mutex_);
    return use(informer_.store());
  }

 private:
  void step(kube::InformerEvent event);
  void perform(kube::SendList& action);
  void perform(kube::OpenWatch& action);
  void perform(kube::CancelRequest& action);
  void perform(kube::Delta& action);
  void perform(kube::Synced& action);
  void perform(kube::InformerTrouble& action);
  /// What a transport's thread calls to bring an event here.
  [[nodiscard]] std::function<void(kube::InformerEvent)> deliver();

  EventLoop& loop_;
  transport::HttpTransport& transport_;
  InformerListener& listener_;
  LoopTimer timer_;
  mutable std::shared_mutex mutex_;  ///< Held shared by readers, alone by steps.
  kube::Informer informer_;
  bool is_stopped_ = false;
  kube::InformerRequest request_ = 0;  ///< The last one sent, with its call.
  transport::CallId call_ = 0;
  std::shared_ptr<InformerRunner*> self_;  ///< Null inside once this is gone.
};

}  // namespace quorate::controller
