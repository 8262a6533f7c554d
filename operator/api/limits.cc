// Walks a message by reflection and applies what schema.proto's options say.
#include "operator/api/limits.h"

#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "operator/api/json_mapping.h"
#include "server/base/assert.h"
#include "server/base/text.h"

namespace quorate::api {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using nlohmann::json;

/// Patterns are ours and valid; texts are short by their max_length, which is checked first.
bool matches(const std::string& text, const std::string& pattern) {
  return std::regex_match(text, std::regex(pattern, std::regex::ECMAScript));
}

std::string list_of(const google::protobuf::RepeatedPtrField<std::string>& words) {
  return join({words.begin(), words.end()}, ", ");
}

class Checker {
 public:
  Problems take() { return std::move(problems_); }

  void check_message(const Message& message, const std::string& path) {
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor& field = *message.GetDescriptor()->field(i);
      const std::string inner = path.empty() ? field.json_name() : path + "." + field.json_name();
      if (field.is_map()) {
        check_map(message, field, inner);
      } else if (field.is_repeated()) {
        check_list(message, field, inner);
      } else if (message.GetReflection()->HasField(message, &field)) {
        check_single(message, field, inner);
      } else if (schema_of(field).required()) {
        problems_.push_back({inner, "", "is required"});
      }
    }
  }

 private:
  void check_single(const Message& message, const FieldDescriptor& field, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const Schema& limits = schema_of(field);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      check_message(reflection.GetMessage(message, &field), path);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
      check_number(reflection.GetInt32(message, &field), limits, path);
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING && !limits.has_raw()) {
      check_text(reflection.GetString(message, &field), limits, path);
    }
  }

  void check_number(int64_t number, const Schema& limits, const std::string& path) {
    const bool too_small = limits.has_minimum() && number < limits.minimum();
    const bool too_great = limits.has_maximum() && number > limits.maximum();
    if (too_small || too_great) {
      problems_.push_back({path, std::to_string(number),
                           "must be " + std::to_string(limits.minimum()) + " to " +
                               std::to_string(limits.maximum())});
    }
  }

  void check_text(const std::string& text, const Schema& limits, const std::string& path) {
    if (limits.has_max_length() && text.size() > static_cast<size_t>(limits.max_length())) {
      problems_.push_back({path, quoted_json(text),
                           "must have at most " + std::to_string(limits.max_length()) +
                               " characters, not " + std::to_string(text.size())});
    } else if (text.size() < static_cast<size_t>(limits.min_length())) {
      problems_.push_back({path, quoted_json(text), "must not be empty"});
    } else if (limits.has_pattern() && !matches(text, limits.pattern())) {
      problems_.push_back({path, quoted_json(text), "must be " + limits.pattern_doc()});
    } else if (limits.one_of_size() > 0 &&
               std::ranges::find(limits.one_of(), text) == limits.one_of().end()) {
      problems_.push_back({path, quoted_json(text), "must be one of " + list_of(limits.one_of())});
    }
  }

  void check_map(const Message& message, const FieldDescriptor& field, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const int count = reflection.FieldSize(message, &field);
    const Schema& limits = schema_of(field);
    if (limits.has_max_properties() && count > limits.max_properties()) {
      refuse_count(path, count, limits.max_properties());
      return;
    }
    for (int i = 0; i < count; ++i) {
      const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
      const Reflection& inner = *entry.GetReflection();
      const std::string key = inner.GetString(entry, field.message_type()->map_key());
      check_text(inner.GetString(entry, field.message_type()->map_value()), limits.values(),
                 path + "[" + key + "]");
    }
  }

  void check_list(const Message& message, const FieldDescriptor& field, const std::string& path) {
    const Reflection& reflection = *message.GetReflection();
    const int count = reflection.FieldSize(message, &field);
    const Schema& limits = schema_of(field);
    if (limits.has_max_items() && count > limits.max_items()) {
      refuse_count(path, count, limits.max_items());
      return;
    }
    std::set<std::string> keys;
    for (int i = 0; i < count && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE; ++i) {
      const Message& item = reflection.GetRepeatedMessage(message, &field, i);
      const std::string item_path = path + "[" + std::to_string(i) + "]";
      check_message(item, item_path);
      if (limits.has_list_key()) {
        const FieldDescriptor* const key =
            item.GetDescriptor()->FindFieldByCamelcaseName(limits.list_key());
        QR_ASSERT(key != nullptr);
        const std::string name = item.GetReflection()->GetString(item, key);
        if (!keys.insert(name).second) {
          problems_.push_back(
              {item_path + "." + limits.list_key(), quoted_json(name), "stands there twice"});
        }
      }
    }
  }

  void refuse_count(const std::string& path, int count, int max) {
    problems_.push_back(
        {path, std::to_string(count) + " entries", "may have at most " + std::to_string(max)});
  }

  Problems problems_;
};

void set_default(Message& message, const FieldDescriptor& field) {
  const json value = json::parse(schema_of(field).default_value(), nullptr, false);
  QR_ASSERT(!value.is_discarded());
  const ReadNotes notes = read_into(message, {{field.json_name(), value}}, "");
  QR_ASSERT(notes.problems.empty() && notes.unknown.empty());
}

}  // namespace

void apply_defaults(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    const bool is_message = field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field.is_repeated()) {
      for (int j = 0; is_message && !field.is_map() && j < reflection.FieldSize(message, &field);
           ++j) {
        apply_defaults(*reflection.MutableRepeatedMessage(&message, &field, j));
      }
      continue;
    }
    if (!reflection.HasField(message, &field) && schema_of(field).has_default_value()) {
      set_default(message, field);
    }
    if (is_message && reflection.HasField(message, &field)) {
      apply_defaults(*reflection.MutableMessage(&message, &field));
    }
  }
}

Problems check_limits(const Message& message, std::string_view path) {
  Checker checker;
  checker.check_message(message, std::string(path));
  return checker.take();
}

}  // namespace quorate::api
