// EventRecorder: which Event objects to write, so that repeated news stay few, as a deterministic
// machine.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "operator/kube/backoff.h"
#include "operator/kube/resource_kind.h"
#include "server/base/time.h"

namespace quorate::kube {

enum class EventType { kNormal, kWarning };

/// What a person is told about an object.
struct EventNote {
  nlohmann::json regarding;  ///< apiVersion, kind, namespace, name, uid; see reference_to().
  EventType type = EventType::kNormal;
  std::string reason;  ///< CamelCase, of a fixed list.
  std::string action;  ///< What the operator was doing: `Reconcile`.
  std::string note;
};

/// The reference to an object as Events hold it.
[[nodiscard]] nlohmann::json reference_to(const ResourceKind& kind, const nlohmann::json& object);

struct EventRecorderOptions {
  std::string controller = "quorate.dev/operator";
  std::string instance;  ///< Of this process: pod name.
  /// More than so many different notes of one object and reason within the interval become one.
  uint32_t similar_max = 10;
  Duration similar_interval = std::chrono::seconds(600);
  /// Of one object: so many at once, then one each interval.
  uint32_t burst = 25;
  Duration refill_interval = std::chrono::seconds(300);
  /// A series is written when its count has doubled, or when so long has gone by.
  Duration series_interval = std::chrono::minutes(6);
  size_t remembered_max = 4096;
};

/// A new Event object.
struct CreateEvent {
  nlohmann::json object;
};
/// More of the same: the series of an Event that was created. If it is not there any more,
/// `object` is to be created instead.
struct PatchEvent {
  ObjectKey key;
  nlohmann::json patch;
  nlohmann::json object;
};
using EventAction = std::variant<CreateEvent, PatchEvent>;

/// Numbers as client-go's correlator. Not thread-safe.
class EventRecorder {
 public:
  explicit EventRecorder(EventRecorderOptions options) : options_(std::move(options)) {}

  /// What to write because of a note; nothing when it is held back.
  [[nodiscard]] std::optional<EventAction> record(const EventNote& note, Now now);

  [[nodiscard]] uint64_t suppressed_count() const { return suppressed_; }

 private:
  /// Notes that say the same of the same object.
  struct Series {
    ObjectKey key;
    nlohmann::json object;
    int64_t count = 1;
    int64_t written_count = 1;
    TimePoint written_at;
    TimePoint seen_at;
  };
  /// Notes of one object with one reason, whatever they say.
  struct Similar {
    TimePoint started_at;
    std::set<std::string> notes;
  };
  /// A map that forgets what was not used for longest.
  template <typename T>
  class Recent {
   public:
    T* find(const std::string& key) {
      const auto found = entries_.find(key);
      if (found == entries_.end()) {
        return nullptr;
      }
      order_.splice(order_.begin(), order_, found->second.second);
      return &found->second.first;
    }
    T& put(const std::string& key, T value, size_t count_max) {
      while (entries_.size() >= count_max && !order_.empty()) {
        entries_.erase(order_.back());
        order_.pop_back();
      }
      order_.push_front(key);
      return entries_.insert_or_assign(key, std::pair(std::move(value), order_.begin()))
          .first->second.first;
    }
    void erase(const std::string& key) {
      if (const auto found = entries_.find(key); found != entries_.end()) {
        order_.erase(found->second.second);
        entries_.erase(found);
      }
    }

   private:
    std::list<std::string> order_;
    std::map<std::string, std::pair<T, std::list<std::string>::iterator>> entries_;
  };

  [[nodiscard]] std::string combined_note(const EventNote& note, const std::string& group,
                                          TimePoint now);
  [[nodiscard]] bool may_write(const std::string& object, TimePoint now);
  [[nodiscard]] nlohmann::json object_of(const EventNote& note, const std::string& text,
                                         const std::string& name, WallMillis now) const;

  EventRecorderOptions options_;
  Recent<Series> series_;
  Recent<Similar> similar_;
  Recent<TokenBucket> buckets_;
  uint64_t next_number_ = 0;
  uint64_t suppressed_ = 0;
};

}  // namespace quorate::kube
