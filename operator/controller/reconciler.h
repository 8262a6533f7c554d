// Reconciler: what the runtime calls for each object that changed, and what it hands it.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "operator/controller/cache.h"
#include "operator/kube/api_error.h"
#include "operator/kube/event_recorder.h"
#include "operator/kube/request.h"
#include "operator/kube/resource_kind.h"
#include "operator/transport/kube_client.h"
#include "server/base/time.h"

namespace quorate::controller {

/// How a pass ended, and so when the next one is.
struct ReconcileResult {
  enum class Kind {
    kDone,      ///< Next when something changes.
    kAgain,     ///< At once: there is more to do.
    kAfter,     ///< After `delay`, or when something changes.
    kError,     ///< By back-off; `delay` at least.
    kTerminal,  ///< Nothing helps but a change of the object.
  };
  Kind kind = Kind::kDone;
  Duration delay{};
  std::string message;  ///< Of errors.

  static ReconcileResult done() { return {}; }
  static ReconcileResult again() { return {.kind = Kind::kAgain}; }
  static ReconcileResult after(Duration delay) { return {.kind = Kind::kAfter, .delay = delay}; }
  static ReconcileResult error(std::string message) {
    return {.kind = Kind::kError, .message = std::move(message)};
  }
  static ReconcileResult terminal(std::string message) {
    return {.kind = Kind::kTerminal, .message = std::move(message)};
  }
  /// Back-off for what may pass, and the server's own wish; else terminal.
  static ReconcileResult of(const kube::ApiError& error);
};

/// One pass over one object, and everything it may touch. A worker's thread only.
class Pass {
 public:
  virtual ~Pass() = default;

  [[nodiscard]] virtual const kube::ObjectKey& key() const = 0;
  /// The same in every line of the log that belongs to the pass.
  [[nodiscard]] virtual const std::string& id() const = 0;
  /// As last seen; reads that destruction depends on go through send().
  [[nodiscard]] virtual const Cache& cache() const = 0;
  /// Sends and waits, at most to the end of the pass. After a write that the API answered with an
  /// object, the key is not reconciled again before the cache has seen it.
  [[nodiscard]] virtual kube::ApiResult<nlohmann::json> send(const kube::Request& request) = 0;
  /// Whether this process may change anything at this moment: it has the lease. send() asks by
  /// itself; who changes something past it asks before.
  [[nodiscard]] virtual bool may_write() const = 0;
  /// Brings the object back into the queue. What it returns may be called on any thread, and at any
  /// time: also after the pass, and after the process stopped working.
  [[nodiscard]] virtual std::function<void()> waker() = 0;
  /// Tells people something about an object; repetitions are counted, not repeated.
  virtual void record(kube::EventNote note) = 0;
  /// When it has to end, and whether to end now: the process stops, or the time is over. For what
  /// the pass does beside send().
  [[nodiscard]] virtual const transport::CallScope& scope() const = 0;
  [[nodiscard]] virtual bool is_over() const = 0;
  [[nodiscard]] virtual Now now() const = 0;
};

/// Brings the world nearer to what an object says. Called by several threads, for one object by one
/// at a time. It is called for objects that are gone, too.
class Reconciler {
 public:
  virtual ~Reconciler() = default;
  [[nodiscard]] virtual ReconcileResult reconcile(Pass& pass) = 0;
};

}  // namespace quorate::controller
