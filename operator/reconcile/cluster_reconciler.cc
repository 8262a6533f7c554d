// A pass, from its object to its end.
#include "operator/reconcile/cluster_reconciler.h"

#include <openssl/rand.h>

#include <array>
#include <memory>
#include <utility>

#include "operator/kube/resource_kind.h"
#include "operator/reconcile/cluster_pass.h"
#include "server/base/assert.h"
#include "server/base/hex.h"

namespace quorate::reconcile {

namespace {

class SystemRandom final : public Random {
 public:
  std::string ensemble_id() override { return digits<8>(); }
  std::string token() override { return digits<32>(); }

 private:
  template <size_t kBytes>
  static std::string digits() {
    std::array<unsigned char, kBytes> bytes{};
    QR_ASSERT(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1);
    std::string text;
    for (const unsigned char byte : bytes) {
      append_hex(text, byte);
    }
    return text;
  }
};

}  // namespace

std::unique_ptr<Random> system_random() { return std::make_unique<SystemRandom>(); }

void Refusals::set(const kube::ObjectKey& key, int32_t generation, std::string message) {
  const std::lock_guard lock(mutex_);
  refusals_[key] = {.generation = generation, .message = std::move(message)};
}

void Refusals::clear(const kube::ObjectKey& key) {
  const std::lock_guard lock(mutex_);
  refusals_.erase(key);
}

std::vector<std::string> Refusals::of(const kube::ObjectKey& key, int32_t generation) const {
  const std::lock_guard lock(mutex_);
  const auto found = refusals_.find(key);
  if (found == refusals_.end() || found->second.generation != generation) {
    return {};
  }
  return {found->second.message};
}

controller::ReconcileResult ClusterReconciler::reconcile(controller::Pass& pass) {
  auto object = pass.cache().get(kube::kQuorumCluster, pass.key());
  if (!object) {
    forget(pass.key());
    return controller::ReconcileResult::done();
  }
  ClusterPass work(
      pass, *std::move(object),
      {.parts = parts_, .rounds = rounds_, .secrets = secrets_, .refusals = refusals_});
  for (const auto stage : {&ClusterPass::validate, &ClusterPass::observe, &ClusterPass::plan,
                           &ClusterPass::status, &ClusterPass::apply}) {
    if (auto end = (work.*stage)()) {
      return *std::move(end);
    }
  }
  return work.next();
}

void ClusterReconciler::forget(const kube::ObjectKey& key) {
  rounds_.forget(key);
  refusals_.clear(key);
  parts_.metrics.forget(key);
}

}  // namespace quorate::reconcile
