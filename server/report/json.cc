// The printer of JSON values.
#include "server/report/json.h"

#include <cmath>

#include "server/report/text.h"

namespace quorate::report {

namespace {

class Printer {
 public:
  std::string run(const Json& value) {
    print(value, 0);
    return std::move(text_);
  }

 private:
  void print(const Json& value, size_t depth) {
    if (value.is_object()) {
      print_object(value, depth);
    } else if (value.is_array()) {
      print_array(value, depth);
    } else if (value.is_number_float()) {
      print_double(value.get<double>());
    } else {
      text_ += value.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
  }

  void print_object(const Json& object, size_t depth) {
    if (object.empty()) {
      text_ += "{ }";
      return;
    }
    text_ += '{';
    const char* separator = "\n";
    for (const auto& [key, member] : object.items()) {
      text_ += separator;
      text_.append(2 * (depth + 1), ' ');
      text_ += Json(key).dump(-1, ' ', false, Json::error_handler_t::replace);
      text_ += " : ";
      print(member, depth + 1);
      separator = ",\n";
    }
    text_ += '\n';
    text_.append(2 * depth, ' ');
    text_ += '}';
  }

  void print_array(const Json& array, size_t depth) {
    if (array.empty()) {
      text_ += "[ ]";
      return;
    }
    text_ += "[ ";
    const char* separator = "";
    for (const Json& element : array) {
      text_ += separator;
      print(element, depth);
      separator = ", ";
    }
    text_ += " ]";
  }

  void print_double(double value) {
    const bool finite = std::isfinite(value);
    text_ += finite ? java_double(value) : '"' + java_double(value) + '"';
  }

  std::string text_;
};

}  // namespace

std::string json_text(const Json& value) { return Printer().run(value); }

}  // namespace quorate::report
