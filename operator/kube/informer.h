// Informer: keeps a Store like the API's objects of one kind, as a deterministic machine.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/api_error.h"
#include "operator/kube/backoff.h"
#include "operator/kube/dice.h"
#include "operator/kube/request.h"
#include "operator/kube/response.h"
#include "operator/kube/store.h"
#include "operator/kube/watch_decoder.h"
#include "server/base/time.h"

namespace quorate::kube {

struct InformerOptions {
  ResourceKind kind = kPod;
  std::string space;  ///< Empty: all namespaces.
  std::string label_selector;
  std::string field_selector;
  std::vector<std::string> indexed_labels;
  uint32_t page_size = 500;
  /// A watch asks for a time between this and twice this.
  uint32_t watch_seconds_min = 300;
  BackoffOptions backoff;
  /// A page that takes longer is asked for again.
  Duration page_timeout = std::chrono::seconds(60);
  /// How long after its own end a watch may stay silent before it is given up.
  Duration watch_grace = std::chrono::seconds(30);
  /// Server errors in the stream: so long the version is kept, then everything is listed anew.
  Duration stream_error_patience = std::chrono::seconds(60);
  /// All objects are handed to the handlers again, give or take a tenth. Nothing is asked of the
  /// server. Zero: never.
  Duration resync_interval = std::chrono::hours(10);
};

/// Names one request of an informer; answers to others are ignored.
using InformerRequest = uint64_t;

struct InformerStart {};
struct PageReceived {
  InformerRequest request = 0;
  ListPage page;
};
struct ListFailed {
  InformerRequest request = 0;
  ApiError error;
};
struct WatchReceived {
  InformerRequest request = 0;
  std::vector<WatchEvent> events;
};
/// The watch has ended: with an error, or because its time was over.
struct WatchEnded {
  InformerRequest request = 0;
  std::optional<ApiError> error;
};
/// next_deadline() has come.
struct InformerDeadline {};
using InformerEvent = std::variant<InformerStart, PageReceived, ListFailed, WatchReceived,
                                   WatchEnded, InformerDeadline>;

enum class DeltaType { kAdded, kUpdated, kDeleted, kResync };

/// One change of the store. `before` is null with kAdded, `after` with kDeleted.
struct Delta {
  DeltaType type = DeltaType::kAdded;
  SharedObject before;
  SharedObject after;
  /// From a list and not from a watch: nothing may have changed, so that it can wait.
  bool is_from_list = false;

  [[nodiscard]] const nlohmann::json& object() const {
    return type == DeltaType::kDeleted ? before : after;
  }
};

struct SendList {
  InformerRequest request = 0;
  ListOptions options;
};
struct OpenWatch {
  InformerRequest request = 0;
  WatchOptions options;
};
/// The answer is not waited for any more.
struct CancelRequest {
  InformerRequest request = 0;
};
/// The first list is complete. Once.
struct Synced {};
/// For logs and metrics: a request failed and is repeated after `delay`.
struct InformerTrouble {
  ApiError error;
  Duration delay{};
  bool is_list = false;
};
using InformerAction =
    std::variant<SendList, OpenWatch, CancelRequest, Delta, Synced, InformerTrouble>;
using InformerActions = std::vector<InformerAction>;

/// List, then watch from the list's version, for ever.
///
///     idle --start--> listing --last page--> watching --time over--> watching (from the last
///     version)
///                        ^                       |
///                        +---- 410, or 60 s of server errors
///
/// The first list takes any state that the server has at hand (version "0"); after a 410 the list
/// asks for at least the last version that was seen, so that time does not run backwards, and for
/// the newest one when the server does not have it. Pages are collected and replace the store at
/// once, with deletions for what is gone. Versions are compared for nothing but equality.
///
/// Not thread-safe: owned by one loop.
class Informer {
 public:
  Informer(InformerOptions options, Dice dice);

  /// Appends what has to be done because of `event`. Deltas are in the order of what happened; the
  /// store has all of them already.
  void step(InformerEvent event, TimePoint now, InformerActions& actions);
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  [[nodiscard]] const Store& store() const { return store_; }
  /// The store was complete once.
  [[nodiscard]] bool is_synced() const { return is_synced_; }
  [[nodiscard]] const InformerOptions& options() const { return options_; }
  /// Of the last list, event or bookmark; opaque.
  [[nodiscard]] const std::string& resource_version() const { return version_; }

 private:
  enum class Phase { kIdle, kListing, kWatching, kWaitingToList, kWaitingToWatch };

  void handle(InformerStart event, TimePoint now, InformerActions& actions);
  void handle(PageReceived event, TimePoint now, InformerActions& actions);
  void handle(ListFailed event, TimePoint now, InformerActions& actions);
  void handle(WatchReceived event, TimePoint now, InformerActions& actions);
  void handle(WatchEnded event, TimePoint now, InformerActions& actions);
  void handle(InformerDeadline event, TimePoint now, InformerActions& actions);

  void start_list(TimePoint now, InformerActions& actions);
  void send_page(TimePoint now, InformerActions& actions);
  void open_watch(TimePoint now, InformerActions& actions);
  void list_failed(const ApiError& error, TimePoint now, InformerActions& actions);
  void watch_failed(const ApiError& error, TimePoint now, InformerActions& actions);
  void wait(Phase phase, const ApiError& error, TimePoint now, InformerActions& actions);
  void replace(InformerActions& actions);
  /// False: the event cannot be believed.
  bool apply(WatchEvent& event, InformerActions& actions);
  void put(SharedObject object, bool is_from_list, InformerActions& actions);
  void resync(TimePoint now, InformerActions& actions);
  void plan_resync(TimePoint now);

  InformerOptions options_;
  Dice dice_;
  Backoff backoff_;
  Store store_;
  bool is_synced_ = false;
  Phase phase_ = Phase::kIdle;
  InformerRequest last_request_ = 0;
  InformerRequest current_ = 0;  ///< Listing and watching: what is waited for.
  /// Listing, watching: when it is given up. Waiting: when it goes on.
  TimePoint deadline_;
  std::string version_;
  ListOptions page_options_;           ///< Listing: of the page under way.
  std::vector<nlohmann::json> pages_;  ///< Listing: what has come so far.
  TimePoint opened_at_;                ///< Watching.
  bool has_heard_ = false;             ///< Watching: an event or a bookmark has come.
  TimePoint listed_at_;                ///< Valid once it is synced.
  bool must_list_newest_ = false;      ///< The server lost or never had the version asked for.
  std::optional<TimePoint> stream_errors_since_;
  std::optional<TimePoint> resync_at_;
};

}  // namespace quorate::kube
