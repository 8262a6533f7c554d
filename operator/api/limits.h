// Defaults and limits that the resource's .proto states, applied to a message.
#pragma once

#include <string_view>

#include <google/protobuf/message.h>

#include "operator/api/problem.h"

namespace quorate::api {

/// Sets each absent field that has a default, in `message` and all messages that it holds.
void apply_defaults(google::protobuf::Message& message);

/// Every value of `message` that breaks the limits of its field, and every required field that is
/// absent.
[[nodiscard]] Problems check_limits(const google::protobuf::Message& message,
                                    std::string_view path);

}  // namespace quorate::api
