// The one place where JSON becomes the resource's protobuf types and the other way round.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/message.h>
#include <nlohmann/json.hpp>

#include "operator/api/problem.h"
#include "operator/api/schema.pb.h"

namespace quorate::api {

/// What reading found beside the value.
struct ReadNotes {
  Problems problems;                 ///< Values of the wrong type; their fields stay unset.
  std::vector<std::string> unknown;  ///< Fields that a newer version knows; they are passed over.
};

/// A message and what was wrong with it.
template <typename Message>
struct Read {
  Message value;
  ReadNotes notes;
};

/// Fills `to` from `value`. Unlike protobuf's own parser it goes on after an error, names each by
/// its path, passes over unknown fields, and takes fields marked `raw` as any JSON. null is
/// absence. The depth of what it accepts is bounded.
[[nodiscard]] ReadNotes read_into(google::protobuf::Message& to, const nlohmann::json& value,
                                  std::string_view path);

/// As read_into, into a fresh message.
template <typename Message>
[[nodiscard]] Read<Message> read(const nlohmann::json& value, std::string_view path) {
  Read<Message> result;
  result.notes = read_into(result.value, value, path);
  return result;
}

/// The JSON of a message: fields that are set, zeros too; lists and maps that are not empty.
/// Unlike protobuf's own printer it never quotes a number.
[[nodiscard]] nlohmann::json write(const google::protobuf::Message& from);

/// The limits of a field; empty ones if it has none.
[[nodiscard]] const Schema& schema_of(const google::protobuf::FieldDescriptor& field);

/// JSON text that was checked before, such as that of a `raw` field; null if it is none.
[[nodiscard]] nlohmann::json parse_raw(std::string_view text);

}  // namespace quorate::api
