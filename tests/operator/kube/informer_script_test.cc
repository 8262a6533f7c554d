// The informer by script: what happens on the left, what it does about it on the right.
#include <gtest/gtest.h>

#include <cstdio>
#include <sstream>

#include "operator/kube/informer.h"
#include "operator/kube/object.h"
#include "server/base/overloaded.h"
#include "tests/server/script.h"

namespace quorate::kube {
namespace {

/// `name@version`, with `/uid` when it is not the name's own.
nlohmann::json object_of(const std::string& text) {
  const size_t at = text.find('@');
  const size_t slash = text.find('/');
  const std::string name = text.substr(0, at);
  const std::string uid = slash == std::string::npos ? "u" + name : text.substr(slash + 1);
  return {{"metadata",
           {{"name", name},
            {"namespace", "p"},
            {"uid", uid},
            {"resourceVersion", text.substr(at + 1, slash - at - 1)}}}};
}

std::string text_of(const nlohmann::json& object) {
  return name_of(object) + "@" + resource_version_of(object);
}

ApiError error_of(const std::string& kind) {
  ApiError error{.message = kind};
  if (kind == "gone") {
    error.kind = ApiErrorKind::kGone;
  } else if (kind == "busy") {
    error.kind = ApiErrorKind::kTooManyRequests;
    error.retry_after = std::chrono::seconds(20);
  } else if (kind == "server") {
    error.kind = ApiErrorKind::kServerError;
  } else if (kind == "forbidden") {
    error.kind = ApiErrorKind::kForbidden;
  } else if (kind == "toolarge") {
    error.kind = ApiErrorKind::kTimeout;
    error.causes = {{.reason = "ResourceVersionTooLarge"}};
  } else {
    error.kind = ApiErrorKind::kUnreachable;
  }
  return error;
}

class World {
 public:
  World() : informer_({.kind = kPod, .resync_interval = std::chrono::minutes(30)}, Dice(7)) {}

  void run(const std::string& line) {
    std::istringstream words(line);
    std::string command;
    words >> command;
    if (command == "start") {
      step(InformerStart{});
    } else if (command == "page") {
      step(page(words));
    } else if (command == "listfail") {
      ListFailed event;
      std::string kind;
      words >> event.request >> kind;
      event.error = error_of(kind);
      step(event);
    } else if (command == "event") {
      step(received(words));
    } else if (command == "end") {
      WatchEnded event;
      std::string kind;
      words >> event.request;
      if (words >> kind) {
        event.error = error_of(kind);
      }
      step(event);
    } else if (command == "wait") {
      double seconds = 0;
      words >> seconds;
      wait(Duration(static_cast<Duration::rep>(seconds * 1e6)));
    } else if (command == "store") {
      out_ += "store:";
      for (const SharedObject& each : informer_.store().list()) {
        out_ += " " + text_of(*each);
      }
      out_ += "\n";
    } else {
      out_ += "? " + line + "\n";
    }
  }
  [[nodiscard]] const std::string& out() const { return out_; }

 private:
  static PageReceived page(std::istringstream& words) {
    PageReceived event;
    words >> event.request;
    for (std::string word; words >> word;) {
      if (word.starts_with("rv=")) {
        event.page.resource_version = word.substr(3);
      } else if (word.starts_with("continue=")) {
        event.page.continue_token = word.substr(9);
      } else {
        event.page.items.push_back(object_of(word));
      }
    }
    return event;
  }

  static WatchReceived received(std::istringstream& words) {
    WatchReceived event;
    std::string type;
    std::string what;
    words >> event.request >> type >> what;
    WatchEvent each;
    if (type == "error") {
      each.type = WatchEventType::kError;
      each.error = error_of(what);
    } else {
      each.type = type == "added"      ? WatchEventType::kAdded
                  : type == "modified" ? WatchEventType::kModified
                  : type == "deleted"  ? WatchEventType::kDeleted
                                       : WatchEventType::kBookmark;
      each.object = object_of(what);
    }
    event.events.push_back(std::move(each));
    return event;
  }

  void wait(Duration duration) {
    const TimePoint end = now_ + duration;
    while (informer_.next_deadline() && *informer_.next_deadline() <= end) {
      now_ = *informer_.next_deadline();
      step(InformerDeadline{});
    }
    now_ = end;
  }

  void step(InformerEvent event) {
    InformerActions actions;
    informer_.step(std::move(event), now_, actions);
    for (const InformerAction& action : actions) {
      char time[32];
      std::snprintf(time, sizeof(time), "%.1f ",
                    static_cast<double>(now_.time_since_epoch().count()) / 1e6);
      out_ += time + text_of(action) + "\n";
    }
  }

  static std::string text_of(const nlohmann::json& object) { return kube::text_of(object); }
  static std::string text_of(const InformerAction& action) {
    return std::visit(
        Overloaded{
            [](const SendList& each) {
              return "list " + std::to_string(each.request) +
                     " limit=" + std::to_string(each.options.page_size) + " rv=\"" +
                     each.options.resource_version + "\"" +
                     (each.options.continue_token.empty()
                          ? ""
                          : " continue=" + each.options.continue_token);
            },
            [](const OpenWatch& each) {
              return "watch " + std::to_string(each.request) +
                     " rv=" + each.options.resource_version +
                     " for=" + std::to_string(each.options.timeout_seconds);
            },
            [](const CancelRequest& each) { return "cancel " + std::to_string(each.request); },
            [](const Delta& each) {
              constexpr const char* kNames[] = {"added", "updated", "deleted", "resync"};
              return std::string(kNames[static_cast<size_t>(each.type)]) + " " +
                     (each.before.is_null() ? "-" : text_of(each.before)) + " -> " +
                     (each.after.is_null() ? "-" : text_of(each.after)) +
                     (each.is_from_list ? " (list)" : "");
            },
            [](const Synced&) { return std::string("synced"); },
            [](const InformerTrouble& each) {
              char delay[32];
              std::snprintf(delay, sizeof(delay), "%.2f",
                            static_cast<double>(each.delay.count()) / 1e6);
              return std::string("trouble ") + std::string(to_text(each.error.kind)) +
                     " next=" + (each.is_list ? "list" : "watch") + " in " + delay;
            }},
        action);
  }

  TimePoint now_;
  Informer informer_;
  std::string out_;
};

TEST(Informer, Script) {
  quorate::testing::run_script("tests/operator/kube/testdata/informer.txt",
                               [](const std::string& input) {
                                 World world;
                                 std::istringstream lines(input);
                                 for (std::string line; std::getline(lines, line);) {
                                   world.run(line);
                                 }
                                 return world.out();
                               });
}

}  // namespace
}  // namespace quorate::kube
