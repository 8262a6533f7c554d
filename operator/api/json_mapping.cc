// JSON <-> protobuf by reflection.
#include "operator/api/json_mapping.h"

#include <cstdint>
#include <limits>
#include <map>

#include <google/protobuf/descriptor.h>

#include "server/base/assert.h"

namespace quorate::api {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using nlohmann::json;

constexpr int kDepthMax = 48;

/// Whether no value lies deeper than kDepthMax. Printing recurses, so this comes before it.
bool is_shallow(const json& value) {
  std::vector<std::pair<const json*, int>> waiting{{&value, 0}};
  while (!waiting.empty()) {
    const auto [each, depth] = waiting.back();
    waiting.pop_back();
    if (depth > kDepthMax) {
      return false;
    }
    if (each->is_structured()) {
      for (const json& inner : *each) {
        waiting.emplace_back(&inner, depth + 1);
      }
    }
  }
  return true;
}

std::string shown(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// Reads one message after another, innermost by recursion: as deep as the types nest, which is not
/// up to the input.
class Reader {
 public:
  ReadNotes take() { return std::move(notes_); }

  void read_message(Message& to, const json& value, const std::string& path) {
    if (!value.is_object()) {
      refuse(path, value, "must be an object");
      return;
    }
    for (const auto& [key, inner] : value.items()) {
      const std::string inner_path = path.empty() ? key : path + "." + key;
      const FieldDescriptor* const field = to.GetDescriptor()->FindFieldByCamelcaseName(key);
      if (field == nullptr) {
        notes_.unknown.push_back(inner_path);
      } else if (!inner.is_null()) {
        read_field(to, *field, inner, inner_path);
      }
    }
  }

 private:
  void read_field(Message& to, const FieldDescriptor& field, const json& value,
                  const std::string& path) {
    if (field.is_map()) {
      read_map(to, field, value, path);
    } else if (field.is_repeated()) {
      read_list(to, field, value, path);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      read_message(*to.GetReflection()->MutableMessage(&to, &field), value, path);
    } else {
      read_scalar(to, field, value, path);
    }
  }

  void read_scalar(Message& to, const FieldDescriptor& field, const json& value,
                   const std::string& path) {
    const Reflection& reflection = *to.GetReflection();
    if (schema_of(field).has_raw()) {
      if (const auto text = raw_text(schema_of(field).raw(), value, path)) {
        reflection.SetString(&to, &field, *text);
      }
      return;
    }
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        if (const auto text = string_of(value, path)) {
          reflection.SetString(&to, &field, *text);
        }
        return;
      case FieldDescriptor::CPPTYPE_BOOL:
        if (!value.is_boolean()) {
          refuse(path, value, "must be true or false");
          return;
        }
        reflection.SetBool(&to, &field, value.get<bool>());
        return;
      default:
        QR_ASSERT(field.cpp_type() == FieldDescriptor::CPPTYPE_INT32);
        if (const auto number = int32_of(value, path)) {
          reflection.SetInt32(&to, &field, *number);
        }
        return;
    }
  }

  void read_list(Message& to, const FieldDescriptor& field, const json& value,
                 const std::string& path) {
    if (!value.is_array()) {
      refuse(path, value, "must be a list");
      return;
    }
    const Reflection& reflection = *to.GetReflection();
    for (size_t i = 0; i < value.size(); ++i) {
      const std::string item_path = path + "[" + std::to_string(i) + "]";
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        read_message(*reflection.AddMessage(&to, &field), value[i], item_path);
      } else if (const auto text = string_of(value[i], item_path)) {
        reflection.AddString(&to, &field, *text);
      }
    }
  }

  /// Maps are of strings only.
  void read_map(Message& to, const FieldDescriptor& field, const json& value,
                const std::string& path) {
    if (!value.is_object()) {
      refuse(path, value, "must be an object");
      return;
    }
    for (const auto& [key, inner] : value.items()) {
      if (const auto text = string_of(inner, path + "[" + key + "]")) {
        Message& entry = *to.GetReflection()->AddMessage(&to, &field);
        entry.GetReflection()->SetString(&entry, field.message_type()->map_key(), key);
        entry.GetReflection()->SetString(&entry, field.message_type()->map_value(), *text);
      }
    }
  }

  std::optional<std::string> raw_text(const std::string& type, const json& value,
                                      const std::string& path) {
    if (type == "object" ? !value.is_object() : !value.is_array()) {
      refuse(path, value, type == "object" ? "must be an object" : "must be a list");
      return std::nullopt;
    }
    return shown(value);
  }

  std::optional<std::string> string_of(const json& value, const std::string& path) {
    if (!value.is_string()) {
      refuse(path, value, "must be text (in quotes, if it looks like a number)");
      return std::nullopt;
    }
    return value.get<std::string>();
  }

  std::optional<int32_t> int32_of(const json& value, const std::string& path) {
    using Limits = std::numeric_limits<int32_t>;
    const bool fits = value.is_number_unsigned()
                          ? value.get<uint64_t>() <= uint64_t{Limits::max()}
                          : value.is_number_integer() && value.get<int64_t>() >= Limits::min() &&
                                value.get<int64_t>() <= Limits::max();
    if (!fits) {
      refuse(path, value, "must be an integer of 32 bits");
      return std::nullopt;
    }
    return value.get<int32_t>();
  }

  void refuse(const std::string& path, const json& value, std::string allowed) {
    notes_.problems.push_back({path, shown(value), std::move(allowed)});
  }

  ReadNotes notes_;
};

json write_map(const Message& from, const FieldDescriptor& field) {
  const Reflection& reflection = *from.GetReflection();
  json object = json::object();
  for (int i = 0; i < reflection.FieldSize(from, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(from, &field, i);
    const Reflection& inner = *entry.GetReflection();
    object[inner.GetString(entry, field.message_type()->map_key())] =
        inner.GetString(entry, field.message_type()->map_value());
  }
  return object;
}

json write_list(const Message& from, const FieldDescriptor& field) {
  const Reflection& reflection = *from.GetReflection();
  json list = json::array();
  for (int i = 0; i < reflection.FieldSize(from, &field); ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      list.push_back(write(reflection.GetRepeatedMessage(from, &field, i)));
    } else {
      list.push_back(reflection.GetRepeatedString(from, &field, i));
    }
  }
  return list;
}

json write_single(const Message& from, const FieldDescriptor& field) {
  const Reflection& reflection = *from.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return write(reflection.GetMessage(from, &field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(from, &field);
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string text = reflection.GetString(from, &field);
      return schema_of(field).has_raw() ? parse_raw(text) : json(std::move(text));
    }
    default:
      QR_ASSERT(field.cpp_type() == FieldDescriptor::CPPTYPE_INT32);
      return reflection.GetInt32(from, &field);
  }
}

}  // namespace

ReadNotes read_into(Message& to, const json& value, std::string_view path) {
  Reader reader;
  if (!is_shallow(value)) {
    ReadNotes notes;
    notes.problems.push_back(
        {std::string(path), "", "must nest at most " + std::to_string(kDepthMax) + " levels"});
    return notes;
  }
  reader.read_message(to, value, std::string(path));
  return reader.take();
}

json write(const Message& from) {
  std::vector<const FieldDescriptor*> fields;
  from.GetReflection()->ListFields(from, &fields);
  json object = json::object();
  for (const FieldDescriptor* const field : fields) {
    json& to = object[field->json_name()];
    if (field->is_map()) {
      to = write_map(from, *field);
    } else if (field->is_repeated()) {
      to = write_list(from, *field);
    } else {
      to = write_single(from, *field);
    }
  }
  return object;
}

const Schema& schema_of(const FieldDescriptor& field) {
  return field.options().GetExtension(schema);
}

json parse_raw(std::string_view text) {
  json value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json() : value;
}

}  // namespace quorate::api
