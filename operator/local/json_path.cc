// JSON paths of printer columns and scale subresources.
#include <cctype>

#include "operator/local/table.h"

namespace quorate::local {

namespace {

// The end of the bracket that opens at `begin`.
size_t closing_bracket(std::string_view path, size_t begin) {
  bool in_quotes = false;
  for (size_t i = begin; i < path.size(); ++i) {
    if (path[i] == '"' || path[i] == '\'') {
      in_quotes = !in_quotes;
    } else if (path[i] == ']' && !in_quotes) {
      return i;
    }
  }
  return std::string_view::npos;
}

std::string_view unquoted(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'');
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
  while (text.ends_with(' ')) {
    text.remove_suffix(1);
  }
  return text;
}

void add_field(const Json& value, const std::string& name, std::vector<Json>& into) {
  if (value.is_object()) {
    const auto found = value.find(name);
    if (found != value.end()) {
      into.push_back(*found);
    }
  }
}

// ?(@.type=="Ready")
void add_filtered(const Json& value, std::string_view filter, std::vector<Json>& into) {
  filter.remove_prefix(2);
  filter.remove_suffix(1);
  const size_t mark = filter.find("==");
  if (!value.is_array() || mark == std::string_view::npos) {
    return;
  }
  std::string_view path = trimmed(filter.substr(0, mark));
  const std::string_view wanted = unquoted(trimmed(filter.substr(mark + 2)));
  path = path.starts_with('@') ? path.substr(1) : path;
  for (const Json& item : value) {
    const std::vector<Json> found = json_path(item, path);
    const bool matches =
        !found.empty() && (found[0].is_string() ? found[0] == wanted : found[0].dump() == wanted);
    if (matches) {
      into.push_back(item);
    }
  }
}

void add_index(const Json& value, std::string_view inside, std::vector<Json>& into) {
  if (inside.starts_with("?(") && inside.ends_with(')')) {
    add_filtered(value, inside, into);
  } else if (inside == "*") {
    for (const Json& item : value) {
      into.push_back(item);
    }
  } else if (inside.starts_with('\'') || inside.starts_with('"')) {
    add_field(value, std::string(unquoted(inside)), into);
  } else if (const auto index = parse_integer(inside); index && value.is_array()) {
    const int64_t at = *index < 0 ? *index + static_cast<int64_t>(value.size()) : *index;
    if (at >= 0 && at < static_cast<int64_t>(value.size())) {
      into.push_back(value[static_cast<size_t>(at)]);
    }
  }
}

std::string field_name(std::string_view path, size_t& position) {
  std::string name;
  while (position < path.size() && path[position] != '.' && path[position] != '[') {
    if (path[position] == '\\' && position + 1 < path.size()) {
      ++position;
    }
    name += path[position++];
  }
  return name;
}

}  // namespace

std::vector<Json> json_path(const Json& object, std::string_view path) {
  if (path.starts_with('{') && path.ends_with('}')) {
    path = path.substr(1, path.size() - 2);
  }
  std::vector<Json> values = {object};
  size_t position = path.starts_with('$') ? 1 : 0;
  while (position < path.size()) {
    std::vector<Json> next;
    if (path[position] == '.') {
      const std::string name = field_name(path, ++position);
      for (const Json& value : values) {
        if (name == "*") {
          add_index(value, "*", next);
        } else if (name.empty()) {
          next.push_back(value);
        } else {
          add_field(value, name, next);
        }
      }
    } else if (path[position] == '[') {
      const size_t end = closing_bracket(path, position);
      if (end == std::string_view::npos) {
        return {};
      }
      for (const Json& value : values) {
        add_index(value, path.substr(position + 1, end - position - 1), next);
      }
      position = end + 1;
    } else {
      return {};
    }
    values = std::move(next);
  }
  return values;
}

}  // namespace quorate::local
