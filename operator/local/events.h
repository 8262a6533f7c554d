// Events: what controllers tell people, with repeated ones counted.
#pragma once

#include <string>

#include "operator/local/objects.h"

namespace quorate::local {

struct EventText {
  bool is_warning = false;
  std::string reason;
  std::string message;
  std::string component;
};

/// Records an event about an object; the same one again within its hour raises the count.
void record_event(Objects& objects, const Json& about, const EventText& event);

/// Removes events that nothing has touched for an hour.
void expire_events(Objects& objects);

}  // namespace quorate::local
