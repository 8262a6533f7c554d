// JSON patch and merge patch.
#include "operator/local/patch.h"

#include <algorithm>

namespace quorate::local {

namespace {

std::vector<std::string> pointer_parts(const std::string& pointer) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < pointer.size();) {
    const size_t end = std::min(pointer.find('/', begin + 1), pointer.size());
    std::string part;
    for (size_t i = begin + 1; i < end; ++i) {
      if (pointer[i] == '~' && i + 1 < end) {
        part += pointer[++i] == '1' ? '/' : '~';
      } else {
        part += pointer[i];
      }
    }
    parts.push_back(std::move(part));
    begin = end;
  }
  return parts;
}

// Nothing for anything but an index into the list; `size` itself only where one may append.
std::optional<size_t> list_index(const Json& list, const std::string& part, bool may_append) {
  if (may_append && part == "-") {
    return list.size();
  }
  const auto index = parse_integer(part);
  const auto limit = static_cast<int64_t>(list.size()) + (may_append ? 1 : 0);
  return index && *index >= 0 && *index < limit ? std::optional(static_cast<size_t>(*index))
                                                : std::nullopt;
}

Json* child_of(Json& parent, const std::string& part) {
  if (parent.is_object()) {
    const auto found = parent.find(part);
    return found == parent.end() ? nullptr : &*found;
  }
  if (parent.is_array()) {
    const auto index = list_index(parent, part, false);
    return index ? &parent[*index] : nullptr;
  }
  return nullptr;
}

Json* find_place(Json& document, const std::vector<std::string>& parts, size_t count) {
  Json* value = &document;
  for (size_t i = 0; i < count && value != nullptr; ++i) {
    value = child_of(*value, parts[i]);
  }
  return value;
}

ApiError patch_error(const std::string& what) {
  return plain_error(422, "Invalid",
                     "the server rejected our request due to an error in our request: " + what);
}

bool add(Json& document, const std::vector<std::string>& parts, Json value) {
  if (parts.empty()) {
    document = std::move(value);
    return true;
  }
  Json* parent = find_place(document, parts, parts.size() - 1);
  if (parent == nullptr) {
    return false;
  }
  if (parent->is_object()) {
    (*parent)[parts.back()] = std::move(value);
    return true;
  }
  const auto index = parent->is_array() ? list_index(*parent, parts.back(), true) : std::nullopt;
  if (!index) {
    return false;
  }
  parent->insert(parent->begin() + static_cast<std::ptrdiff_t>(*index), std::move(value));
  return true;
}

bool remove(Json& document, const std::vector<std::string>& parts) {
  Json* parent = parts.empty() ? nullptr : find_place(document, parts, parts.size() - 1);
  if (parent == nullptr || child_of(*parent, parts.back()) == nullptr) {
    return false;
  }
  if (parent->is_object()) {
    parent->erase(parts.back());
  } else {
    parent->erase(*list_index(*parent, parts.back(), false));
  }
  return true;
}

// Nothing on success.
std::optional<std::string> perform(Json& document, const Json& operation) {
  const std::string op = text(operation, "op");
  const std::string path = text(operation, "path");
  const auto parts = pointer_parts(path);
  const std::string place = op + " operation does not apply: doc is missing path: \"" + path + "\"";
  if (op == "add") {
    return add(document, parts, at(operation, "value")) ? std::nullopt : std::optional(place);
  }
  if (op == "remove") {
    return remove(document, parts) ? std::nullopt : std::optional(place);
  }
  Json* target = find_place(document, parts, parts.size());
  if (op == "replace") {
    if (target == nullptr) {
      return place;
    }
    *target = at(operation, "value");
    return std::nullopt;
  }
  if (op == "test") {
    const bool matches =
        target == nullptr ? at(operation, "value").is_null() : *target == at(operation, "value");
    return matches ? std::nullopt : std::optional("testing value " + path + " failed: test failed");
  }
  if (op == "move" || op == "copy") {
    const auto from = pointer_parts(text(operation, "from"));
    Json* source = find_place(document, from, from.size());
    if (source == nullptr) {
      return place;
    }
    Json value = *source;
    if (op == "move") {
      (void)remove(document, from);
    }
    return add(document, parts, std::move(value)) ? std::nullopt : std::optional(place);
  }
  return "Unexpected kind: " + op;
}

}  // namespace

Outcome<Json> json_patched(Json document, const Json& operations) {
  constexpr size_t kOperationCountMax = 10000;
  if (!operations.is_array()) {
    return bad_request("error decoding patch: a JSON patch is a list of operations");
  }
  if (operations.size() > kOperationCountMax) {
    return plain_error(413, "RequestEntityTooLarge",
                       "The allowed maximum operations in a JSON patch is 10000");
  }
  for (const Json& operation : operations) {
    if (const auto failure = perform(document, operation)) {
      return patch_error(*failure);
    }
  }
  return document;
}

Json merge_patched(Json document, const Json& patch) {
  if (!patch.is_object()) {
    return patch;
  }
  if (!document.is_object()) {
    document = Json::object();
  }
  for (const auto& [name, value] : patch.items()) {
    if (value.is_null()) {
      document.erase(name);
    } else {
      Json& field = document[name];
      field = merge_patched(std::move(field), value);
    }
  }
  return document;
}

}  // namespace quorate::local
